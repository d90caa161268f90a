"""Can one caller's request, session or g reach another caller? See README.md."""  # noqa: INP001 - Locust loads it by its path

from harness.commands.locust.run import ProbingUser

__all__ = ["ProbingUser"]
