"""An app whose every hook notes that it ran, and may raise: what the tables of the cycle run on.

It is built of this framework or of Flask 3.1.3, by the same names, so that a row that holds for
both is checked against both. Events are words; :func:`teardown_words` spells a whole teardown.

The app has hooks registered as 1, 2 on the app and one each on the blueprint ``bp``; the view is
``/bp/view``. A point is the word of an event; ``raises`` says what is raised right after noting it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import flask
import flask.sessions
import flask.signals
import flask.views
from werkzeug.routing import BaseConverter
from werkzeug.test import EnvironBuilder

import targetapp
from targetapp.framework import signals

OURS = SimpleNamespace(
    name="targetapp",
    App=targetapp.App,
    Blueprint=targetapp.Blueprint,
    Request=targetapp.Request,
    SessionInterface=targetapp.SecureCookieSessionInterface,
    signals=signals,
    api=targetapp,
)
FLASK = SimpleNamespace(
    name="flask",
    App=flask.Flask,
    Blueprint=flask.Blueprint,
    Request=flask.Request,
    SessionInterface=flask.sessions.SecureCookieSessionInterface,
    signals=flask.signals,
    api=flask,
)

_SIGNALS = {
    "pushed": "appcontext_pushed",
    "started": "request_started",
    "got": "got_request_exception",
    "finished": "request_finished",
    "tearing": "request_tearing_down",
    "apptearing": "appcontext_tearing_down",
    "popped": "appcontext_popped",
}


class Boom(Exception):  # noqa: N818  # a word in the events
    """What the rows raise; its text is its name in the events."""


class Exit(BaseException):
    """What kills a greenlet, or ends a program."""


def name_of(exc: BaseException | None) -> str:
    """Return how the events call an exception: its text, else its class."""
    if exc is None:
        return "None"
    return str(exc) if isinstance(exc, (Boom, Exit)) else type(exc).__name__


def teardown_words(exc: str = "None", *, bp: bool = True) -> str:
    """Return the events of a whole teardown, told *exc*."""
    scoped = f"td.bp:{exc} " if bp else ""
    return f"{scoped}td2:{exc} td1:{exc} tearing:{exc} close app2:{exc} app1:{exc} apptearing:{exc} popped"


@dataclass
class Answer:
    """What a server gets for one request."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    leaving: BaseException | None = None


@dataclass
class Trace:
    """The traced app, its events, and what is to be raised where."""

    framework: SimpleNamespace
    raises: Mapping[str, BaseException] = field(default_factory=dict)
    returns: Mapping[str, Any] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    view: Callable[[], Any] = lambda: "body"
    app: Any = None

    def note(self, word: str, exc: str | None = None) -> Any:
        """Note an event; raise, or return, what the row wants."""
        self.events.append(word if exc is None else f"{word}:{exc}")
        if word in self.raises:
            raise self.raises[word]
        return self.returns.get(word)

    @property
    def words(self) -> str:
        """The events so far, as one line."""
        return " ".join(self.events)

    def build(self) -> Any:
        """Make the app."""
        note = self.note
        self.app = app = self.framework.App(f"traced-{id(self)}", static_folder=None)
        app.secret_key = "key"
        app.request_class = self._request_class()
        app.session_interface = self._session_interface()
        app.url_map.converters["noted"] = self._converter()
        for number in ("1", "2"):
            self._hooks(app, number)
            app.teardown_appcontext(lambda exc, n=number: note(f"app{n}", name_of(exc)))
        app.url_value_preprocessor(lambda *_: note("uvp"))
        bp = self.framework.Blueprint("bp", __name__, url_prefix="/bp")
        self._hooks(bp, ".bp")
        bp.url_value_preprocessor(lambda *_: note("uvp.bp"))
        bp.add_url_rule("/view", "view", self._view)
        bp.add_url_rule("/slash/", "slash", self._view)
        bp.add_url_rule("/convert/<noted:value>", "convert", self._view)
        app.register_blueprint(bp)
        app.logger.handlers[:] = [_Noting(self)]
        app.logger.propagate = False
        return app

    def _view(self, **_: Any) -> Any:
        noted = self.note("view")
        return self.view() if noted is None else noted

    def _hooks(self, scaffold: Any, number: str) -> None:
        note = self.note
        scaffold.before_request(lambda: note(f"before{number}"))
        scaffold.after_request(lambda response: note(f"after{number}") or response)
        scaffold.teardown_request(lambda exc: note(f"td{number}", name_of(exc)))

    def _request_class(self) -> Any:
        note = self.note

        class Request(self.framework.Request):  # type: ignore[misc,name-defined]
            def __init__(self, environ: Any) -> None:
                if "request" in raises:
                    raise raises["request"]
                super().__init__(environ)

            def close(self) -> None:
                super().close()
                note("close")

        raises = self.raises
        return Request

    def _session_interface(self) -> Any:
        note = self.note

        class Interface(self.framework.SessionInterface):  # type: ignore[misc,name-defined]
            def open_session(self, app: Any, request: Any) -> Any:
                note("open")
                return super().open_session(app, request)

            def save_session(self, app: Any, session: Any, response: Any) -> None:
                note("save")
                super().save_session(app, session, response)

        return Interface()

    def _converter(self) -> type[BaseConverter]:
        note = self.note

        class Noted(BaseConverter):
            def to_python(self, value: str) -> str:
                note("convert")
                return value

        return Noted

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Receive all signals."""
        with ExitStack() as stack:
            for word, name in _SIGNALS.items():
                signal = getattr(self.framework.signals, name)
                stack.enter_context(signal.connected_to(self._receiver(word), self.app))
            yield

    def _receiver(self, word: str) -> Callable[..., None]:
        def receive(_: Any, **kwargs: Any) -> None:
            if "exc" in kwargs:
                self.note(word, name_of(kwargs["exc"]))
            elif "exception" in kwargs:
                self.note(word, name_of(kwargs["exception"]))
            else:
                self.note(word)

        return receive

    def run(
        self, path: str = "/bp/view", method: str = "GET", environ: Mapping[str, Any] | None = None
    ) -> Answer:
        """Serve one request as a server does: call, iterate, close."""
        answer = Answer()
        with self.connected():
            try:
                body = self.call(answer, path, method, environ)
                answer.body = b"".join(body)
                close = getattr(body, "close", None)
                if close is not None:
                    close()
            except BaseException as error:
                answer.leaving = error
        return answer

    def call(
        self,
        answer: Answer,
        path: str = "/bp/view",
        method: str = "GET",
        environ: Mapping[str, Any] | None = None,
    ) -> Iterable[bytes]:
        """Call the app, and nothing more."""

        def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
            self.note("start")
            answer.status = int(status[:3])
            answer.headers = headers
            return lambda data: None

        builder = EnvironBuilder(path, method=method)
        made = {**builder.get_environ(), **(environ or {})}
        builder.close()
        body: Iterable[bytes] = self.app.wsgi_app(made, start_response)
        return body


class _Noting(logging.Handler):
    """Notes that something was logged."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        self._trace.events.append("log")
