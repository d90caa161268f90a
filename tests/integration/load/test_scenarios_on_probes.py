"""Every scenario, from the workload over a real socket to the probes and back into the rows.

Each is asked of the right app, and of one whose answers are tampered with on their way out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.layout import Ending, Field, Kind
from harness.history.scenarios import LEGAL, Scenario
from harness.load.client import Client
from harness.load.exchange import Completion
from harness.load.hammer import Hammer
from harness.load.recording import Recorder
from harness.workload.mix import DEFAULT_MIX
from harness.workload.operation import Policy
from targetapp.framework import App
from targetapp.probes import create_app
from tests.integration.load.peers import Details, Rows
from tests.integration.load.serving import WSGI, served, served_over_kept_connections

STEPS = 8
SCENARIOS = pytest.mark.parametrize("scenario", DEFAULT_MIX, ids=lambda scenario: scenario.name.lower())


@pytest.fixture
def app(tmp_path: Path) -> App:
    return create_app(session_db=str(tmp_path / "sessions.sqlite3"))


def drive(
    address: tuple[str, int], rows: Rows, scenario: Scenario, details: Details | None = None
) -> list[Completion]:
    client = Client(address, 0, 1, 7, Recorder(rows, details), mix={scenario: 1})
    try:
        return [completion for _ in range(STEPS) for completion in client.step()]
    finally:
        client.close()


def wrong(rows: Rows) -> list[tuple[Scenario, Field]]:
    return [
        (Scenario(row["scenario"]), Field(row["point"]))
        for row in rows.all()
        if row["kind"] == Kind.OBSERVE and row["value"] != row["expected"] and row["point"] != Field.ISSUED_ID
    ]


@SCENARIOS
def test_a_right_target_gives_right_rows(app: App, rows: Rows, scenario: Scenario) -> None:
    details = Details()
    with served(app) as address:
        completions = drive(address, rows, scenario, details)
    assert [completion.failure for completion in completions] == [None] * len(completions)
    assert details == []
    assert wrong(rows) == []
    seen = {Scenario(row["scenario"]) for row in rows.all()}
    assert scenario in seen
    for row in rows.all():
        if row["kind"] == Kind.OK:
            assert row["value"] in LEGAL[Scenario(row["scenario"])].statuses
    ends = [row for row in rows.all() if row["kind"] in {Kind.OK, Kind.FAIL, Kind.INFO}]
    assert {row["kind"] for row in ends} == {Kind.OK}
    invokes = [row["op"] for row in rows.all() if row["kind"] == Kind.INVOKE]
    assert sorted(row["op"] for row in ends) == sorted(invokes)
    assert len(set(invokes)) == len(invokes) == len(completions)


FOREIGN = to_text(make_canary(CanaryKind.OPERATION, 9, 9, 9))


def tampering(app: WSGI) -> WSGI:
    """Put a foreign canary for the request's own one, in headers and body; a 500 becomes a 200."""

    def tamper(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        own = environ["HTTP_X_CANARY"]

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            swapped = [(name, value.replace(own, FOREIGN)) for name, value in headers]
            return start_response("200 OK" if status.startswith("500") else status, swapped, *more)

        body = app(environ, start)

        def swap() -> Iterator[bytes]:
            try:
                for chunk in body:
                    yield chunk.replace(own.encode(), FOREIGN.encode())
            finally:
                getattr(body, "close", bool)()

        return swap()

    return tamper


def forgiving(app: WSGI) -> WSGI:
    """Answer what leaves the app with a 200."""

    def forgive(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except BaseException:
            start_response("200 OK", [("Content-Length", "0")])
            return []

    return forgive


@SCENARIOS
def test_tampered_answers_are_recorded(app: App, rows: Rows, scenario: Scenario) -> None:
    details = Details()
    target = forgiving(app) if LEGAL[scenario].leaves else tampering(app)
    with served(target) as address:
        completions = drive(address, rows, scenario, details)
    mine = [completion for completion in completions if completion.scenario == scenario.name.lower()]
    reached = [row for row in rows.all() if row["kind"] == Kind.OK and row["detail"] != Ending.CACHED]
    asked = [row for row in reached if row["scenario"] == scenario]
    assert asked
    assert len([completion for completion in mine if completion.failure is not None]) == len(asked)
    assert len(details) >= len(asked)
    if LEGAL[scenario].leaves:
        statuses = {row["value"] for row in rows.all() if row["kind"] == Kind.OK}
        assert statuses == {200}
    else:
        assert scenario in {where for where, _ in wrong(rows)}
    assert not any(re.search(r"(session|sid|canary_echo)=[^\[]", text) for _, text in details)


@pytest.fixture
def hammered(app: App, rows: Rows) -> Iterator[Callable[[int], Hammer]]:
    with served(app) as address:
        yield lambda clients: Hammer(address, rows, clients=clients, seed=3)


def test_a_hammer_spends_its_budget_and_no_more(hammered: Callable[[int], Hammer], rows: Rows) -> None:
    done = hammered(4).run(150)
    assert done.operations == len(done.latencies_s) == 150
    assert not done.failures
    assert done.duration_s > 0
    invokes = {row["op"] for row in rows.all() if row["kind"] == Kind.INVOKE}
    assert len(invokes) == 150
    assert wrong(rows) == []


def test_a_hammer_that_is_stopped_ends(hammered: Callable[[int], Hammer], rows: Rows) -> None:
    hammer = hammered(2)
    hammer.stop()
    assert hammer.run(None).operations == 0
    assert rows.all() == []


def test_what_breaks_in_a_client_is_raised_not_hidden(hammered: Callable[[int], Hammer], rows: Rows) -> None:
    class FullError(Exception):
        pass

    def write(*_: int) -> None:
        raise FullError

    rows.write = write  # type: ignore[method-assign]
    with pytest.raises(BaseExceptionGroup) as caught:
        hammered(2).run(10)
    assert caught.group_contains(FullError)


def test_a_target_that_keeps_connections_is_driven_over_them(app: App, rows: Rows) -> None:
    with served_over_kept_connections(app) as address:
        done = Hammer(address, rows, clients=2, seed=5).run(200)
    assert not done.failures
    assert wrong(rows) == []
    invokes = [row for row in rows.all() if row["kind"] == Kind.INVOKE]
    assert max(row["ordinal"] for row in invokes) > 10
    assert {row["detail"] for row in invokes} == {policy.value for policy in Policy}
