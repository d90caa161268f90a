"""What the checks cost a load: operations per second through Locust with them and without.

Both drive the same requests at the reference target in a thread pool, in turn, one Locust process
each. *With*: both sides record, every response is judged by the client. *Without*: the target is
wrapped and yields as before, but nobody records or judges. Judging the history afterwards is not
part of the load and is measured by ``harness.bench.checkers``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.workers.running import start_target
from harness.workers.spec import Spec

OPERATIONS = 1_500
ROUNDS = 3
USERS = 20
TIMEOUT_S = 120.0
#: Named by path: importing either would patch this process, as Locust does.
_CHECKED = Path(__file__).parents[1] / "locustfile.py"
_UNCHECKED = Path(__file__).with_name("unchecked.py")


@dataclass(frozen=True, slots=True)
class LoadCost:
    """Operations per second of each round, with the checks and without, side by side."""

    checked: tuple[float, ...]
    unchecked: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median of the rounds' ratios, checked to unchecked."""
        return median(a / b for a, b in zip(self.checked, self.unchecked, strict=True))

    def lines(self) -> list[str]:
        """Return the cost as text."""
        return [
            f"load: with checks {median(self.checked):,.0f} operations/s through Locust (median)",
            f"load: without {median(self.unchecked):,.0f} operations/s (median)",
            f"load: with/without {self.ratio:.2f} (median ratio of {len(self.checked)} rounds, side by side)",
        ]


def measure(operations: int = OPERATIONS, rounds: int = ROUNDS) -> LoadCost:
    """Load with the checks and without, in turn, after one round of each that doesn't count.

    :raises RuntimeError: if Locust ended without a report.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as name:
        folder = Path(name)
        pairs = [(_checked(folder, operations), _unchecked(folder, n, operations)) for n in range(rounds + 1)]
    counted = pairs[1:]
    return LoadCost(tuple(pair[0] for pair in counted), tuple(pair[1] for pair in counted))


def _checked(folder: Path, operations: int) -> float:
    arguments = ["--worker-model=thread", f"--operations={operations}", "--seed=1"]
    return _locust(_CHECKED, [*arguments, f"--reports={folder / 'reports'}"], {})


def _unchecked(folder: Path, number: int, operations: int) -> float:
    here = folder / f"unchecked-{number}"
    (here / "server").mkdir(parents=True)
    spec = Spec(
        run=here.name,
        column="thread-gthread",
        model="thread",
        server="gthread",
        concurrency=8,
        folder=str(here),
        journal_dir=str(here / "server"),
        log=str(here / "target.log"),
        resources=str(here / "resources.csv"),
        session_db=str(here / "sessions.sqlite3"),
        doubts=str(here / "doubts.jsonl"),
        record=False,
    )
    with start_target(spec, sys.executable) as target:
        told = {"CROSSTALK_BENCH_OPERATIONS": str(operations), "CROSSTALK_BENCH_SEED": "1"}
        return _locust(_UNCHECKED, [f"--host={target.url}"], told)


def _locust(locustfile: Path, arguments: list[str], told: dict[str, str]) -> float:
    """Run Locust headless; return its operations per second, by its own account of both ends."""
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "--json"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "-u", str(USERS), "-r", str(USERS), *arguments],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    try:
        entries = json.loads(done.stdout[done.stdout.index("[") :])
        began = min(entry["start_time"] for entry in entries)
        ended = max(entry["last_request_timestamp"] for entry in entries)
        count = sum(entry["num_requests"] for entry in entries)
    except (ValueError, KeyError):
        message = f"Locust ended with {done.returncode} and no report: {done.stderr[-300:]}"
        raise RuntimeError(message) from None
    return float(count / (ended - began))


def main(arguments: Sequence[str]) -> int:
    """Print what the checks cost a load, of so many operations a round if *arguments* say so."""
    cost = measure(int(arguments[0]) if arguments else OPERATIONS)
    sys.stdout.write("\n".join(cost.lines()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
