"""What changed from one run to others: verdicts, violations that are new or gone, throughput.

The first run is the baseline; each other one is compared with it. A ratio of throughputs is told with its
noise: how far it could lie off by chance alone, from the spread of the runs' own full seconds. Seconds of one
run follow each other, so that the true noise between runs is rather greater than smaller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .figures import short
from .past import PastColumn, PastResult, PastRun

#: Full seconds of a run below which nothing is said about noise.
SECONDS_MIN = 4
#: Standard errors on either side that hold 95 of 100.
_SPREAD = 1.96


@dataclass(frozen=True, slots=True)
class Cell:
    """One invariant in one column of one run: its state, and how often it was violated."""

    state: str  # "" if that run had no such column or law
    count: int = 0

    @property
    def text(self) -> str:
        """What the cell reads."""
        if not self.state:
            return "not run"
        return f"{self.state} ({self.count:,})" if self.count else self.state


@dataclass(frozen=True, slots=True)
class Change:
    """One invariant in one column that the runs do not agree about."""

    column: str
    invariant: str
    title: str
    cells: tuple[Cell, ...]  # a cell for each run


@dataclass(frozen=True, slots=True)
class Difference:
    """A kind of violation that only the baseline, or only a later run, has."""

    run: str  # the later run
    column: str
    invariant: str
    anomaly: str
    before: int
    after: int

    @property
    def word(self) -> str:
        """``new`` or ``gone``."""
        return "new" if self.after else "gone"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A run's throughput in one column, as a part of the baseline's."""

    run: str
    column: str
    before_per_s: float
    after_per_s: float
    ratio: float
    noise: float | None  # half of the interval that holds 95 of 100; None: too few seconds to tell

    @property
    def text(self) -> str:
        """The ratio with its noise: ``0.93 +- 0.05``."""
        return (
            f"{short(self.ratio)} \u00b1 {short(self.noise)}" if self.noise is not None else short(self.ratio)
        )

    @property
    def word(self) -> str:
        """Whether it is a change: ``slower``, ``faster``, ``within the noise``, ``noise unknown``."""
        if self.noise is None:
            return "noise unknown"
        if abs(self.ratio - 1) <= self.noise:
            return "within the noise"
        return "faster" if self.ratio > 1 else "slower"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything a comparison says."""

    runs: tuple[PastRun, ...]
    changes: tuple[Change, ...]
    agreed: int  # invariants x columns that all runs say the same of
    differences: tuple[Difference, ...]
    ratios: tuple[Ratio, ...]

    @property
    def sentence(self) -> str:
        """The comparison in a sentence."""
        words = [run.verdict for run in self.runs]
        said = f"still {words[0]}" if len(set(words)) == 1 else " \u2192 ".join(words)
        new = sum(difference.word == "new" for difference in self.differences)
        gone = len(self.differences) - new
        return f"Verdict {said}; {new} new and {gone} gone kinds of violation; {self._throughput()}."

    def _throughput(self) -> str:
        known = [ratio for ratio in self.ratios if ratio.noise is not None]
        if not known:
            return "too few seconds to tell throughput from noise"
        moved = sum(ratio.word != "within the noise" for ratio in known)
        return f"throughput moved by more than its noise in {moved} of {len(known)} columns"


def compare_runs(runs: Sequence[PastRun]) -> Comparison:
    """Compare runs with the first of them."""
    changes, agreed = _changes(runs)
    first, *later = runs
    differences = tuple(d for run in later for d in _differences(first, run))
    ratios = tuple(r for run in later for r in _ratios(first, run))
    return Comparison(tuple(runs), changes, agreed, differences, ratios)


def _changes(runs: Sequence[PastRun]) -> tuple[tuple[Change, ...], int]:
    laws: dict[tuple[str, str], str] = {}
    for run in runs:
        for column in run.columns:
            for result in column.results:
                laws.setdefault((column.name, result.invariant), result.title)
    changes, agreed = [], 0
    for (name, invariant), title in laws.items():
        cells = tuple(_cell(run, name, invariant) for run in runs)
        if len({cell.state for cell in cells}) == 1:
            agreed += 1
        else:
            changes.append(Change(name, invariant, title, cells))
    return tuple(changes), agreed


def _cell(run: PastRun, column: str, invariant: str) -> Cell:
    for result in _results(run, column):
        if result.invariant == invariant:
            return Cell(result.state, result.count)
    return Cell("")


def _results(run: PastRun, column: str) -> tuple[PastResult, ...]:
    found = _columns(run).get(column)
    return found.results if found else ()


def _columns(run: PastRun) -> dict[str, PastColumn]:
    return {column.name: column for column in run.columns}


def _differences(first: PastRun, later: PastRun) -> list[Difference]:
    """Return kinds that only one of two runs has, in columns that both ran."""
    found = []
    for name in _columns(first).keys() & _columns(later).keys():
        before, after = _kinds(_results(first, name)), _kinds(_results(later, name))
        for invariant, anomaly in sorted(before.keys() ^ after.keys()):
            key = (invariant, anomaly)
            found.append(
                Difference(later.run, name, invariant, anomaly, before.get(key, 0), after.get(key, 0))
            )
    return sorted(found, key=lambda d: (d.word != "new", d.column, d.invariant, d.anomaly))


def _kinds(results: Sequence[PastResult]) -> dict[tuple[str, str], int]:
    return {
        (result.invariant, anomaly): number
        for result in results
        for anomaly, number in result.kinds.items()
        if number > 0
    }


def _ratios(first: PastRun, later: PastRun) -> list[Ratio]:
    found = []
    columns = _columns(later)
    for column in first.columns:
        other = columns.get(column.name)
        before = column.measures.operations_per_s or 0.0
        after = (other.measures.operations_per_s or 0.0) if other else 0.0
        if other is None or before <= 0 or after <= 0:
            continue
        ratio = after / before
        errors = [_error(c.measures.per_second) for c in (column, other)]
        known = [error for error in errors if error is not None]
        noise = _SPREAD * ratio * math.hypot(*known) if len(known) == len(errors) else None
        found.append(Ratio(later.run, column.name, before, after, ratio, noise))
    return found


def _error(per_second: Sequence[int]) -> float | None:
    """Return the standard error of the mean of a run's full seconds, as a part of that mean."""
    full = per_second[1:-1]  # the first and the last second are begun and ended halfway
    if len(full) < SECONDS_MIN:
        return None
    mean = math.fsum(full) / len(full)
    if mean <= 0:
        return None
    variance = math.fsum((n - mean) ** 2 for n in full) / (len(full) - 1)
    return math.sqrt(variance / len(full)) / mean
