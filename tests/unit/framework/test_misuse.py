"""Misuse fails early and says what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.exceptions import NotFound

from targetapp import (
    App,
    Blueprint,
    MethodView,
    View,
    after_this_request,
    get_flashed_messages,
    jsonify,
    make_response,
    redirect,
    request,
    url_for,
)


def make() -> App:
    app = App("misused", static_folder=None)
    app.testing = True
    app.add_url_rule("/", "view", lambda: "x")
    return app


def registered() -> Blueprint:
    bp = Blueprint("bp", __name__)
    make().register_blueprint(bp)
    return bp


SETUP: dict[str, Callable[[Any], Any]] = {
    "route": lambda s: s.route("/x"),
    "get": lambda s: s.get("/x"),
    "add_url_rule": lambda s: s.add_url_rule("/x", "x"),
    "endpoint": lambda s: s.endpoint("x"),
    "before_request": lambda s: s.before_request(print),
    "after_request": lambda s: s.after_request(print),
    "teardown_request": lambda s: s.teardown_request(print),
    "url_value_preprocessor": lambda s: s.url_value_preprocessor(print),
    "url_defaults": lambda s: s.url_defaults(print),
    "errorhandler": lambda s: s.errorhandler(404),
    "register_error_handler": lambda s: s.register_error_handler(404, print),
    "register_blueprint": lambda s: s.register_blueprint(Blueprint("other", __name__)),
}


@pytest.mark.parametrize("name", [*SETUP, "teardown_appcontext"])
def test_setup_after_the_first_request(name: str) -> None:
    app = make()
    app.test_client().get("/")
    register = SETUP.get(name, lambda s: s.teardown_appcontext(print))
    with pytest.raises(AssertionError, match=rf"{name}\(\) was called .* before it is served"):
        register(app)


@pytest.mark.parametrize("name", [*SETUP, "before_app_request", "record"])
def test_setup_of_a_registered_blueprint(name: str) -> None:
    register = SETUP.get(name, lambda s: getattr(s, name)(print))
    with pytest.raises(AssertionError, match="before registering it"):
        register(registered())


def view_that_returns(value: Any) -> Callable[[], Any]:
    def call() -> Any:
        app = make()
        app.add_url_rule("/bad", "bad", lambda: value)
        return app.test_client().get("/bad")

    return call


def unknown_endpoint() -> Any:
    app = make()
    app.add_url_rule("/bad", "nobody")
    return app.test_client().get("/bad")


def build_unknown() -> Any:
    with make().test_request_context():
        return url_for("nobody")


def build_for_a_refused_host() -> Any:
    app = make()
    app.config["TRUSTED_HOSTS"] = ["example.test"]
    with app.test_request_context("/", base_url="http://elsewhere.test"):
        return url_for("view")


def outside(function: Callable[[], Any]) -> Callable[[], Any]:
    def call() -> Any:
        with make().app_context():
            return function()

    return call


def mixed_json() -> Any:
    with make().app_context():
        return jsonify(1, a=2)


def handler_for(what: Any) -> Callable[[], Any]:
    return lambda: make().register_error_handler(what, print)


def same_endpoint() -> Any:
    make().add_url_rule("/other", "view", lambda: "y")


def same_name() -> Any:
    app = make()
    app.register_blueprint(Blueprint("bp", __name__))
    app.register_blueprint(Blueprint("bp", __name__))


def in_itself() -> Any:
    bp = Blueprint("bp", __name__)
    bp.register_blueprint(bp)


def nested_client() -> Any:
    with make().test_client() as client, client:
        pass


def unanswered_method() -> Any:
    class Nothing(MethodView):
        methods = ("GET",)

    app = make()
    app.add_url_rule("/nothing", view_func=Nothing.as_view("nothing"))
    return app.test_client().get("/nothing")


ROWS: list[tuple[str, Callable[[], Any], type[BaseException], str]] = [
    ("None", view_that_returns(None), TypeError, "'bad' returned None.*must return a str"),
    ("a number", view_that_returns(7), TypeError, "returned a int"),
    ("a tuple", view_that_returns((1, 2, 3, 4)), TypeError, "a tuple of 4"),
    ("no WSGI", view_that_returns(lambda: None), TypeError, "no WSGI callable"),
    ("no view", unknown_endpoint, LookupError, "no view function"),
    ("no rule", build_unknown, Exception, "nobody"),
    ("a URL for a refused host", build_for_a_refused_host, RuntimeError, "TRUSTED_HOSTS"),
    ("a URL outside", outside(lambda: url_for("view")), RuntimeError, "SERVER_NAME"),
    ("after_this_request outside", outside(lambda: after_this_request(print)), RuntimeError, "in a view"),
    ("messages outside", outside(get_flashed_messages), RuntimeError, "outside of a request context"),
    ("request outside", outside(lambda: request.path), RuntimeError, "test_request_context"),
    ("an answer outside", lambda: make_response("x"), RuntimeError, "app_context"),
    ("mixed JSON", mixed_json, TypeError, "either positional or keyword"),
    ("methods as text", lambda: make().route("/x", methods="GET")(print), TypeError, r"\['POST'\]"),
    ("methods of get", lambda: make().get("/x", methods=["GET"]), TypeError, "use route"),
    ("no name", lambda: make().add_url_rule("/x"), TypeError, "needs a name"),
    ("another view", same_endpoint, AssertionError, "another endpoint"),
    ("a handler for an instance", handler_for(NotFound()), TypeError, "its class"),
    ("a handler for 200", handler_for(299), ValueError, "299"),
    ("a handler for an exit", handler_for(SystemExit), ValueError, "SystemExit"),
    ("a name twice", same_name, ValueError, "name='...'"),
    ("a blueprint in itself", in_itself, ValueError, "itself"),
    ("an empty name", lambda: Blueprint("", __name__), ValueError, "empty"),
    ("a dotted name", lambda: Blueprint("a.b", __name__), ValueError, "dot"),
    ("a dotted endpoint", lambda: Blueprint("a", __name__).add_url_rule("/", "a.b"), ValueError, "dot"),
    ("a client twice", nested_client, RuntimeError, "use another one"),
    ("no such method", unanswered_method, NotImplementedError, "no method 'get'"),
    ("no static folder", lambda: make().send_static_file("x"), RuntimeError, "static_folder"),
    ("no static host", lambda: App("x", host_matching=True), ValueError, "static_host"),
    ("no dispatch", lambda: View().dispatch_request(), NotImplementedError, ""),
    (
        "base_url and scheme",
        lambda: make().test_request_context(base_url="http://x", url_scheme="y"),
        TypeError,
        "either",
    ),
]


@pytest.mark.parametrize(("call", "kind", "says"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_misuse(call: Callable[[], Any], kind: type[BaseException], says: str) -> None:
    with pytest.raises(kind, match=re.compile(says, re.DOTALL)):
        call()


def test_a_redirect_needs_no_context() -> None:
    assert redirect("/x").status_code == 302


def test_the_name_of_a_program() -> None:
    main = sys.modules["__main__"]
    before = getattr(main, "__file__", None)
    main.__file__ = "somewhere/server.py"
    try:
        assert App("__main__").name == "server"
        assert App("__main__").logger.name == "server"
    finally:
        main.__file__ = before
