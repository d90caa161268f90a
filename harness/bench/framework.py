"""What a request costs in the reference framework, as a share of what it costs in Flask.

Run as ``python -m harness.bench.framework [--check]``. The two are measured side by side, each in
processes of its own:

- *CPU time*: many short rounds, one of each in turn, who comes first alternating; the median of the
  rounds' ratios. The gc is left as it is: what a framework leaves to it is part of its cost.
- *instructions*: callgrind counts N requests and 2 N, the difference counts. These depend neither on
  the machine's load nor on its mood, so they are the figure to compare across changes.

A row meets its limit if both ratios do. It is a measurement: the exit code is 0, and 1 for a limit
that was missed only with ``--check``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from .framework_apps import OURS, SCENARIOS, THEIRS, Scenario
from .instructions import can_count, count_instructions

PROCESSES = 3  # pairs of processes per scenario: the layout of memory is luck, and lasts as long as one
ROUNDS = 40  # of each pair
REQUESTS_TIMED = 100  # in a round: some 10 ms
REQUESTS_COUNTED = 120  # what Flask leaves to the gc makes its second generation due once in these
FLASK = "3.1.3"
_TIMEOUT_S = 600.0
_CHILD = "harness.bench.framework_child"


@dataclass(frozen=True, slots=True)
class Row:
    """What one scenario cost, ours and Flask's."""

    scenario: Scenario
    cpu_ns: tuple[tuple[int, int], ...]  # of a request, for each round
    instructions: tuple[float, float] | None  # of a request; None if not counted

    @property
    def cpu_ratio(self) -> float:
        """Median of the rounds' ratios."""
        return median(ours / theirs for ours, theirs in self.cpu_ns)

    @property
    def cpu_us(self) -> tuple[float, float]:
        """CPU time of a request, ours and Flask's: the medians."""
        ours, theirs = zip(*self.cpu_ns, strict=True)
        return median(ours) / 1000, median(theirs) / 1000

    @property
    def instruction_ratio(self) -> float | None:
        """Ratio of the counts, None if they were not taken."""
        return None if self.instructions is None else self.instructions[0] / self.instructions[1]

    @property
    def met(self) -> bool:
        """Whether every ratio that was measured is within the limit."""
        counted = self.instruction_ratio
        limit = self.scenario.limit
        return self.cpu_ratio <= limit and (counted is None or counted <= limit)


class Timed:
    """A process that makes requests of one framework and says what CPU time they took."""

    def __init__(self, framework: str, scenario: Scenario, folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", _CHILD, "timing", framework, scenario.name, str(folder)],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def measure_ns(self, requests: int) -> int:
        """Return the CPU time of one of so many requests."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for")
        process.stdin.write(f"{requests}\n")
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("the measured process ended; what it said is above")
        return int(answer) // requests

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        with self._process:  # closes the pipes and waits
            pass


def measure_times(
    scenario: Scenario,
    folder: Path,
    processes: int = PROCESSES,
    rounds: int = ROUNDS,
    requests: int = REQUESTS_TIMED,
) -> list[tuple[int, int]]:
    """Return the CPU time of a request in nanoseconds, ours and Flask's, for each round."""
    pairs = []
    for _ in range(processes):
        with Timed(OURS, scenario, folder) as ours, Timed(THEIRS, scenario, folder) as theirs:
            for number in range(rounds):
                if number % 2:
                    their_ns = theirs.measure_ns(requests)
                    pairs.append((ours.measure_ns(requests), their_ns))
                else:
                    our_ns = ours.measure_ns(requests)
                    pairs.append((our_ns, theirs.measure_ns(requests)))
    return pairs


def count(
    framework: str, scenarios: tuple[Scenario, ...], folder: Path, requests: int = REQUESTS_COUNTED
) -> dict[str, float]:
    """Return the instructions of one request, by scenario."""
    folder.mkdir(parents=True)
    names = [scenario.name for scenario in scenarios]
    arguments = ["-m", _CHILD, "counting", framework, str(requests), str(folder), *names]
    counted = count_instructions(arguments, folder, _TIMEOUT_S)
    totals: dict[tuple[str, str], int] = {}
    for line in counted.output.splitlines():
        pid, multiple, name = line.split("\t")
        totals[name, multiple] = counted.by_pid[int(pid)]
    return {name: (totals[name, "2"] - totals[name, "1"]) / requests for name in names}


def measure(
    scenarios: tuple[Scenario, ...] = SCENARIOS,
    rounds: int = ROUNDS,
    requests: int = REQUESTS_COUNTED,
) -> list[Row]:
    """Measure everything; a few minutes.

    :raises RuntimeError: if a process failed, or a framework does not answer as it should.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as name:
        folder = Path(name)
        ours, theirs = count_both(scenarios, folder, requests) if can_count() else ({}, {})
        rows = []
        for scenario in scenarios:
            times = measure_times(scenario, folder, rounds=rounds)
            counts = (ours[scenario.name], theirs[scenario.name]) if ours else None
            rows.append(Row(scenario, tuple(times), counts))
        return rows


def count_both(
    scenarios: tuple[Scenario, ...], folder: Path, requests: int = REQUESTS_COUNTED
) -> tuple[dict[str, float], dict[str, float]]:
    """Return what :func:`count` does for both; side by side, since counts don't feel each other."""
    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(
            lambda framework: count(framework, scenarios, folder / framework, requests), (OURS, THEIRS)
        )
    return ours, theirs


def lines(rows: list[Row], flask: str) -> list[str]:
    """Return the table as text, and what there is to know about it."""
    notes = []
    if flask != FLASK:
        notes.append(f"the limits are for Flask {FLASK}, this is {flask}")
    if any(row.instructions is None for row in rows):
        notes.append("instructions were not counted: there is no valgrind on this machine")
    missed = [row.scenario.name for row in rows if not row.met]
    notes.append(f"missed: {', '.join(missed)}" if missed else "every limit is met")
    return [_columns(_TITLES), *(_line(row) for row in rows), *(f"framework: {note}" for note in notes)]


_WIDTHS = (39, 7, 15, 14, 14, 8)
_TITLES = ("what it costs, as a share of Flask", "CPU", "us each", "instructions", "k each", "limit")


def _columns(cells: Sequence[str]) -> str:
    first, *rest = zip(cells, _WIDTHS, strict=True)
    return first[0].ljust(first[1]) + "".join(cell.rjust(width) for cell, width in rest)


def _line(row: Row) -> str:
    counted = row.instruction_ratio
    cells = (
        row.scenario.says,
        f"{row.cpu_ratio:.2f}",
        "{:.0f} / {:.0f}".format(*row.cpu_us),
        "not counted" if counted is None else f"{counted:.3f}",
        "-" if row.instructions is None else "{:.0f} / {:.0f}".format(*(n / 1000 for n in row.instructions)),
        f"{row.scenario.limit:.2f}",
    )
    return f"{_columns(cells)}  {'met' if row.met else 'missed'}"


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print the table; return 1 with ``--check`` if a limit was missed, else 0."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {__spec__.name}", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a limit is missed")
    check = parser.parse_args(arguments).check
    try:
        flask = version("flask")
    except PackageNotFoundError:
        sys.stdout.write(f"framework: not measured, Flask is missing: install flask=={FLASK}\n")
        return int(check)
    rows = measure()
    sys.stdout.write("\n".join(lines(rows, flask)) + "\n")
    return int(check and not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
