"""How a target ended, as its supervisor tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ExitFacts:
    """How a target ended. ``status`` is None if its supervisor died first (then it was killed)."""

    status: int | None  # the exit status, negative for a signal
    expected: bool  # we had asked it to stop
    killed: bool = False  # it did not stop in time
    log_bytes_cut: int = 0
    workers_gone: tuple[int, ...] = ()  # worker processes that vanished while it ran
    trouble: tuple[str, ...] = ()  # what its supervisor could not write

    def doubts(self) -> tuple[str, ...]:
        """Return why the run's evidence is incomplete, a sentence each; () for a clean end.

        Workers that died are none: their journals tell what was cut off.
        """
        found = list(self.trouble)
        if not self.expected:
            how = "with its supervisor" if self.status is None else describe_status(self.status)
            found.append(f"the target died during the run ({how})")
        elif self.killed:
            found.append("the target did not stop when it was asked to and was killed")
        return tuple(found)


def describe_status(status: int) -> str:
    """Return an exit status as words, such as ``killed by signal 9``."""
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


@dataclass(slots=True)
class SupervisorFacts:
    """What the supervisor has told so far; filled by the reader."""

    pid: int = 0
    exited: ExitFacts | None = None
    failed: str = ""
    gone: list[int] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Take one line of the supervisor's."""
        try:
            fact: dict[str, Any] = json.loads(line)
            self._sort(fact.pop("event"), fact)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.noise.append(line)  # Python's own words, if the supervisor could not even start

    def _sort(self, event: str, fact: dict[str, Any]) -> None:
        match event:
            case "started":
                self.pid = fact["pid"]
            case "worker-gone":
                self.gone.append(fact["pid"])
            case "trouble":
                self.trouble.append(fact["text"])
            case "failed":
                self.failed = fact["text"]
            case "exited":
                gone, trouble = tuple(self.gone), tuple(self.trouble)
                self.exited = ExitFacts(**fact, workers_gone=gone, trouble=trouble)
