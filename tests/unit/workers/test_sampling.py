"""The sampler writes what it sees, adds it up, and survives what it can't."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import psutil

from harness.workers.sampling import Sampler

#: A Python takes more than this, whatever it runs.
MIB = 1024 * 1024
UP_AND_WAITING = "import sys; print(1, flush=True); sys.stdin.read()"


def last_row(path: Path) -> dict[str, str]:
    with path.open() as file:
        return list(csv.DictReader(file))[-1]


def test_a_process_and_its_descendants_are_summed_up(tmp_path: Path) -> None:
    code = "import os, sys\nchild = os.fork()\nif child: print(child, flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        sampler = Sampler(tmp_path / "resources.csv")
        sampler.attach(process.pid)
        assert sampler.sample() == {process.pid, child}
        assert sampler.sample() == {process.pid, child}
        process.communicate()
        assert process.pid not in sampler.sample()
        sampler.close()
    with (tmp_path / "resources.csv").open() as file:
        first, second = csv.DictReader(file)
    assert (first["processes"], first["threads"]) == ("2", "2")
    assert float(second["t_s"]) >= float(first["t_s"]) >= 0
    assert sampler.problem == ""


def test_a_sampler_that_watches_nobody_sees_nobody(tmp_path: Path) -> None:
    sampler = Sampler(tmp_path / "resources.csv")
    assert sampler.sample() == frozenset()
    sampler.close()


def test_a_full_disk_is_remembered_and_not_raised() -> None:
    sampler = Sampler(Path("/dev/full"))
    sampler.attach(os.getpid())
    assert os.getpid() in sampler.sample()
    sampler.close()
    assert "No space left" in sampler.problem


def test_the_memory_of_a_child_is_added(tmp_path: Path) -> None:
    sampler = Sampler(tmp_path / "resources.csv")
    sampler.attach(os.getpid())
    before = sampler.sample()
    assert os.getpid() in before
    alone = last_row(tmp_path / "resources.csv")
    assert int(alone["rss_bytes"]) >= psutil.Process().memory_info().rss // 2 > MIB
    assert int(alone["processes"]) == len(before)
    with subprocess.Popen(
        [sys.executable, "-c", UP_AND_WAITING], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert sampler.sample() - before >= {child.pid}
        both = last_row(tmp_path / "resources.csv")
        child_rss = psutil.Process(child.pid).memory_info().rss
        assert child_rss > MIB
        assert int(both["rss_bytes"]) > child_rss
        assert int(both["threads"]) > 1
        assert child.stdin is not None
        child.stdin.close()
    sampler.close()


def test_of_a_process_that_is_gone_there_is_no_row(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        sampler = Sampler(tmp_path / "resources.csv")
        sampler.attach(child.pid)
        child.wait()
    assert sampler.sample() == frozenset()
    with (tmp_path / "resources.csv").open() as file:
        assert list(csv.DictReader(file)) == []
    sampler.close()
