"""Targets on every server: they start, serve, stop in order, and say why if they can't."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.workers.failure import TargetError
from harness.workers.listener import bind_listener
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import Spec
from harness.workers.table import Hosting, all_hostings

SpecMaker = Callable[..., Spec]
Ask = Callable[[RunningTarget], dict[str, Any]]
WAIT_S = 20

every_column = pytest.mark.parametrize("hosting", all_hostings(), ids=lambda hosting: hosting.column)


def spec_of(make_spec: SpecMaker, hosting: Hosting, **changes: Any) -> Spec:
    return make_spec(hosting.model.name, hosting.server.name, **changes)


@every_column
def test_a_target_starts_serves_and_stops_in_order(
    make_spec: SpecMaker, ask_facts: Ask, hosting: Hosting
) -> None:
    spec = spec_of(make_spec, hosting)
    with start_target(spec) as target:
        assert target.announcement is not None
        assert (target.announcement.run, target.announcement.column) == (spec.run, hosting.column)
        facts = ask_facts(target)
        tree = [process.pid for process in psutil.Process(target.pid).children(recursive=True)]
        assert facts["pid"] in [target.pid, *tree]
        assert facts["patched_at_import"] is (hosting.model.name == "greenlet")
        assert facts["switch_interval_s"] == pytest.approx(1e-5)
        assert os.getsid(target.pid) != os.getsid(0)  # Ctrl-C does not reach it
    ended = target.stop()
    assert (ended.status, ended.expected, ended.killed) == (0, True, False)
    assert ended.doubts() == ()
    assert not any(psutil.pid_exists(pid) for pid in (target.pid, *tree))


@every_column
def test_an_idle_connection_does_not_keep_a_target_from_stopping(
    make_spec: SpecMaker, hosting: Hosting
) -> None:
    target = start_target(spec_of(make_spec, hosting))
    with target, closing(socket.create_connection(target.address, timeout=WAIT_S)) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        assert target.stop().doubts() == ()


def test_preloaded_workers_share_one_load(make_spec: SpecMaker, ask_facts: Ask) -> None:
    with start_target(make_spec("process", concurrency=3)) as target, ThreadPoolExecutor(8) as pool:
        seen: set[int] = set()
        while len(seen) < 2:
            facts = list(pool.map(lambda _: ask_facts(target), range(16)))
            seen |= {fact["pid"] for fact in facts}
            assert {fact["loaded_by"] for fact in facts} == {target.pid}


def test_a_worker_that_dies_is_replaced_and_no_death_of_the_target(
    make_spec: SpecMaker, ask_facts: Ask
) -> None:
    with start_target(make_spec("process", concurrency=2)) as target:
        victim = psutil.Process(ask_facts(target)["pid"])
        victim.send_signal(signal.SIGKILL)
        victim.wait(WAIT_S)
        assert ask_facts(target)["pid"] != victim.pid
        assert target.alive
    assert target.stop().doubts() == ()


@pytest.mark.parametrize("model", ["thread", "greenlet", "process"])
def test_a_target_that_dies_is_a_doubt(make_spec: SpecMaker, model: str) -> None:
    with start_target(make_spec(model)) as target:
        assert target.alive
        os.killpg(target.pid, signal.SIGKILL)
        assert target.wait(WAIT_S)
    (doubt,) = target.stop().doubts()
    assert doubt == "the target died during the run (killed by signal 9)"


def test_targets_at_once_do_not_fight(
    make_spec: SpecMaker, ask_facts: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("HOME", "XDG_RUNTIME_DIR", "TMPDIR"):
        folder = tmp_path / variable
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
    with ExitStack() as stack:
        targets = [
            stack.enter_context(start_target(make_spec(model))) for model in ("process", "process", "thread")
        ]
        assert len({target.address for target in targets}) == 3
        assert len({ask_facts(target)["loaded_by"] for target in targets}) == 3
        assert [list((tmp_path / name).rglob("*")) for name in ("HOME", "XDG_RUNTIME_DIR")] == [[], []]


def test_a_given_port(make_spec: SpecMaker, ask_facts: Ask) -> None:
    with closing(bind_listener()) as listener:
        port = listener.getsockname()[1]
    with start_target(make_spec("thread"), port=port) as target:
        assert target.url == f"http://127.0.0.1:{port}"
        with pytest.raises(TargetError, match="it is in use"):
            start_target(make_spec("thread"), port=port)
        assert ask_facts(target)


@every_column
def test_a_target_that_is_not_there(make_spec: SpecMaker, hosting: Hosting) -> None:
    with pytest.raises(TargetError, match="could not start: there is no module 'no_such_thing'") as caught:
        start_target(spec_of(make_spec, hosting, target="no_such_thing:app"))
    assert caught.value.log_lines
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("plain:absent", "the module plain has no 'absent'"),
        ("plain:FACTS", "is dict, not a WSGI application"),
        ("plain:leave", r"exit status 7; its log ends: empty"),
    ],
)
def test_a_target_that_cannot_be_made(make_spec: SpecMaker, target: str, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        start_target(make_spec("thread", "waitress", target=target))


@pytest.mark.parametrize("server", ["gthread", "waitress"])
def test_a_target_that_never_gets_ready(make_spec: SpecMaker, server: str) -> None:
    spec = make_spec("thread", server, target="plain:hang", stop_timeout_s=0.5)
    with pytest.raises(TargetError, match="did not answer within 1 s"):
        start_target(spec, ready_timeout_s=1)


def test_an_interpreter_that_is_none(make_spec: SpecMaker, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="there is no such program"):
        start_target(make_spec("thread"), "no-such-python")
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho I am no interpreter >&2\nexit 9\n")
    fake.chmod(0o755)
    with pytest.raises(TargetError, match="exit status 9; its log ends: I am no interpreter"):
        start_target(make_spec("thread"), str(fake))
