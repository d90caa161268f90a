"""What a report's page costs: made from a run of a million operations, and opened.

Run as ``python -m harness.bench.pages [OPERATIONS]``. The run is made up and judged before anything is
measured: 10,000 violations, ten witnesses kept of each kind, as the checkers keep them. Then a process of its
own, so that nothing else counts, unpickles it and makes the page. Opening is timed by Chromium itself, from
the start of the navigation to the end of loading.
"""

from __future__ import annotations

import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from harness.checkers.judge import Judging
from harness.history.columns import Batch
from harness.history.exercise import Exercising
from harness.history.layout import Kind, Side
from harness.history.measures import Measuring
from harness.history.stories import gather_stories
from harness.report.causes import shown_operations
from harness.report.data import ColumnReport, ResourceSample, RunReport
from harness.report.page import render_page
from harness.verdict import EXIT_CODES, merge_results

from .histories import HistoryMaker

OPERATIONS = 1_000_000
VIOLATIONS = 10_000
#: Records that an operation of a made-up history has, both sides together.
_EVENTS_EACH = 44
_SECONDS = 600
#: What crosses over in turn.
_CROSSING = ("request", "g", "session")
_OPENED = """
performance.getEntriesByType('navigation')[0].loadEventEnd
"""


@dataclass(frozen=True, slots=True)
class PageCost:
    """What one page cost."""

    operations: int
    violations: int
    cpu_s: float
    rss_bytes: int  # the process's greatest, interpreter and imports included
    size: int
    opened_ms: float | None  # None: there is no Chromium here, or no Playwright

    def lines(self) -> list[str]:
        """Return the cost as text."""
        opened = "not measured: no Chromium" if self.opened_ms is None else f"{self.opened_ms:.0f} ms"
        return [
            f"page: of {self.operations:,} operations and {self.violations:,} violations",
            f"page: made in {self.cpu_s:.2f} s, {self.rss_bytes / 1e6:.0f} MB resident at the greatest",
            f"page: {self.size / 1e6:.2f} MB; opened by Chromium in {opened}",
        ]


def measure(operations: int = OPERATIONS, violations: int = VIOLATIONS) -> PageCost:
    """Make up a run, have a process of its own make its page, and open that."""
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as name:
        folder = Path(name)
        report = make_report(operations, violations)
        (folder / "run.pickle").write_bytes(pickle.dumps(report))
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "harness.bench.pages", "--make", name],
            check=True,
            capture_output=True,
            text=True,
        )
        cpu_s, rss_bytes = (float(word) for word in done.stdout.split())
        page = folder / "report.html"
        found = sum(result.count for column in report.columns for result in column.results)
        count = report.columns[0].measures.operations
        return PageCost(count, found, cpu_s, int(rss_bytes), page.stat().st_size, _open(page))


def make_report(operations: int, violations: int) -> RunReport:
    """Return the report of a made-up run that was judged."""
    maker = HistoryMaker(1)
    judging, measuring, exercising = Judging(), Measuring(), Exercising()
    kept: list[Batch] = []  # the beginning, where the witnesses that are kept come from
    left = violations
    for batch in maker.batches(operations * _EVENTS_EACH):
        made, left = _broken(batch, left, operations // max(violations, 1))
        for fold in (judging, measuring, exercising):
            fold.feed(made)
        if len(kept) < 64:
            kept.append(made)
    facts = maker.facts()
    results = judging.finish(facts)
    column = ColumnReport(
        "thread-gthread",
        {"model": "thread", "server": "gthread"},
        facts,
        merge_results(results),
        results,
        measuring.finish(),
        _samples(),
        exercise=exercising.finish(),
        stories=gather_stories(kept, shown_operations(results)),
    )
    meta = {"command": ["crosstalk", "run"], "seed": 1, "versions": {}}
    return RunReport("made-up", meta, column.verdict, EXIT_CODES[column.verdict], (column,))


def _broken(batch: Batch, left: int, apart: int) -> tuple[Batch, int]:
    """Return a batch in which some looks saw the request of the operation before theirs."""
    if batch.side is not Side.SERVER or not left:
        return batch, left
    rows = (batch.records["kind"] == Kind.LOOK).nonzero()[0][:: max(apart, 1)][:left]
    records = batch.records.copy()
    for number, name in enumerate(_CROSSING):
        records[name][rows[number :: len(_CROSSING)]] = records["op"][rows[number :: len(_CROSSING)]] ^ 1
    return replace(batch, records=records), left - len(rows)


def _samples() -> tuple[ResourceSample, ...]:
    return tuple(
        ResourceSample(0.5 * n, 2, 90.0 + n % 7, 80_000_000 + 1000 * n, 20, 60) for n in range(2 * _SECONDS)
    )


def _make(folder: Path) -> None:
    """Make the page of the run in *folder*; say how long that took, and how large this process became."""
    report = pickle.loads((folder / "run.pickle").read_bytes())  # noqa: S301 - written by our parent
    start = time.process_time()
    (folder / "report.html").write_text(render_page(report), encoding="utf-8")
    spent_s = time.process_time() - start
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{spent_s} {kilobytes * 1024}\n")


def _open(page: Path) -> float | None:
    """Return the milliseconds that Chromium needs to open a page."""
    program = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if program is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        tab = browser.new_page()
        tab.goto(page.as_uri())
        opened_ms = float(tab.evaluate(_OPENED))
        browser.close()
    return opened_ms


def main(arguments: list[str]) -> int:
    """Measure a run of as many operations as the first argument says; print what it cost."""
    if arguments[:1] == ["--make"]:
        _make(Path(arguments[1]))
        return 0
    operations = int(float(arguments[0])) if arguments else OPERATIONS
    cost = measure(operations, min(VIOLATIONS, operations // 100))
    sys.stdout.write("\n".join(cost.lines()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
