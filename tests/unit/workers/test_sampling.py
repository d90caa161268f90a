"""The sampler writes what it sees, and survives what it can't."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

from harness.workers.sampling import Sampler


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
