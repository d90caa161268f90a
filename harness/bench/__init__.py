"""Measurements: what recording, checking and driving cost; numbers are printed, never judged here."""
