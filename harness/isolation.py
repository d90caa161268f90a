"""For a locustfile of your own: ``from harness.isolation import IsolationUser``. See docs/apps.md.

Imported by Locust alone: it hangs our part into Locust's events, and importing Locust patches the process.
"""

from harness.commands.locust.run import IsolationUser

__all__ = ["IsolationUser"]
