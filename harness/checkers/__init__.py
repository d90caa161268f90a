"""One invariant per file, each a pure fold over the history; ``table`` lists them, ``judge`` runs them.

No checker knows another, nor (but for the thresholds of ``evidence``) the worker model.
"""
