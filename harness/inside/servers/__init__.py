"""The servers that host the target; each module has one function, ``serve``."""
