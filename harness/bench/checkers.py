"""What checking costs: events per second of one process, and its private memory.

Run as ``python -m harness.bench.checkers [EVENTS]``. The history is made on the fly and not
measured; the time is CPU time of the checkers alone, the memory what the process holds privately
(USS) beyond the interpreter with everything imported, the maker's few megabytes included.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from harness.checkers.judge import Judging
from harness.history.columns import Batch
from harness.history.facts import ColumnFacts
from harness.history.measures import Measuring
from harness.verdict import Verdict, merge_results

from .histories import HistoryMaker

EVENTS = 10_000_000
_WARM_UP_EVENTS = 100_000
#: Batches between two looks at the memory: looking costs more than a batch.
_LOOK_EVERY = 16


@dataclass(frozen=True, slots=True)
class CheckerCost:
    """What judging one made-up history cost."""

    events: int
    cpu_s: float
    private_bytes: int  # the greatest seen, beyond the baseline
    measures_cpu_s: float  # of the client's measures, which are no checker
    verdict: Verdict

    @property
    def events_per_s(self) -> float:
        """Events judged in a second of CPU time."""
        return self.events / self.cpu_s

    def lines(self) -> list[str]:
        """Return the cost as text."""
        return [
            f"checkers: {self.events_per_s:,.0f} events/s over {self.events:,} events in one process",
            f"checkers: {self.private_bytes / 1e6:.1f} MB private at their greatest",
            f"measures: {self.events / self.measures_cpu_s:,.0f} events/s",
            f"verdict of the made-up history: {self.verdict.word}",
        ]


def measure(events: int = EVENTS, seed: int = 1) -> CheckerCost:
    """Judge a history of at least *events* records and return what that cost."""
    baseline = _private_bytes()  # before the warm-up, whose memory may be used again
    warm = HistoryMaker(seed)
    _judge(warm.batches(_WARM_UP_EVENTS), warm, Judging(), baseline)
    maker = HistoryMaker(seed)
    return _judge(maker.batches(events), maker, Judging(), baseline)


def _judge(batches: Iterable[Batch], maker: HistoryMaker, judging: Judging, baseline: int) -> CheckerCost:
    measuring = Measuring()
    seen, peak, checking, measures = 0, 0, 0.0, 0.0
    for number, batch in enumerate(batches):
        start = time.process_time()
        judging.feed(batch)
        middle = time.process_time()
        measuring.feed(batch)
        measures += time.process_time() - middle
        checking += middle - start
        seen += len(batch.records)
        if number % _LOOK_EVERY == 0:
            peak = max(peak, _private_bytes() - baseline)
    facts: ColumnFacts = maker.facts()
    start = time.process_time()
    results = judging.finish(facts)
    checking += time.process_time() - start
    peak = max(peak, _private_bytes() - baseline)
    return CheckerCost(seen, checking, peak, measures, merge_results(results))


def _private_bytes() -> int:
    return int(psutil.Process().memory_full_info().uss)


def main(arguments: list[str]) -> int:
    """Measure over as many events as the first argument says; print what it cost."""
    events = int(float(arguments[0])) if arguments else EVENTS
    sys.stdout.write("\n".join(measure(events).lines()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
