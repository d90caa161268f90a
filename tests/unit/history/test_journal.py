"""The writer: what it stores stays, what it can't store is counted, and the application lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from harness.history.header import HEADER_SIZE
from harness.history.journal import FIRST_SEGMENT, RESERVE, JournalWriter
from harness.history.layout import KIND_SHIFT, POINT_SHIFT, RECORD_SIZE, Kind, Side
from harness.history.reader import open_journal
from harness.history.steps import Step

STEP_META = Kind.STEP << KIND_SHIFT | Step.VIEW << POINT_SHIFT
UINT64_MAX = (1 << 64) - 1
ROOT = Path(__file__).parents[3]

WriterMaker = Callable[..., JournalWriter]
ScriptRunner = Callable[..., "subprocess.CompletedProcess[str]"]


def write_numbered(writer: JournalWriter, count: int, thread: int = 7) -> None:
    for number in range(count):
        writer.write(number, number, number, number, number, number, thread, STEP_META)


def test_what_was_written_is_read_back_word_for_word(make_writer: WriterMaker) -> None:
    writer = make_writer()
    writer.write(1, 2, 3, 4, 5, 6, 7 | 8 << 32, 9 | STEP_META | 1 << 48)
    writer.close()
    (batch,) = open_journal(writer.path, "server/1").batches()
    assert batch.records[0].item() == (1, 2, 3, 4, 5, 6, 7, 8, 9, Step.VIEW, Kind.STEP, 1, 0, 1)


def test_a_closed_journal_says_so_and_lacks_nothing(make_writer: WriterMaker) -> None:
    writer = make_writer()
    write_numbered(writer, 10)
    writer.close()
    writer.close()
    facts = open_journal(writer.path, "server/1", "run").facts
    assert (facts.committed, facts.closed, facts.lost, facts.torn, facts.gaps) == (10, True, 0, 0, 0)
    assert (facts.side, facts.pid, facts.source) == (Side.SERVER, os.getpid(), "server/1")


def test_one_that_was_not_closed_is_a_killed_one(make_writer: WriterMaker) -> None:
    writer = make_writer()
    write_numbered(writer, 10)
    writer.abandon()
    facts = open_journal(writer.path, "server/1").facts
    assert (facts.committed, facts.closed, facts.torn, facts.gaps) == (10, False, 0, 0)


def test_a_late_record_opens_a_closed_journal_again(make_writer: WriterMaker) -> None:
    writer = make_writer()
    write_numbered(writer, 3)
    writer.close()
    write_numbered(writer, 2)
    facts = open_journal(writer.path, "server/1").facts
    assert (facts.committed, facts.closed, facts.gaps) == (5, False, 0)
    writer.close()
    facts = open_journal(writer.path, "server/1").facts
    assert (facts.committed, facts.closed, facts.gaps) == (5, True, 0)


def test_a_file_that_exists_is_not_overwritten(make_writer: WriterMaker, tmp_path: Path) -> None:
    (tmp_path / "one.journal").write_text("evidence")
    with pytest.raises(FileExistsError):
        make_writer()
    assert (tmp_path / "one.journal").read_text() == "evidence"


@pytest.mark.parametrize("value", [-1, 1 << 64, "text", None, 1.5])
def test_a_word_that_is_none_is_stored_as_all_ones(make_writer: WriterMaker, value: int) -> None:
    writer = make_writer()
    writer.write(1, 2, 3, value, 5, 6, 7, STEP_META)
    writer.close()
    (batch,) = open_journal(writer.path, "server/1").batches()
    assert batch.records[0]["session"] == UINT64_MAX
    assert batch.records[0]["g"] == 5


def test_two_threads_lose_nothing_while_the_file_grows(make_writer: WriterMaker) -> None:
    writer = make_writer()
    count = FIRST_SEGMENT * 20
    together = threading.Barrier(2)

    def write(thread: int) -> None:
        together.wait()
        write_numbered(writer, count, thread)

    threads = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    writer.close()
    journal = open_journal(writer.path, "server/1")
    assert (journal.facts.committed, journal.facts.lost, journal.facts.gaps) == (2 * count, 0, 0)
    records = np.concatenate([batch.records for batch in journal.batches()])
    for number in (1, 2):
        assert records["t"][records["thread"] == number].tolist() == list(range(count))


def test_ticks_order_a_journal_by_time(make_writer: WriterMaker) -> None:
    ticks = [next(make_writer().ticks) for _ in range(1)] + [next(make_writer("two").ticks)]
    assert [offset for _, offset, _ in ticks] == [RECORD_SIZE, RECORD_SIZE]
    taken = [next(ticks_of) for ticks_of in [make_writer("three").ticks] * 3]
    assert [commit for _, _, commit in taken] == [1, 2, 3]
    assert [offset for _, offset, _ in taken] == [RECORD_SIZE, 2 * RECORD_SIZE, 3 * RECORD_SIZE]
    assert sorted(taken) == taken


@pytest.mark.parametrize(("room", "lost"), [(10, 0), (9, 1), (3, 7), (0, 10)])
def test_what_exceeds_the_limit_is_counted_and_dropped(
    make_writer: WriterMaker, room: int, lost: int
) -> None:
    writer = make_writer(max_bytes=HEADER_SIZE + room * RECORD_SIZE)
    write_numbered(writer, 10)
    killed = open_journal(writer.path, "server/1").facts
    assert (killed.committed, killed.lost, killed.gaps, killed.torn) == (room, lost, 0, 0)
    writer.close()
    facts = open_journal(writer.path, "server/1").facts
    assert (facts.committed, facts.lost, facts.gaps) == (room, lost, 0)
    assert writer.path.stat().st_size <= HEADER_SIZE + room * RECORD_SIZE


FULL = """
import os, resource, sys
from harness.history.journal import JournalWriter
from harness.history.layout import Side
path, limit = sys.argv[1], int(sys.argv[2])
if limit:
    # Asked once the journal is open: what it believed to have is no longer there.
    writer = JournalWriter(path, Side.SERVER, os.getpid(), 64 << 20)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
else:
    writer = JournalWriter(path, Side.SERVER, os.getpid(), 64 << 20)
for number in range(20_000):
    writer.write(number, 2, 3, 4, 5, 6, 7, int(sys.argv[3]))
writer.close()
"""


def test_a_file_size_limit_does_not_kill(run_script: ScriptRunner, tmp_path: Path) -> None:
    path = tmp_path / "one.journal"
    run_script(FULL, path, 1 << 19, STEP_META)
    facts = open_journal(path, "server/1").facts
    assert 0 < facts.committed < 20_000
    assert (facts.committed + facts.lost, facts.gaps, facts.closed) == (20_000, 0, True)


@pytest.mark.parametrize(("free", "stored"), [(RESERVE, 0), (RESERVE + (1 << 20), 10)])
def test_journals_leave_room_for_others(
    make_writer: WriterMaker, monkeypatch: pytest.MonkeyPatch, free: int, stored: int
) -> None:
    monkeypatch.setattr(os, "fstatvfs", lambda fd: SimpleNamespace(f_bavail=free // 4096, f_frsize=4096))
    writer = make_writer()
    write_numbered(writer, 10)
    writer.close()
    facts = open_journal(writer.path, "server/1").facts
    assert (facts.committed, facts.lost, facts.closed) == (stored, 10 - stored, True)


def test_a_full_disk_does_not_kill(run_script: ScriptRunner, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4608k", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        run_script(FULL, disk / "one.journal", 0, STEP_META)
        facts = open_journal(disk / "one.journal", "server/1").facts
    finally:
        subprocess.run(["umount", disk], check=True)
    assert 0 < facts.committed < 20_000
    assert (facts.committed + facts.lost, facts.gaps, facts.closed) == (20_000, 0, True)


KILLED = """
import os, sys, threading
from harness.history.journal import JournalWriter
from harness.history.layout import Side
writer = JournalWriter(sys.argv[1], Side.SERVER, os.getpid(), 1 << 30)

def write(thread):
    number = 0
    while True:
        writer.write(number, number, number, number, number, number, thread, int(sys.argv[2]))
        number += 1
        if number % 5_000 == 0:
            os.write(1, b"%d %d\\n" % (thread, number))

sys.setswitchinterval(1e-5)
for thread in range(1, int(sys.argv[3])):
    threading.Thread(target=write, args=(thread,), daemon=True).start()
write(int(sys.argv[3]))
"""


@pytest.mark.parametrize("threads", [1, 3])
def test_nothing_committed_is_lost_to_a_sigkill(tmp_path: Path, threads: int) -> None:
    path = tmp_path / "one.journal"
    command = [sys.executable, "-c", KILLED, str(path), str(STEP_META), str(threads)]
    said: dict[int, int] = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        while sum(said.values()) < 60_000 or len(said) < threads:
            thread, count = map(int, child.stdout.readline().split())
            said[thread] = count
        child.send_signal(signal.SIGKILL)
    journal = open_journal(path, "server/1")
    assert not journal.facts.closed
    assert (journal.facts.gaps, journal.facts.lost) == (0, 0)
    assert journal.facts.torn <= threads
    records = np.concatenate([batch.records for batch in journal.batches()])
    for thread, count in said.items():
        numbers = records[records["thread"] == thread]
        assert len(numbers) >= count
        for word in ("t", "op", "request", "session", "g", "value"):
            assert np.array_equal(numbers[word], np.arange(len(numbers), dtype=np.uint64))


FORKED = """
import os, sys
from harness.history.journal import JournalWriter
from harness.history.layout import Side
meta = int(sys.argv[2])
writer = JournalWriter(sys.argv[1] + "/parent.journal", Side.SERVER, os.getpid(), 1 << 20)
writer.write(1, 1, 1, 1, 1, 1, 1, meta)
pid = os.fork()
if pid == 0:
    writer.write(2, 2, 2, 2, 2, 2, 2, meta)
    writer.close()
    own = JournalWriter(sys.argv[1] + "/child.journal", Side.SERVER, os.getpid(), 1 << 20)
    own.write(3, 3, 3, 3, 3, 3, 3, meta)
    sys.exit()
os.waitpid(pid, 0)
writer.write(4, 4, 4, 4, 4, 4, 4, meta)
"""


def test_a_forked_process_leaves_its_parents_journal_alone(run_script: ScriptRunner, tmp_path: Path) -> None:
    run_script(FORKED, tmp_path, STEP_META)
    seen = {}
    for name in ("parent", "child"):
        journal = open_journal(tmp_path / f"{name}.journal", name)
        assert (journal.facts.closed, journal.facts.gaps, journal.facts.lost) == (True, 0, 0)  # by atexit
        seen[name] = [t for batch in journal.batches() for t in batch.records["t"].tolist()]
    assert seen == {"parent": [1, 4], "child": [3]}


PATCHED = """
import os, sys
from gevent import monkey
monkey.patch_all()
import gevent
from harness.history.journal import JournalWriter
from harness.history.layout import Side
writer = JournalWriter(sys.argv[1], Side.SERVER, os.getpid(), 64 << 20)
assert not type(writer._lock).__module__.startswith("gevent"), type(writer._lock)

def write(greenlet):
    for number in range(2_000):
        writer.write(number, 2, 3, 4, 5, 6, greenlet, int(sys.argv[2]))
        if number % 100 == 0:
            gevent.sleep(0)

gevent.joinall([gevent.spawn(write, number) for number in range(1, 6)], raise_error=True)
writer.close()
"""


def test_greenlets_lose_nothing_and_the_lock_is_a_native_one(
    run_script: ScriptRunner, tmp_path: Path
) -> None:
    run_script(PATCHED, tmp_path / "one.journal", STEP_META)
    facts = open_journal(tmp_path / "one.journal", "server/1").facts
    assert (facts.committed, facts.closed, facts.gaps, facts.lost) == (10_000, True, 0, 0)
