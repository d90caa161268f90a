"""One small app, made with any framework that has Flask's names, and the requests it is asked.

Rule: whatever is compared runs this very code; the framework, named as a module, is all that
differs. What a row measures is a table at the top.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.test import EnvironBuilder

#: A framework's module, and its application class in there.
CLASSES = {"targetapp.framework": "App", "flask": "Flask"}
OURS, THEIRS = CLASSES

SIGNALS = (
    *("appcontext_pushed", "request_started", "got_request_exception", "request_finished"),
    *("request_tearing_down", "appcontext_tearing_down", "appcontext_popped"),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is asked of the app, and how it is set up; each has one hook before, after, at teardown."""

    name: str
    says: str
    #: What the reference framework may cost, as a share of Flask's cost.
    limit: float
    path: str = "/count"
    status: str = "200 OK"
    #: Whether the app has a secret key and the request a session cookie.
    session: bool = True
    #: Whether the session changes, so that the answer sets the cookie.
    saves: bool = False
    #: Whether the seven signals of the cycle have a receiver each.
    signals: bool = False
    #: Whether the journal records every step of the cycle, on our side only.
    recorded: bool = False


SCENARIOS = (
    Scenario("read+write", "session read and written", 0.60, saves=True),
    Scenario("no session", "app without a secret key", 0.65, "/plain", session=False),
    Scenario("untouched", "session sent, not touched", 0.60, "/plain"),
    Scenario("signals", "read+write, seven signals connected", 0.65, saves=True, signals=True),
    Scenario("handled error", "error of the view, handler by class", 0.65, "/error", "418 I'M A TEAPOT"),
    Scenario("404", "no rule for the URL", 0.75, "/nowhere", "404 NOT FOUND"),
    Scenario("recorded", "read+write, 24 events recorded, ours only", 0.75, saves=True, recorded=True),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}

Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """An app for one scenario, and the request it is asked again and again."""

    app: Any
    environ: Environ

    def drive(self, requests: int) -> None:
        """Make the request so often, each time read to the end and closed as a server does."""
        app, environ = self.app, self.environ
        for _ in range(requests):
            body = app(environ.copy(), _ignore)
            for _ in body:
                pass
            body.close()


def make(framework: str, scenario: Scenario) -> Made:
    """Return the app of a scenario, which has answered once as it should.

    :param framework: one of :data:`CLASSES`.
    :raises RuntimeError: if it answers something else: then there is nothing to compare.
    """
    module = importlib.import_module(framework)
    app = _make_app(module, getattr(module, CLASSES[framework]), scenario)
    environ = EnvironBuilder(
        scenario.path,
        headers=[("User-Agent", "bench"), ("Accept", "*/*"), *_cookie(app, scenario)],
    ).get_environ()
    status, headers = _ask(app, environ)
    if status != scenario.status or ("Set-Cookie" in headers) != scenario.saves:
        raise RuntimeError(f"{framework} answers {scenario.name!r} with {status} and {headers}")
    return Made(app, environ)


def _make_app(module: Any, app_class: Callable[[str], Any], scenario: Scenario) -> Any:
    app = app_class(__name__)
    if scenario.session:
        app.secret_key = "0123456789abcdef" * 4
    session = module.session
    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    app.teardown_request(lambda error: None)

    def count() -> str:
        session["count"] = session.get("count", 0) + 1
        return "counted"

    def fail() -> str:
        raise ValueError("always")

    app.add_url_rule("/count", "count", count)
    app.add_url_rule("/plain", "plain", lambda: "plain")
    app.add_url_rule("/error", "error", fail)
    app.register_error_handler(ValueError, lambda error: ("handled", 418))
    for name in SIGNALS if scenario.signals else ():
        getattr(module, name).connect(_receive, app)
    return app


def _cookie(app: Any, scenario: Scenario) -> list[tuple[str, str]]:
    """Return the header that sends back the session of an earlier request."""
    if not scenario.session:
        return []
    _, headers = _ask(app, EnvironBuilder("/count").get_environ())
    return [("Cookie", headers["Set-Cookie"].partition(";")[0])]


def _ask(app: Any, environ: Environ) -> tuple[str, dict[str, str]]:
    answers: list[tuple[str, dict[str, str]]] = []
    body = app(environ.copy(), lambda status, headers, exc_info=None: answers.append((status, dict(headers))))
    for _ in body:
        pass
    body.close()
    return answers[0]


def _ignore(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
    """Be a server's ``start_response``."""


def _receive(sender: object, **_: object) -> None:
    """Be a signal's receiver."""
