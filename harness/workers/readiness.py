"""Asks a target whether it is ready, and who it is.

The answer comes from the outermost wrapper, never from the app: the app's first request belongs to
the cold-start burst. Anything that listens may answer, so the answer is untrusted.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from harness import records

from .spec import READY_PATH, YES

ANSWER_MAX = 65536


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a target says of itself; no path, since with ``--bind`` others can ask too."""

    run: str
    pid: int
    column: str
    inside: str = ""  # YES if it records what happens inside
    contexts: str = ""  # of a user's application: the framework whose contexts it observes

    @property
    def records(self) -> bool:
        """Whether the target records what happens inside it."""
        return self.inside == YES


def ask_status(host: str, port: int, path: str, timeout_s: float) -> int:
    """Return the HTTP status that whatever listens there answers *path* with, 0 if it doesn't answer."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def ask(host: str, port: int, timeout_s: float) -> Announcement | None:
    """Return what the target at this address announces; None if nobody answers as one of ours.

    None also for a target that is no target of ours (any other status, or other content).
    """
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", READY_PATH, headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read(ANSWER_MAX)
        if response.status != 200:
            return None
        return records.from_text(Announcement, body, READY_PATH)
    except (OSError, http.client.HTTPException, records.RecordError):
        return None
    finally:
        connection.close()
