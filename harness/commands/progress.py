"""How far a column is, in a line: operations, rate, time left."""

from __future__ import annotations

from harness.options.table import Settings
from harness.report.figures import count

#: Before so many seconds of load, a rate says more about the start than about the load.
RATE_AFTER_S = 1.0


class Progress:
    """Makes the line; told by whoever watches the load, column after column.

    ``columns`` are the names in the order they are run.
    """

    def __init__(self, settings: Settings, columns: list[str]) -> None:
        self._settings = settings
        self._columns = columns
        self._column = ""
        self._began_s = 0.0  # when the first operations of this column were seen
        self._began_at = 0

    def line(self, column: str, operations: int, seconds: float) -> str:
        """Return the line for *operations* finished *seconds* after the column was started."""
        if column != self._column or not operations:
            self._column, self._began_s, self._began_at = column, seconds, operations
        place = (
            f"[{self._columns.index(column) + 1}/{len(self._columns)}] " if column in self._columns else ""
        )
        if not operations:
            return f"{place}{column}: starting, {seconds:.0f} s"
        total = self._settings.operations
        done = f"{count(operations)} of {count(total)}" if total is not None else count(operations)
        parts = [f"{done} operations", f"{seconds:.0f} s"]
        rate = self._rate(operations, seconds)
        if rate is not None:
            parts.append(f"{count(round(rate))}/s")
            left = self._left_s(operations, seconds, rate)
            if left is not None:
                parts.append(f"about {left:.0f} s left")
        return f"{place}{column}: {', '.join(parts)}"

    def _rate(self, operations: int, seconds: float) -> float | None:
        loaded_s = seconds - self._began_s
        done = operations - self._began_at
        return done / loaded_s if loaded_s >= RATE_AFTER_S and done > 0 else None

    def _left_s(self, operations: int, seconds: float, rate: float) -> float | None:
        if self._settings.operations is not None:
            return max(self._settings.operations - operations, 0) / rate
        if self._settings.duration_s is not None:
            return max(self._settings.duration_s - (seconds - self._began_s), 0.0)
        return None
