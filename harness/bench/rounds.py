"""Two things measured in turn, many short rounds of each, so that the machine's mood is the same for both."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 60
#: What recording may add to a request in which so many events are recorded.
BUDGET = 0.12
BUDGET_EVENTS = 20

#: Does its work and returns what one unit of it cost.
Round = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Compared:
    """What a request costs, recorded and not, in each round."""

    what: str
    events: int  # in a request
    rounds: tuple[tuple[int, int], ...]
    unit: str = "ns"  # of CPU time, or "instructions"

    @property
    def overhead(self) -> float:
        """What recording adds, as a share of the unrecorded request: the median of the rounds."""
        return median(recorded / plain - 1 for recorded, plain in self.rounds)

    @property
    def of_budget(self) -> float:
        """What as many events add as the budget is about."""
        return self.overhead * BUDGET_EVENTS / self.events

    @property
    def each(self) -> float:
        """What recording adds for each event, in its unit."""
        return median(recorded - plain for recorded, plain in self.rounds) / self.events

    def line(self) -> str:
        """Return the comparison as text, the limit beside it."""
        plain = median(plain for _, plain in self.rounds)
        return (
            f"recording: {self.what}: {BUDGET_EVENTS} events cost {self.of_budget:.1%} (limit {BUDGET:.0%},"
            f" {'met' if self.of_budget <= BUDGET else 'missed'}) of {plain:,.0f} {self.unit};"
            f" all {self.events} events {self.overhead:.1%}, {self.each:,.0f} {self.unit} each"
        )


def timed(work: Callable[[], None], times: int) -> Round:
    """Return a round that does *work* and returns the CPU time of each of *times*, in nanoseconds."""

    def round_() -> int:
        start = time.process_time_ns()
        work()
        return (time.process_time_ns() - start) // times

    return round_


def alternate(recorded: Round, plain: Round, rounds: int = ROUNDS) -> tuple[tuple[int, int], ...]:
    """Measure both in turn, who comes first alternating, after one round of each that doesn't count."""
    recorded(), plain()
    gc.collect()
    found = []
    for number in range(rounds):
        if number % 2:
            found.append((recorded(), plain()))
        else:
            second = plain()
            found.append((recorded(), second))
    return tuple(found)
