"""What to request next: seeded, endless, pure.

``operation`` is the data, ``mix`` the table of weights, ``specs`` one builder per scenario,
``stream`` the seeded sequence. No clock, no socket, no global randomness: the same seed, load
worker and client give the same stream on every machine.
"""
