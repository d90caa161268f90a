"""Whoever starts a target may be patched by gevent, may fork, may be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness import records
from harness.workers.spec import Spec
from harness.workers.table import Hosting, all_hostings

ROOT = Path(__file__).resolve().parents[3]
SpecMaker = Callable[..., Spec]
WAIT_S = 30

START = """
import json, os, sys
from pathlib import Path
from harness import records
from harness.workers.running import start_target
from harness.workers.spec import Spec

spec = records.from_text(Spec, sys.argv[1], "argument")
target = start_target(spec)
print(json.dumps([target.supervisor_pid, target.pid]), flush=True)
"""


def run_starter(code: str, spec: Spec) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, records.to_text(spec)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def started(starter: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the supervisor, the target and its workers."""
    assert starter.stdout is not None
    supervisor, target = map(psutil.Process, json.loads(starter.stdout.readline()))
    return [supervisor, target, *target.children(recursive=True)]


@pytest.mark.parametrize("hosting", all_hostings(), ids=lambda hosting: hosting.column)
def test_a_target_ends_when_the_harness_is_killed(make_spec: SpecMaker, hosting: Hosting) -> None:
    spec = make_spec(hosting.model.name, hosting.server.name)
    with run_starter(START + "sys.stdin.read()", spec) as starter:
        processes = started(starter)
        starter.kill()
        for process in processes:
            process.wait(WAIT_S)


def test_a_child_that_holds_the_lifeline_does_not_keep_the_target(make_spec: SpecMaker) -> None:
    code = START + "child = os.fork()\nif child: print(child, flush=True)\nsys.stdin.read()"
    with run_starter(code, make_spec("thread", "waitress")) as starter:
        processes = started(starter)
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        for process in processes:
            process.wait(WAIT_S)
        assert child.is_running()  # it holds the lifeline's end, and the target is gone all the same
        child.kill()


@pytest.mark.parametrize("model", ["thread", "greenlet", "process"])
def test_a_process_patched_by_gevent_starts_targets(make_spec: SpecMaker, model: str) -> None:
    code = (
        "from gevent import monkey; monkey.patch_all()\n" + START + "import http.client\n"
        "connection = http.client.HTTPConnection(*target.address, timeout=30)\n"
        "connection.request('GET', '/', headers={'Connection': 'close'})\n"
        "facts = json.loads(connection.getresponse().read())\n"
        "ended = target.stop()\n"
        "print(json.dumps([facts['patched_at_import'], ended.status, ended.expected, ended.doubts()]))\n"
    )
    with run_starter(code, make_spec(model)) as starter:
        started(starter)
        assert starter.stdout is not None
        assert json.loads(starter.stdout.read()) == [model == "greenlet", 0, True, []]


def test_a_harness_that_just_ends_takes_its_target_with_it(make_spec: SpecMaker) -> None:
    with run_starter(START + "input()", make_spec("process")) as starter:
        processes = started(starter)
        assert starter.stdin is not None
        starter.stdin.write("\n")
        starter.stdin.close()
        assert starter.wait(WAIT_S) == 0
        for process in processes:
            process.wait(WAIT_S)
