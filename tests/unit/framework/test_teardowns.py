"""Teardowns that raise: everything runs, one flat group leaves, a BaseException is never hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from targetapp import App, has_app_context, has_request_context
from targetapp.framework import teardown
from tests.unit.framework.tracing import FLASK, OURS, Boom, Exit, Trace, name_of, teardown_words

IN = "pushed open started uvp uvp.bp before1 before2 before.bp view"
OUT = "after.bp after2 after1 save finished start"


@dataclass(frozen=True)
class Row:
    """What is raised where, and what reaches the server."""

    name: str
    raises: dict[str, BaseException]
    leaving: str  # the name of what leaves
    group: str = ""  # what the group holds, wherever it is
    told: str = "None"  # what the teardowns are told
    out: str = OUT


POINTS = ["td.bp", "td2", "td1", "tearing", "close", "app2", "app1", "apptearing", "popped"]
GROUP = "ExceptionGroup"

ROWS = [
    *(Row(f"{point} raises", {point: Boom("t")}, GROUP, "t") for point in POINTS),
    Row("two raise", {"td2": Boom("t"), "app1": Boom("u")}, GROUP, "t u"),
    Row("all raise", {p: Boom(p) for p in POINTS}, GROUP, " ".join(POINTS)),
    Row(
        "the view and a teardown raise",
        {"view": Boom("boom"), "td1": Boom("t")},
        GROUP,
        "t",
        "boom",
        f"got:boom log {OUT}",
    ),
    Row("a BaseException in a teardown", {"td2": Exit("x")}, "x"),
    Row("a BaseException and an error in teardowns", {"td2": Boom("t"), "app1": Exit("x")}, "x", "t"),
    Row("two BaseExceptions in teardowns", {"td2": Exit("x"), "app1": Exit("y")}, "x", "y"),
    Row("a BaseException in the view", {"view": Exit("x")}, "x", told="x", out=""),
    Row(
        "a BaseException in the view, an error in a teardown",
        {"view": Exit("x"), "td1": Boom("t")},
        "x",
        "t",
        "x",
        "",
    ),
    Row(
        "a BaseException in the view and another in a teardown",
        {"view": Exit("x"), "td1": Exit("y"), "app2": Boom("t")},
        "x",
        "y t",
        "x",
        "",
    ),
]


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its contexts; fail if they form a circle."""
    seen: list[BaseException] = []
    node: BaseException | None = error
    while node is not None:
        assert node not in seen
        seen.append(node)
        yield node
        node = node.__context__


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_teardown(row: Row) -> None:
    trace = Trace(OURS, row.raises)
    trace.build()
    answer = trace.run()
    assert trace.words == " ".join(f"{IN} {row.out} {teardown_words(row.told)}".split())
    assert answer.leaving is not None
    assert name_of(answer.leaving) == row.leaving
    links = list(chain(answer.leaving))
    groups = [link for link in links if isinstance(link, BaseExceptionGroup)]
    assert " ".join(name_of(each) for group in groups for each in group.exceptions) == row.group
    if not isinstance(answer.leaving, Exception) and groups:
        assert links[-1] is groups[-1]  # at the end of the chain
    assert not has_app_context()
    assert not has_request_context()


def test_errors_of_a_group_have_no_way_back_to_what_leaves() -> None:
    trace = Trace(OURS, {"view": Exit("x"), "td1": Boom("t")})
    trace.build()
    leaving = trace.run().leaving
    assert leaving is not None
    *_, group = chain(leaving)
    assert isinstance(group, BaseExceptionGroup)
    assert all(leaving not in chain(error) for error in group.exceptions)


@pytest.mark.parametrize(
    ("point", "skipped"),
    [("td2", "td1 tearing close"), ("tearing", "close"), ("app2", "app1 apptearing popped")],
)
def test_flask_skips_the_rest(point: str, skipped: str) -> None:
    trace = Trace(FLASK, {point: Boom("t")})
    trace.build()
    assert name_of(trace.run().leaving) == "t"
    ran = {word.partition(":")[0] for word in trace.events}
    assert not ran & set(skipped.split())


def test_another_receiver_of_the_same_signal_still_hears_it() -> None:
    app = App("receivers", static_folder=None)
    heard = []

    def receiver(number: int) -> None:
        heard.append(number)
        raise Boom(str(number))

    calls = [(receiver, (1,)), (receiver, (2,))]
    errors = teardown.run_guarded(calls)
    assert heard == [1, 2]
    assert [name_of(error) for error in errors] == ["1", "2"]
    assert app.name == "receivers"


def test_what_runs_guarded_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_at_the_first(calls: list[teardown.Call]) -> list[BaseException]:
        for function, arguments in calls:
            try:
                function(*arguments)
            except BaseException as error:
                return [error]
        return []

    monkeypatch.setattr(teardown, "run_guarded", stop_at_the_first)
    trace = Trace(OURS, {"td2": Boom("t")})
    trace.build()
    trace.run()
    assert "td1:None" not in trace.events
    assert "app1:None" in trace.events


def test_a_group_goes_behind_what_an_exit_was_raised_for() -> None:
    first, exit_, late = Boom("first"), Exit("exit"), Boom("late")
    exit_.__context__ = first
    late.__context__ = Boom("between")
    late.__context__.__context__ = exit_  # raised while the exit was handled
    errors: list[BaseException] = [late]
    assert teardown.settle(exit_, errors) is exit_
    assert errors == []
    *_, last = links = list(chain(exit_))
    assert [name_of(each) for each in links] == ["exit", "first", "ExceptionGroup"]
    assert isinstance(last, ExceptionGroup)
    assert [name_of(each) for each in chain(late)] == ["late", "between"]


def leave_for_a_key() -> None:
    try:
        raise KeyError("key")
    except KeyError:
        raise Exit("exit")  # noqa: B904  # what it was raised in the handling of is its context


def test_a_chain_is_whole_where_another_error_is_being_handled() -> None:
    trace = Trace(OURS, {"td1": Boom("one"), "app1": Boom("app")}, view=leave_for_a_key)
    trace.build()
    try:
        raise LookupError("around")
    except LookupError:
        leaving = trace.run().leaving
    chain: list[BaseException] = []
    while leaving is not None:
        chain.append(leaving)
        leaving = leaving.__context__
    assert [name_of(each) for each in chain] == ["exit", "KeyError", "LookupError", "ExceptionGroup"]
    assert [str(each) for each in chain[-1].exceptions] == ["one", "app"]  # type: ignore[attr-defined]
