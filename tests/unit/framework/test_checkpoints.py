"""The checkpoint hook: what a request announces, in which order, with which context, and what is current."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.history.steps import ACTIVE, APP_CONTEXT_STEPS, Step
from targetapp import App, abort, session, stream_with_context
from targetapp.framework import checkpoint, steps
from targetapp.framework import globals as globals_
from targetapp.framework.app_context import AppContext
from targetapp.framework.request_context import RequestContext
from tests.unit.framework.tracing import Boom


@pytest.fixture
def seen() -> Iterator[list[tuple[str, Any, bool, bool]]]:
    """What was announced: step, context, and whether an app and a request were current."""
    seen: list[tuple[str, Any, bool, bool]] = []

    def hook(step: str, context: object) -> None:
        app, request = globals_.app_var.get(None), globals_.request_var.get(None)
        seen.append((step, context, app is not None, request is not None))

    checkpoint.install(hook)
    yield seen
    checkpoint.install(None)


def make() -> App:
    app = App("steps", static_folder=None)
    app.secret_key = "key"
    app.logger.disabled = True
    app.add_url_rule("/", "view", lambda: str(session.get("x")))
    app.add_url_rule("/post", "post", lambda: "x", methods=["POST"])
    app.add_url_rule("/error", "error", lambda: 1 / 0)
    app.add_url_rule("/abort", "abort", lambda: abort(403))
    app.add_url_rule("/stream", "stream", lambda: stream_with_context(iter("ab")))
    return app


def test_the_table_is_the_harness_s() -> None:
    assert {step.label for step in Step} == {*steps.NORMAL, *steps.EXCEPTIONAL}
    assert [step.label for step in Step if step.label not in steps.EXCEPTIONAL] == list(steps.NORMAL)


@pytest.mark.parametrize("path", ["/", "/stream"])
def test_a_normal_request_announces_each_step_once_in_order(seen: list[Any], path: str) -> None:
    assert make().test_client().get(path, buffered=True).status_code == 200
    assert [step for step, *_ in seen] == list(steps.NORMAL)
    contexts = {
        kind: {id(c) for _, c, *_ in seen if isinstance(c, kind)} for kind in (AppContext, RequestContext)
    }
    assert [len(ids) for ids in contexts.values()] == [1, 1]
    for step, context, app, request in seen:
        named = Step[step.upper()]
        assert isinstance(context, AppContext) == (named in APP_CONTEXT_STEPS)
        assert (app, request) == ACTIVE[named]


def without(*left_out: str) -> list[str]:
    return [step for step in steps.NORMAL if step not in left_out]


def with_user_error(*left_out: str) -> list[str]:
    names = without(*left_out)
    names.insert(names.index(steps.MAKE_RESPONSE), steps.HANDLE_USER_EXCEPTION)
    return names


HANDLED = with_user_error()
UNHANDLED = list(HANDLED)
UNHANDLED.insert(UNHANDLED.index(steps.MAKE_RESPONSE), steps.HANDLE_EXCEPTION)

PATHS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "404": ("GET", "/nowhere", {}, with_user_error(steps.VIEW)),
    "405": ("GET", "/post", {}, with_user_error(steps.VIEW)),
    "OPTIONS": ("OPTIONS", "/", {}, without(steps.VIEW)),
    "HEAD": ("HEAD", "/", {}, without()),
    "abort": ("GET", "/abort", {}, HANDLED),
    "500": ("GET", "/error", {}, UNHANDLED),
    "null session": ("GET", "/", {"SECRET_KEY": None}, without(steps.SAVE_SESSION)),
}


@pytest.mark.parametrize(("method", "path", "config", "expected"), PATHS.values(), ids=PATHS)
def test_other_paths(
    seen: list[Any], method: str, path: str, config: dict[str, Any], expected: list[str]
) -> None:
    app = make()
    app.config.update(config)
    app.test_client().open(path, method=method)
    assert [step for step, *_ in seen] == expected


def test_early_return_skips_dispatch(seen: list[Any]) -> None:
    app = make()
    app.before_request(lambda: "early")
    app.test_client().get("/")
    assert [step for step, *_ in seen] == without(steps.DISPATCH_REQUEST, steps.VIEW)


def test_the_name_of_a_step_may_raise_at_each_step() -> None:
    """A scheduler may be killed at any checkpoint: everything is torn down all the same."""
    for target in steps.NORMAL:
        assert torn_down_when_raising_at(target) == ["request", "app"], target
        assert globals_.app_var.get(None) is globals_.request_var.get(None) is None


def torn_down_when_raising_at(target: str) -> list[str]:
    app = make()
    torn: list[str] = []
    app.teardown_request_funcs[None].append(lambda _: torn.append("request"))
    app.teardown_appcontext_funcs.append(lambda _: torn.append("app"))

    def hook(step: str, _: object) -> None:
        if step == target:
            raise Boom(target)

    checkpoint.install(hook)
    try:
        app.test_client().get("/")
    except (Boom, ExceptionGroup):
        pass
    finally:
        checkpoint.install(None)
    return torn


def test_contexts_take_any_attribute() -> None:
    with make().test_request_context() as context:
        context.crosstalk_activation = 1  # type: ignore[attr-defined]
        context.app_context.crosstalk_activation = 2  # type: ignore[attr-defined]
