"""Small recordings of a load worker, made by the real writer."""

from __future__ import annotations

from pathlib import Path

from harness.history.journal import JournalWriter
from harness.history.layout import DETAIL_SHIFT, KIND_SHIFT, SCENARIO_SHIFT, Kind, Side
from harness.history.scenarios import Scenario
from harness.load.locust.receipts import Places, Receipt
from harness.load.locust.spool import Spool

RUN = "20260101-000000-abcdef"


def places(folder: Path, worker: int = 0, bytes_max: int = 1 << 20) -> Places:
    return Places(folder / f"{worker}.journal", folder / f"{worker}.details.jsonl", bytes_max)


def fill(journal: JournalWriter, records: int) -> None:
    meta = Kind.INVOKE << KIND_SHIFT | Scenario.ECHO << SCENARIO_SHIFT | 1 << DETAIL_SHIFT
    for number in range(records):
        journal.write(number + 1, number + 1, 0, 0, 0, 1, 1, meta)


def receipt(folder: Path, bytes_max: int = 1 << 20) -> Receipt:
    return Receipt("load worker 0", RUN, places(folder, bytes_max=bytes_max))


def journal_bytes(folder: Path, records: int, side: Side = Side.CLIENT, run: str = RUN) -> bytes:
    """Return a closed journal as it lies on disk, up to its last record."""
    path = folder / "made.journal"
    journal = JournalWriter(path, side, 4711, 1 << 20, run)
    fill(journal, records)
    journal.close()
    data = path.read_bytes()[: 4096 + 72 * records]
    path.unlink()
    return data


def deliver(spool: Spool, to: Receipt) -> None:
    """Deliver everything, one chunk after the other."""
    for chunk in spool.chunks(0.0):
        spool.acknowledge(chunk.stream, to.take(chunk), 0.0)
