"""The observer: what a record says, and that nothing a target does makes it fail, lie or change anything."""

from __future__ import annotations

import contextvars
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import App, Kind, Look
from harness.history.steps import POPS, PUSHES, Step
from harness.inside.locality import Here
from harness.inside.yields import Pause
from tests.unit.inside.miniature import OPERATION, SESSION, Context, Process

OTHER = OPERATION + 1
ROOT = Path(__file__).parents[3]
ProcessMaker = Callable[..., Process]


class WatchedSession(dict[str, Any]):
    """A session that notices when it is read."""

    accessed = False

    def __getitem__(self, key: str) -> Any:
        self.accessed = True
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None, /) -> Any:
        self.accessed = True
        return super().get(key, default)

    def __len__(self) -> int:
        self.accessed = True
        return super().__len__()


def test_a_step_says_everything_that_is_current(process: Process) -> None:
    here = process.enter(scenario=7)
    session = WatchedSession(canary=SESSION)
    context = process.request_context(session=session)
    process.hold(context, process.app_context(canary=OPERATION))
    process.observer.hook("view", context)
    (record,) = process.rows()
    assert record == {
        "op": OPERATION,
        "request": OPERATION,
        "session": SESSION,
        "g": OPERATION,
        "value": SESSION,
        "activation": 41,
        "point": Step.VIEW,
        "kind": Kind.STEP,
        "app": App.TARGET,
        "detail": 7,
    }
    assert not session.accessed
    assert here.where == process.locality.here().where


def test_nothing_is_current(process: Process) -> None:
    process.enter()
    process.observer.hook("appcontext_popped", Context(crosstalk_activation=3))
    (record,) = process.rows()
    assert (record["request"], record["session"], record["g"], record["app"]) == (0, 0, 0, App.NONE)
    assert record["activation"] == 3


def test_another_operations_request_is_named(process: Process) -> None:
    process.enter()
    foreign = process.request_context(OTHER, session={"canary": SESSION + 1})
    process.hold(foreign, process.app_context(canary=OTHER))
    process.observer.hook("view", foreign)
    (record,) = process.rows()
    assert (record["op"], record["request"], record["session"], record["g"]) == (
        OPERATION,
        OTHER,
        SESSION + 1,
        OTHER,
    )


def test_another_app(process: Process) -> None:
    process.enter()
    process.hold(None, process.app_context(app=object()))
    process.observer.hook("teardown_appcontext", Context(crosstalk_activation=3))
    process.observer.look("nested_app_context")
    assert [(record["app"], record["request"]) for record in process.rows()] == [(App.OTHER, 0)] * 2


@pytest.mark.parametrize("step", Step)
def test_each_step_has_its_kind(process: Process, step: Step) -> None:
    process.enter()
    process.observer.hook(step.label, Context(crosstalk_activation=9))
    (record,) = process.rows()
    kind = Kind.PUSH if step in PUSHES else Kind.POP if step in POPS else Kind.STEP
    assert (record["point"], record["kind"]) == (step, kind)


def test_each_push_begins_an_activation(process: Process) -> None:
    process.enter()
    app_context, context = Context(), Context()
    process.observer.hook("app_context_push", app_context)
    process.observer.hook("request_context_push", context)
    process.observer.hook("view", context)
    process.observer.hook("request_context_pop", context)
    process.observer.hook("app_context_pop", app_context)
    process.observer.hook("app_context_push", app_context)
    activations = [record["activation"] for record in process.rows()]
    assert activations == [
        activations[0],
        activations[1],
        activations[1],
        activations[1],
        activations[0],
        activations[5],
    ]
    assert len(set(activations)) == 3
    assert 0 not in activations


def test_an_operation_of_nobodys(process: Process) -> None:
    process.observer.hook("app_context_push", Context())
    process.enter(UNMARKED, ABSENT, 0)
    process.observer.hook("app_context_push", Context())
    assert [record["op"] for record in process.rows()] == [ABSENT, UNMARKED]


def test_a_step_that_nobody_knows_is_none(process: Process) -> None:
    process.enter()
    process.observer.hook("coffee_break", Context(crosstalk_activation=1))
    process.observer.hook("view", Context(crosstalk_activation=1))
    assert [record["point"] for record in process.rows()] == [Step.VIEW]


class Hostile:
    """An object that fails whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise ZeroDivisionError(name)

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("value", ["text", -1, 1 << 64, 1.5, None, [1]])
def test_values_that_are_no_canary_are_unmarked(process: Process, value: object) -> None:
    process.enter()
    context = process.request_context(session={"canary": value})
    process.hold(context, process.app_context(canary=value))
    for _ in range(2):  # the first record opens the journal, the second is written the quick way
        process.observer.hook("view", context)
    first, record = process.rows()
    assert first == record
    assert (record["session"], record["g"]) == (UNMARKED, UNMARKED)
    assert (record["op"], record["request"]) == (OPERATION, OPERATION)


def test_what_can_not_be_read_is_unmarked(process: Process) -> None:
    process.enter()
    process.hold(Hostile(), Hostile())
    process.observer.hook("view", Hostile())
    (record,) = process.rows()
    assert (record["request"], record["g"], record["app"]) == (UNMARKED, UNMARKED, App.OTHER)
    assert (record["op"], record["activation"], record["point"]) == (OPERATION, 0, Step.VIEW)


def test_a_request_from_outside_the_wrapper_is_unmarked(process: Process) -> None:
    process.enter()
    context = Context(request=types.SimpleNamespace(environ={}), session=None, crosstalk_activation=2)
    process.hold(context, process.app_context())
    process.observer.hook("view", context)
    (record,) = process.rows()
    assert (record["request"], record["session"], record["g"]) == (UNMARKED, 0, 0)


def test_variables_are_read_anew_each_time(process: Process) -> None:
    process.enter()
    context = process.request_context()
    process.hold(context, process.app_context())
    process.observer.hook("view", context)
    foreign = process.request_context(OTHER)
    process.contexts.request_var = types.SimpleNamespace(get=lambda default: foreign)
    process.observer.hook("view", context)
    assert [record["request"] for record in process.rows()] == [OPERATION, OTHER]


def test_the_place_is_not_found_through_what_is_tested(process: Process) -> None:
    """A Context copied from a request carries its contexts to another thread, but not its place."""
    process.enter()
    context = process.request_context()
    process.hold(context, process.app_context(canary=OPERATION))
    copied = contextvars.copy_context()
    thread = threading.Thread(target=copied.run, args=(process.observer.hook, "view", context))
    thread.start()
    thread.join()
    process.observer.hook("view", context)
    records = process.rows()
    assert [(record["op"], record["request"]) for record in records] == [
        (ABSENT, OPERATION),
        (OPERATION, OPERATION),
    ]
    threads = [int(record["thread"]) for record in process.records()]
    assert threads[0] != threads[1]
    assert threads[1] == threading.get_native_id()


def test_looks(process: Process) -> None:
    process.enter(scenario=3)
    context = process.request_context()
    process.hold(context, process.app_context(canary=5))
    for look in Look:
        process.observer.look(look.name.lower())
    records = process.rows()
    assert [record["point"] for record in records] == list(Look)
    assert {(record["kind"], record["activation"], record["g"]) for record in records} == {(Kind.LOOK, 41, 5)}


def test_pauses_follow_what_was_recorded(make_process: ProcessMaker) -> None:
    seen: list[int] = []
    process = make_process(pause=Pause(lambda: seen.append(process.observer._writer is not None)))
    process.enter()
    for _ in range(40):
        process.observer.hook("view", Context(crosstalk_activation=1))
    assert 5 < len(seen) < 20
    assert all(seen)
    seen.clear()
    process.observer.look("view_before_yield")
    assert seen == [True]


def test_many_threads_each_have_a_place(process: Process) -> None:
    together = threading.Barrier(4)

    def serve(number: int) -> None:
        process.enter(number)
        together.wait()
        for _ in range(3_000):
            process.observer.hook("view", Context(crosstalk_activation=number - OPERATION))

    threads = [threading.Thread(target=serve, args=(OPERATION + n,)) for n in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    records = process.rows()
    assert len(records) == 12_000
    assert all(record["op"] - OPERATION == record["activation"] for record in records)


# the journal


def test_a_full_journal_counts_what_it_lost(make_process: ProcessMaker) -> None:
    process = make_process(max_bytes=4096 + 3 * 72)
    process.enter()
    for _ in range(5):
        process.observer.hook("view", Context(crosstalk_activation=1))
    assert len(process.rows()) == 3


def test_a_journal_that_can_not_be_opened_is_complained_of_once(process: Process) -> None:
    def fail() -> Any:
        raise OSError(28, "No space left on device")

    process.observer._open_journal = fail
    process.enter()
    for _ in range(3):
        process.observer.hook("view", Context(crosstalk_activation=1))
    assert len(process.complaints) == 1
    assert process.complaints[0].endswith("can't record: [Errno 28] No space left on device")
    assert process.rows() == []


def test_a_journal_is_closed_when_nothing_is_inside(process: Process) -> None:
    from harness.history.reader import open_journal

    here = Here(process.locality.here().where, OPERATION, SESSION, 2)
    process.observer.enter(here)
    process.observer.close()
    (writer,) = process.journals
    assert not open_journal(writer.path, "server/1").facts.closed
    process.observer.exit(here)
    process.observer.close()
    facts = open_journal(writer.path, "server/1").facts
    assert (facts.closed, facts.committed, facts.gaps) == (True, 2, 0)


FORKED = """
import os, sys, types
from contextvars import ContextVar
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.inside.locality import Here, Locality
from harness.inside.observer import Observer

def open_journal():
    return JournalWriter(f"{sys.argv[1]}/{os.getpid()}.journal", Side.SERVER, os.getpid(), 1 << 20)

contexts = types.SimpleNamespace(app_var=ContextVar("app"), request_var=ContextVar("request"))
locality = Locality()
observer = Observer(open_journal, contexts, None, locality)
observer.hook("view", types.SimpleNamespace(crosstalk_activation=1))
children = []
for _ in range(2):
    child = os.fork()
    if not child:
        observer.hook("view", types.SimpleNamespace(crosstalk_activation=2))
        sys.exit()
    children.append(child)
for child in children:
    os.waitpid(child, 0)
observer.hook("view", types.SimpleNamespace(crosstalk_activation=3))
print(os.getpid())
"""


def test_each_forked_process_has_a_journal_of_its_own(tmp_path: Path) -> None:
    from harness.history.reader import open_journal

    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    parent = int(done.stdout)
    found = {}
    for path in tmp_path.iterdir():
        journal = open_journal(path, "server/1")
        assert (journal.facts.closed, journal.facts.gaps, journal.facts.pid) == (True, 0, int(path.stem))
        records = [record for batch in journal.batches() for record in batch.records]
        assert {int(record["thread"]) for record in records} == {journal.facts.pid}
        found[journal.facts.pid] = [int(record["activation"]) for record in records]
    assert found.pop(parent) == [1, 3]
    assert list(found.values()) == [[2], [2]]


def test_a_job_is_carried_to_another_thread_and_its_place_is_put_back(process: Process) -> None:
    here = process.enter()
    seen: list[tuple[int, bytes]] = []

    def job() -> str:
        there = process.locality.here()
        seen.append((there.number, there.where))
        process.observer.look("job")
        return "done"

    carried = process.observer.carry(job)
    process.enter(OTHER)  # what the request's thread does meanwhile makes no difference
    results: list[object] = []

    def pool_thread() -> None:
        results.append(carried())
        seen.append((process.locality.here().number, process.locality.here().where))

    thread = threading.Thread(target=pool_thread)
    thread.start()
    thread.join()
    assert results == ["done"]
    assert [number for number, _ in seen] == [OPERATION, ABSENT]
    assert seen[0][1] == seen[1][1] != here.where
    assert [(row["op"], row["point"]) for row in process.rows()] == [(OPERATION, Look.JOB)]
