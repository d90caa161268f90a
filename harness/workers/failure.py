"""What went wrong with a target, in a line that says whose fault it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.inert import inert_line

LINES_MAX = 12
BYTES_MAX = 16384
#: Of one line of a log, when it is shown.
CHARACTERS_MAX = 200


class TargetError(Exception):
    """The target could not be started; ``log_lines`` are the last lines it wrote."""

    def __init__(self, message: str, log_lines: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log_lines = log_lines


def last_lines(log: Path, count: int = LINES_MAX) -> tuple[str, ...]:
    """Return the last *count* non-empty lines of a log, made inert; () if it can't be read."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - BYTES_MAX, 0))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    lines = [inert_line(line.rstrip()) for line in text.splitlines() if line.strip()]
    return tuple(lines[-count:])


def with_log(text: str, lines: Iterable[str]) -> str:
    """Return *text*, and below it the last lines of the target's log: marked as such, inert, cut."""
    shown = [inert_line(line)[:CHARACTERS_MAX] for line in lines][-LINES_MAX:]
    return "\n".join([text, *(f"  target.log: {line}" for line in shown)])
