"""The table of deviations: each row is needed, is in the documents, and hides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import targetapp
from tests.differential.comparing import DifferenceError, compare
from tests.differential.description import (
    AfterThis,
    App,
    Ask,
    Case,
    Does,
    Handler,
    Hook,
    Part,
    Plain,
    Raises,
    Returns,
    Route,
    Stream,
)
from tests.differential.deviations import DEVIATIONS
from tests.differential.frameworks import OURS
from tests.differential.repairs import Repair
from tests.differential.words import HOOKS

CYCLE = Path(__file__).parents[2] / "docs" / "cycle.md"
ANSWER = Returns(Plain())


def app(*acts: Any, end: Any = ANSWER, **more: Any) -> App:
    """Return an app with one view that does *acts*, and what else *more* says of its own part or of it."""
    part = {key: more.pop(key) for key in ("hooks", "handlers") if key in more}
    return App(Part(routes=(Route(does=Does(acts, end)),), **part), **more)


STREAMED = Returns(Stream(context=True))

#: The simplest case that shows each row.
EXAMPLES: dict[Repair, Case] = {
    Repair.G_SHARED: Case(app("g.set a"), (Ask(around=True),)),
    Repair.TEARDOWN_STOPS: Case(
        app(hooks=(Hook("teardown_request"), Hook("teardown_request", Does(end=Raises()))))
    ),
    Repair.PUSHED_FAILS: Case(app(signals=(("pushed", Raises()),))),
    Repair.BODIES_CROSS: Case(app(end=STREAMED), (Ask(), Ask()), interleaved=True),
    Repair.TORN_DOWN_TWICE: Case(app(end=STREAMED, hooks=(Hook("teardown_request"),))),
    Repair.CALLED_AGAIN: Case(
        app(AfterThis(Does()), hooks=(Hook("after_request", Does(end=Raises())),)),
    ),
    Repair.NOTHING_SAVED: Case(app(places=(("open", Raises()),), signals=(("finished", None),))),
    Repair.MERE_LOOK: Case(app("session.peek")),
    Repair.NEW: Case(app("session.new")),
    Repair.PUSH_FAILS: Case(
        app(
            hooks=(Hook("teardown_request"),),
            handlers=(Handler(500, Does(("inside.request /v",), ANSWER)),),
            places=(("open", Raises()),),
        )
    ),
    Repair.STRAY: Case(app("leave.context")),
    Repair.NO_VIEW: Case(App(Part(routes=(Route(style="nothing"),)))),
    Repair.NO_SESSION: Case(
        app(places=(("open", Raises()),), handlers=(Handler(500, Does(("session.read a",), ANSWER)),))
    ),
    Repair.NO_ADAPTER: Case(
        app(config=(("TRUSTED_HOSTS", ("localhost",)),), handlers=(Handler(400, Does(("url v0",), ANSWER)),)),
        (Ask(host="other.example"),),
    ),
}


def test_every_row_has_an_example() -> None:
    assert set(EXAMPLES) == set(Repair) == {row.repair for row in DEVIATIONS}


@pytest.mark.parametrize("repair", EXAMPLES)
def test_a_row_applies_where_its_defect_shows(repair: Repair) -> None:
    assert repair in {row.repair for row in compare(EXAMPLES[repair])}


@pytest.mark.parametrize("repair", EXAMPLES)
def test_without_its_row_the_difference_is_told(repair: Repair) -> None:
    table = tuple(row for row in DEVIATIONS if row.repair is not repair)
    with pytest.raises(DifferenceError, match=r"differs from Flask 3\.1\.3"):
        compare(EXAMPLES[repair], table=table)


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: row.repair.name)
def test_every_row_is_in_the_documents_with_its_reason(row: Any) -> None:
    points = [line.split("|")[1].strip() for line in CYCLE.read_text().splitlines() if line.startswith("| ")]
    assert row.point in points
    assert row.reason


def _changed(name: str, change: Callable[[Any], Any]) -> Any:
    """Return our framework with one method of App wrapped."""
    broken = type("App", (targetapp.App,), {name: change(getattr(targetapp.App, name))})
    return replace(OURS, name=f"targetapp with another {name}", App=broken)


def _reversed_before(method: Any) -> Any:
    def preprocess_request(self: Any, *arguments: Any) -> Any:
        for functions in self.before_request_funcs.values():
            functions.reverse()
        try:
            return method(self, *arguments)
        finally:
            for functions in self.before_request_funcs.values():
                functions.reverse()

    return preprocess_request


def _without(_method: Any) -> Any:
    return lambda self, ctx, response: response


#: A broken framework, and the case that has to tell it from Flask.
MUTANTS = {
    "hooks in another order": (
        _changed("preprocess_request", _reversed_before),
        Case(app(hooks=(Hook("before_request"), Hook("before_request")))),
    ),
    "no after_request": (
        _changed("process_response", _without),
        Case(app(hooks=(Hook("after_request"),))),
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_framework_is_told_from_flask_and_ours_is_not(mutant: str) -> None:
    framework, case = MUTANTS[mutant]
    compare(case)
    with pytest.raises(DifferenceError):
        compare(case, framework)


def test_each_kind_of_hook_is_drawn() -> None:
    assert {"before_request", "after_request", "teardown_request"} <= set(HOOKS)
