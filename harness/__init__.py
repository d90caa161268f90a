"""crosstalk: load-testing of context isolation in WSGI applications.

Importing this package starts nothing and patches nothing.
"""
