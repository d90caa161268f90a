"""Can one caller's request, session or g reach another caller? See README.md."""

from harness.commands.locust.run import ProbingUser

__all__ = ["ProbingUser"]
