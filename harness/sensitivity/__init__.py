"""The proof that the alarm rings: what each fault must raise, and where it must stay silent."""
