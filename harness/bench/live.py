"""How long a leak takes to the live page: from its record's commit to the page's answer.

Run as ``python -m harness.bench.live [TRIALS]``. Each trial is a column of a run of its own, into whose
journal a made-up right history is written at a steady pace, as a busy target would; somewhere in it one look
sees another's request. The live view is the real one, in its own process; it is asked as its page asks, but
oftener, so that what is measured is the view and not the asking: the page itself asks every half second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from harness.history.columns import Records
from harness.history.journal import JournalWriter
from harness.history.layout import Kind, Side
from harness.store.metadata import ColumnMeta, RunMeta
from harness.store.runs import Run, new_run

from .histories import HistoryMaker

TRIALS = 5
#: Records a second and in all, and the part after which the leak comes.
PACE_PER_S = 60_000
RECORDS = 120_000
LEAK_AFTER = 0.5
_PIECE = 2_000
_ASK_EVERY_S = 0.02
_GIVE_UP_S = 30.0
_FOUND = b"saw the request of"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def measure(trials: int = TRIALS) -> list[float]:
    """Return the seconds that each trial's leak took to the page."""
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as folder, _view() as (tell, address):
        return [_trial(new_run(Path(folder), _meta()), tell, address, seed) for seed in range(trials)]


def _meta() -> RunMeta:
    return RunMeta(("bench",), 1, ("thread-gthread",))


def _trial(run: Run, tell: Any, address: str, seed: int) -> float:
    column = run.column("thread-gthread")
    column.make()
    column.write_meta(ColumnMeta("thread", "gthread", 8, ("127.0.0.1", 1), seed=1))
    writer = JournalWriter(column.server_dir / "1-1.journal", Side.SERVER, 1, 1 << 28, run.name)
    tell({"watch": str(column.path)})
    committed_s = found_s = 0.0
    started_s, written, asked_s = time.monotonic(), 0, 0.0
    pieces = _pieces(seed)
    while not found_s and time.monotonic() - started_s < _GIVE_UP_S:
        piece = next(pieces, None)
        if piece is not None:
            leak = not committed_s and written >= RECORDS * LEAK_AFTER and _leak(piece)
            _write(writer, piece)
            written += len(piece)
            committed_s = time.monotonic() if leak else committed_s
            time.sleep(max(started_s + written / PACE_PER_S - time.monotonic(), 0.0))
        if committed_s and time.monotonic() - asked_s >= _ASK_EVERY_S:
            asked_s = time.monotonic()
            found_s = time.monotonic() if _FOUND in _ask(address) else 0.0
    writer.close()
    if not found_s:
        raise RuntimeError(f"the live view did not show the leak within {_GIVE_UP_S:.0f} s")
    return found_s - committed_s


def _pieces(seed: int) -> Iterator[Records]:
    for batch in HistoryMaker(seed + 1).batches(RECORDS * 2):
        if batch.side is Side.SERVER:
            for at in range(0, len(batch.records), _PIECE):
                yield batch.records[at : at + _PIECE].copy()


def _leak(piece: Records) -> bool:
    """Have one look of the piece see another operation's request; return whether there is one."""
    looks = np.flatnonzero(piece["kind"] == Kind.LOOK)
    if looks.size:
        piece["request"][looks[0]] ^= np.uint64(1)
    return bool(looks.size)


def _write(writer: JournalWriter, piece: Records) -> None:
    words = np.ascontiguousarray(piece).view(np.uint64).reshape(len(piece), 9)
    for row in words.tolist():
        writer.write(*row[:8])


def _ask(address: str) -> bytes:
    try:
        with _OPENER.open(f"{address}part?since=", timeout=5) as answer:
            return bytes(answer.read())
    except urllib.error.URLError:
        return b""


@contextmanager
def _view() -> Iterator[tuple[Any, str]]:
    """Start the live view; yield what tells it something, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.live.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101 - asked for just above
    assert process.stdout is not None  # noqa: S101

    def tell(said: dict[str, str]) -> None:
        process.stdin.write(json.dumps(said) + "\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]

    try:
        port = json.loads(process.stdout.readline())["port"]
        yield tell, f"http://127.0.0.1:{port}/"
    finally:
        process.communicate(timeout=30)


def main(arguments: list[str]) -> int:
    """Measure as many trials as the first argument says; print how long the leaks took."""
    found = measure(int(arguments[0]) if arguments else TRIALS)
    pace = f"{PACE_PER_S:,} records/s"
    sys.stdout.write(
        f"live: a leak is on the page's server after {min(found):.2f} to {max(found):.2f} s "
        f"({len(found)} trials, {pace}); the page asks every 0.5 s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
