"""What lies under ``reports/``: paths, files, what they say of themselves. All that is read is untrusted."""
