"""`locust -f`: our part of it, from Locust's first event to the verdict."""
