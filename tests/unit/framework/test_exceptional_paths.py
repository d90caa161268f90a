"""Sections 1-3 of the cycle: the order of events on every path, what is answered, what leaves.

A table. Each row runs on this framework and on Flask 3.1.3 itself, except where the row gives
Flask's own events: those are the deviations of docs/cycle.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response

from tests.unit.framework.tracing import FLASK, OURS, Answer, Boom, Exit, Trace, name_of, teardown_words

IN_APP = "pushed open started uvp before1 before2"
IN = "pushed open started uvp uvp.bp before1 before2 before.bp"
AFTER_APP = "after2 after1 save finished start"
AFTER = f"after.bp {AFTER_APP}"


def handles(what: Any, word: str = "handler") -> Callable[[Trace], None]:
    """Register an error handler that notes *word* and answers 418."""

    def configure(trace: Trace) -> None:
        def handler(error: Any) -> Any:
            trace.note(word)
            return f"handled {type(error).__name__}", 418

        trace.app.register_error_handler(what, handler)

    return configure


def sets(**config: Any) -> Callable[[Trace], None]:
    """Set configuration values."""
    return lambda trace: trace.app.config.update(config)


def both(*configures: Callable[[Trace], None]) -> Callable[[Trace], None]:
    """Do several of these."""

    def configure(trace: Trace) -> None:
        for each in configures:
            each(trace)

    return configure


def after_this_request(trace: Trace) -> None:
    """Register, in the view, a function that registers another one."""
    register = trace.framework.api.after_this_request

    def first(response: Any) -> Any:
        trace.note("this1")
        register(lambda r: trace.note("this2") or r)
        return response

    trace.view = lambda: register(first) and "body"


def broken_adapter(trace: Trace) -> None:
    """Make an app that can't tell URLs."""

    def fail(_: object) -> None:
        raise Boom("boom")

    trace.app.create_url_adapter = fail


def missing_key(trace: Trace) -> None:
    """Read, in the view, a form field that was not sent."""
    trace.view = lambda: trace.framework.api.request.form["missing"]


@dataclass(frozen=True)
class Row:
    """One path: what is raised where, and what follows."""

    name: str
    events: str
    status: int | None = 200
    leaving: str = "None"
    raises: dict[str, BaseException] = field(default_factory=dict)
    returns: dict[str, Any] = field(default_factory=dict)
    configure: Callable[[Trace], None] = lambda trace: None
    path: str = "/bp/view"
    method: str = "GET"
    flask: str | None = None  # Flask's events, where they differ
    flask_leaving: str | None = None


def failing(point: str, boom: str = "boom") -> dict[str, BaseException]:
    return {point: Boom(boom)}


GOT = "got:boom log"
FINAL = "after.bp after2 after1 save finished"

ROWS = [
    Row("normal", f"{IN} view {AFTER} {teardown_words()}"),
    Row(
        "404",
        f"{IN_APP} {AFTER_APP} {teardown_words(bp=False)}",
        404,
        path="/nowhere",
    ),
    Row("405", f"{IN_APP} {AFTER_APP} {teardown_words(bp=False)}", 405, method="POST"),
    Row("308", f"{IN_APP} {AFTER_APP} {teardown_words(bp=False)}", 308, path="/bp/slash"),
    Row(
        "404 with a handler",
        f"{IN_APP} handler {AFTER_APP} {teardown_words(bp=False)}",
        418,
        configure=handles(404),
        path="/nowhere",
    ),
    Row(
        "308 never goes to a handler",
        f"{IN_APP} {AFTER_APP} {teardown_words(bp=False)}",
        308,
        configure=handles(Exception),
        path="/bp/slash",
    ),
    Row(
        "404 and a before_request function returns",
        f"pushed open started uvp before1 {AFTER_APP} {teardown_words(bp=False)}",
        returns={"before1": "early"},
        path="/nowhere",
    ),
    Row(
        "before_request returns early",
        f"pushed open started uvp uvp.bp before1 {AFTER} {teardown_words()}",
        returns={"before1": "early"},
    ),
    Row("OPTIONS", f"{IN} {AFTER} {teardown_words()}", method="OPTIONS"),
    Row("HEAD", f"{IN} view {AFTER} {teardown_words()}", method="HEAD"),
    Row(
        "before_request raises",
        f"pushed open started uvp uvp.bp before1 {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("before1"),
    ),
    Row(
        "url_value_preprocessor raises",
        f"pushed open started uvp {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("uvp"),
    ),
    Row(
        "request_started receiver raises",
        f"pushed open started {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("started"),
    ),
    Row(
        "request_started receiver raises, handler",
        f"pushed open started handler {AFTER} {teardown_words()}",
        418,
        raises=failing("started"),
        configure=handles(Boom),
    ),
    Row(
        "view raises, handler",
        f"{IN} view handler {AFTER} {teardown_words()}",
        418,
        raises=failing("view"),
        configure=handles(Boom),
    ),
    Row(
        "view raises, handler for a base class",
        f"{IN} view handler {AFTER} {teardown_words()}",
        418,
        raises=failing("view"),
        configure=handles(Exception),
    ),
    Row(
        "abort in the view",
        f"{IN} view {AFTER} {teardown_words()}",
        403,
        raises={"view": Forbidden()},
    ),
    Row(
        "abort in the view, handler by code and by class: code wins",
        f"{IN} view handler {AFTER} {teardown_words()}",
        418,
        raises={"view": Forbidden()},
        configure=both(handles(Exception, "other"), handles(403)),
    ),
    Row(
        "abort with a response",
        f"{IN} view {AFTER} {teardown_words()}",
        202,
        raises={"view": NotFound(response=Response(status=202))},
        configure=sets(),
    ),
    Row(
        "view raises, no handler",
        f"{IN} view {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("view"),
    ),
    Row(
        "view raises, handler for 500",
        f"{IN} view {GOT} handler {AFTER} {teardown_words('boom')}",
        418,
        raises=failing("view"),
        configure=handles(500),
    ),
    Row(
        "view raises, TESTING: no handler for 500, no after_request",
        f"{IN} view got:boom {teardown_words('boom')}",
        None,
        "boom",
        raises=failing("view"),
        configure=both(handles(500), sets(TESTING=True)),
    ),
    Row(
        "view raises, PROPAGATE_EXCEPTIONS",
        f"{IN} view got:boom {teardown_words('boom')}",
        None,
        "boom",
        raises=failing("view"),
        configure=sets(PROPAGATE_EXCEPTIONS=True),
    ),
    Row(
        "view raises, TESTING without PROPAGATE_EXCEPTIONS",
        f"{IN} view {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("view"),
        configure=sets(TESTING=True, PROPAGATE_EXCEPTIONS=False),
    ),
    Row(
        "TRAP_HTTP_EXCEPTIONS, no handler",
        f"{IN} view got:Forbidden log {AFTER} {teardown_words('Forbidden')}",
        500,
        raises={"view": Forbidden()},
        configure=sets(TRAP_HTTP_EXCEPTIONS=True),
    ),
    Row(
        "TRAP_HTTP_EXCEPTIONS, handler",
        f"{IN} view handler {AFTER} {teardown_words()}",
        418,
        raises={"view": Forbidden()},
        configure=both(sets(TRAP_HTTP_EXCEPTIONS=True), handles(403)),
    ),
    Row(
        "error handler raises",
        f"{IN} view handler got:second log {AFTER} {teardown_words('second')}",
        500,
        raises={"view": Boom("boom"), "handler": Boom("second")},
        configure=handles(Boom),
    ),
    Row(
        "500-handler raises",
        f"{IN} view {GOT} handler {teardown_words('boom')}",
        None,
        "second",
        raises={"view": Boom("boom"), "handler": Boom("second")},
        configure=handles(500),
    ),
    Row(
        "make_response raises; no handler for TypeError is asked",
        f"{IN} view got:TypeError log {AFTER} {teardown_words('TypeError')}",
        500,
        configure=both(handles(TypeError), lambda trace: setattr(trace, "view", lambda: None)),
    ),
    Row(
        "after_this_request functions, one registered by another",
        f"{IN} view this1 this2 {AFTER} {teardown_words()}",
        configure=after_this_request,
    ),
    Row(
        "after_request raises: those up to it run twice",
        f"{IN} view after.bp after2 {GOT} after.bp after2 log start {teardown_words('boom')}",
        500,
        raises=failing("after2"),
    ),
    Row(
        "after_request raises an HTTPException: 500",
        f"{IN} view after.bp got:Forbidden log after.bp log start {teardown_words('Forbidden')}",
        500,
        raises={"after.bp": Forbidden()},
    ),
    Row(
        "after_this_request raises: not repeated",
        f"{IN} view this1 {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("this1"),
        configure=after_this_request,
        flask=f"{IN} view this1 {GOT} this1 log start {teardown_words('boom')}",
    ),
    Row(
        "after_request raises: after_this_request is not repeated",
        f"{IN} view this1 this2 after.bp {GOT} after.bp log start {teardown_words('boom')}",
        500,
        raises=failing("after.bp"),
        configure=after_this_request,
        flask=f"{IN} view this1 this2 after.bp {GOT} this1 this2 this2 after.bp log start"
        f" {teardown_words('boom')}",
    ),
    Row(
        "open_session raises: nothing is saved",
        f"pushed open {GOT} after2 after1 finished start {teardown_words('boom', bp=False)}",
        500,
        raises=failing("open"),
        configure=handles(Boom),
        flask=f"pushed open {GOT} after2 after1 save log start {teardown_words('boom', bp=False)}",
    ),
    Row(
        "open_session raises an HTTPException: 500, its handler is not asked",
        "pushed open got:Forbidden log after2 after1 finished start " + teardown_words("Forbidden", bp=False),
        500,
        raises={"open": Forbidden()},
        configure=handles(403),
        flask="pushed open got:Forbidden log after2 after1 save log start "
        + teardown_words("Forbidden", bp=False),
    ),
    Row(
        "open_session raises, handler for 500",
        f"pushed open {GOT} handler after2 after1 finished start {teardown_words('boom', bp=False)}",
        418,
        raises=failing("open"),
        configure=handles(500),
        flask=f"pushed open {GOT} handler after2 after1 save log start {teardown_words('boom', bp=False)}",
    ),
    Row(
        "converter raises",
        f"pushed open convert {GOT} {AFTER_APP} {teardown_words('boom', bp=False)}",
        500,
        raises=failing("convert"),
        path="/bp/convert/x",
    ),
    Row(
        "save_session raises",
        f"{IN} view after.bp after2 after1 save {GOT} after.bp after2 after1 save log start"
        f" {teardown_words('boom')}",
        500,
        raises=failing("save"),
    ),
    Row(
        "request_finished receiver raises",
        f"{IN} view {FINAL} {GOT} {FINAL} log start {teardown_words('boom')}",
        500,
        raises=failing("finished"),
    ),
    Row(
        "got_request_exception receiver raises",
        f"{IN} view got:boom {teardown_words('boom')}",
        None,
        "second",
        raises={"view": Boom("boom"), "got": Boom("second")},
    ),
    Row("Request() raises", "", None, "boom", raises=failing("request")),
    Row("the URL adapter raises", "", None, "boom", configure=broken_adapter),
    Row(
        "an untrusted host",
        f"{IN_APP} {AFTER_APP} {teardown_words(bp=False)}",
        400,
        configure=sets(TRUSTED_HOSTS=["example.com"]),
    ),
    Row(
        "a missing form key",
        f"{IN} view {AFTER} {teardown_words()}",
        400,
        configure=missing_key,
    ),
    Row(
        "a missing form key in debug mode",
        f"{IN} view got:BadRequestKeyError {teardown_words('BadRequestKeyError')}",
        None,
        "BadRequestKeyError",
        configure=both(missing_key, sets(DEBUG=True)),
    ),
    Row(
        "a missing form key, TRAP_BAD_REQUEST_ERRORS",
        f"{IN} view got:BadRequestKeyError log {AFTER} {teardown_words('BadRequestKeyError')}",
        500,
        configure=both(missing_key, sets(TRAP_BAD_REQUEST_ERRORS=True)),
    ),
    Row(
        "appcontext_pushed receiver raises",
        f"pushed open {GOT} {AFTER} {teardown_words('boom')}",
        500,
        raises=failing("pushed"),
        flask=None,
    ),
    Row(
        "appcontext_pushed receiver raises, handler",
        f"pushed open handler {AFTER} {teardown_words()}",
        418,
        raises=failing("pushed"),
        configure=handles(Boom),
    ),
    Row(
        "start_response raises",
        f"{IN} view {FINAL} start {teardown_words()}",
        None,
        "boom",
        raises=failing("start"),
    ),
    *(
        Row(
            f"BaseException at {point}",
            f"{events} {teardown_words('exit', bp=bp)}",
            None,
            "exit",
            raises={point: Exit("exit")},
            configure=handles(500),
        )
        for point, events, bp in [
            ("open", "pushed open", False),
            ("started", "pushed open started", True),
            ("before2", "pushed open started uvp uvp.bp before1 before2", True),
            ("view", f"{IN} view", True),
            ("after2", f"{IN} view after.bp after2", True),
            ("save", f"{IN} view after.bp after2 after1 save", True),
            ("finished", f"{IN} view {FINAL}", True),
        ]
    ),
    Row(
        "BaseException at pushed",
        f"pushed {teardown_words('exit', bp=False)}",
        None,
        "exit",
        raises={"pushed": Exit("exit")},
    ),
]

#: Rows that Flask 3.1.3 fails; section 4 says how.
OURS_ONLY = {
    "appcontext_pushed receiver raises",
    "appcontext_pushed receiver raises, handler",
    "BaseException at pushed",
}


def run(row: Row, framework: Any) -> tuple[Trace, Answer]:
    trace = Trace(framework, row.raises, row.returns)
    trace.build()
    row.configure(trace)
    return trace, trace.run(row.path, row.method)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_path(row: Row) -> None:
    trace, answer = run(row, OURS)
    assert trace.words == row.events
    assert (answer.status, name_of(answer.leaving)) == (row.status, row.leaving)


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in OURS_ONLY], ids=lambda row: row.name)
def test_flask_does_as_the_table_says(row: Row) -> None:
    trace, answer = run(row, FLASK)
    assert trace.words == (row.events if row.flask is None else row.flask)
    assert (answer.status, name_of(answer.leaving)) == (row.status, row.leaving)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_nothing_stays_current(row: Row) -> None:
    trace, _ = run(row, OURS)
    assert not trace.framework.api.has_app_context()
    assert not trace.framework.api.has_request_context()
