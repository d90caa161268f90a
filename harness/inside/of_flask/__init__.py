"""Flask's own room: records of a Flask application what the reference framework records of itself.

Nothing here runs where Flask is not loaded, nothing imports it, and an application is put back as it was by
:class:`.patching.Patches`. docs/flask.md says what is observed, through what, and what cannot be seen.
"""
