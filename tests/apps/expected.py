"""What each small application has to come to: a table, of the tests alone; the harness knows none of them.

A row says by worker model which law is broken there ('' for none; None: not a place for this app), and what
the explanation has to say: who got it, whose it was, in which field it was sent or which object holds it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MODELS = ("thread", "greenlet", "process")


@dataclass(frozen=True, slots=True)
class App:
    """One application.

    :param says: has to be found in the explanation of the law's violation, a regular expression.
    :param may: laws that may be broken besides, in any column: consequences of the same defect.
    :param alone: it does something to its process that others would see (Django's settings, threads).
    """

    name: str
    thread: str | None
    greenlet: str | None
    process: str | None
    says: str = ""
    may: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    alone: bool = False

    @property
    def path(self) -> str:
        """The application as ``--app`` names it."""
        return str(FOLDER / self.name)

    @property
    def models(self) -> tuple[str, ...]:
        """The worker models it is run under."""
        return tuple(model for model in MODELS if self.law(model) is not None)

    @property
    def urls(self) -> Path | None:
        """The file of requests beside it, for one without a router."""
        file = (FOLDER / self.name.partition(":")[0]).with_suffix(".urls")
        return file if file.exists() else None

    def law(self, model: str) -> str | None:
        """Return the law that it breaks under a worker model."""
        laws: dict[str, str | None] = {
            "thread": self.thread,
            "greenlet": self.greenlet,
            "process": self.process,
        }
        return laws[model]

    def requests(self) -> tuple[str, ...]:
        """Return the requests for the plugin, which takes them one by one."""
        if self.urls is None:
            return ()
        lines = self.urls.read_text().splitlines()
        return tuple(line for line in lines if line and not line.startswith("#"))

    def is_said(self, text: str) -> bool:
        """Whether *text* says what it has to."""
        return re.search(self.says, " ".join(text.split())) is not None


def sent(who: str, place: str, whose: str, field: str) -> str:
    """Return what B1 says: *who* got back at a place what *whose* request had sent in a field; patterns."""
    return rf"\((GET|HEAD) {who}\) got back in {place} what .*?\((GET|HEAD) {whose}\) had sent in {field}"


def kept(field: str, route: str) -> str:
    """Return what I13 says: what was sent in a field is kept, by a route from a module."""
    return rf"had sent in {field} was still there after the last request: {route}"


_BODY, _COOKIE, _HEADER = "the body of its answer", "a cookie that its answer set", "a header of its answer"
_QUERY = "the field 'canary' of its query"


def field(name: str, place: str) -> str:
    """Return how a sentence calls a field."""
    return f"the field '{name}' of its {place}"


LEAKY = (
    # Flask
    App(
        "leaky/flask_global_user.py:app", "B1", "B1", "",
        sent("/hello/<name>", _BODY, "/hello/<name>", field("name", "path")),
    ),
    App(
        "leaky/flask_cached_page.py:create_app()", "B1", "B1", "B1",
        sent("/profile", _BODY, "/profile", "its cookie canary"),
    ),
    App(
        "leaky/flask_default_argument.py:app", "B1", "B1", "B1",
        sent("/register", _BODY, "/register", _QUERY),
    ),
    App(
        "leaky/flask_cached_cookie.py:create_app()", "B1", "B1", "B1",
        sent("/welcome", _COOKIE, "/welcome", _QUERY),
    ),
    App(
        "leaky/flask_contextvar.py:app", "B1", "", "B1",
        sent("/me", _BODY, ".*?", _QUERY), may=("I11",),
    ),
    App(
        "leaky/flask_late_stream.py:app", "B1", "B1", "",
        sent("/export/<owner>.csv", _BODY, "/export/<owner>.csv", field("owner", "path")),
    ),
    App(
        "leaky/flask_pushed_context.py:app", "I11", "I11", "I11",
        "reached the application, the app context was still active",
        may=("B1", "I0", "I1", "I6", "I10", "CYCLE"),
    ),
    App(
        "leaky/flask_shared_session.py:app", "B1", "B1", "B1",
        sent("/cart", _BODY, "/cart/add/<article>", field("article", "path")), may=("I3",),
    ),
    App(
        "leaky/flask_shared_view.py:app", "B1", "B1", "",
        sent("/card/<name>", _BODY, "/card/<name>", field("name", "path")),
    ),
    # Bottle
    App(
        "leaky/bottle_thread_local.py:app", "B1", "", "B1",
        sent("/me", _BODY, "/me", f"({_QUERY}|its header X-Canary)"), may=("I11",),
    ),
    App(
        "leaky/bottle_clock_ids.py:app", "B2", "B2", "B2",
        r"of two callers, were handed the same random value in a cookie of (GET|HEAD) /start",
    ),
    App(
        "leaky/bottle_audit_log.py:app", "I13", "I13", "I13",
        kept(field("number", "path"), r"bottle_audit_log\._audit > bottle\.\w*Request"),
    ),
    App(
        "leaky/bottle_shared_response.py:app", "B1", "B1", "",
        sent("/profile/<name>", f"({_BODY}|{_HEADER})", "/profile/<name>", field("name", "path")),
    ),
    # Django
    App(
        "leaky/django_middleware_state.py:application", "B1", "B1", "",
        sent("/account/<int:account_id>/", _BODY, "/account/<int:account_id>/", _QUERY), alone=True,
    ),
    App(
        "leaky/django_thread_user.py:application", "B1", "", "B1",
        sent("/dashboard/", _BODY, ".*?", _QUERY), may=("I11",), alone=True,
    ),
    App(
        "leaky/django_last_error.py:application", "B1", "B1", "B1",
        sent("/support/", _BODY, "/order/<int:article>/", field("article", "path")), alone=True,
    ),
    # plain WSGI
    App(
        "leaky/wsgi_shared_handler.py:app", "B1", "B1", "",
        sent("/(search)?", _BODY, "/search", field("q", "query")),
    ),
    # The one that threads don't bring out: each process makes the ids of the others.
    App(
        "leaky/wsgi_seeded_sessions.py:app", "", "", "B2",
        "of two callers, were handed the same random value in a cookie of GET /",
    ),
    App(
        "leaky/wsgi_dirty_pool.py:app", "B1", "B1", "B1",
        sent("/orders", _BODY, "/orders", field("tenant", "query")),
    ),
    App(
        "leaky/wsgi_unclosed_body.py:app", "I13", "I13", "I13",
        kept(field("file", "query"), r"wsgi_unclosed_body\._downloads"),
    ),
    App(
        "leaky/wsgi_thread_each.py:app", "I13", "I13", "I13",
        r"more threads were alive after the last request than when the process was warm: "
        r".*wsgi_thread_each\.wait_for_printer", alone=True,
    ),
)  # fmt: skip

RIGHT = (
    # Sessions in a process's own memory are no app for several processes.
    App("right/flask_server_sessions.py:app", "", "", None),
    App("right/flask_everyday.py:app", "", "", ""),
    App("right/flask_locked_global.py:app", "", "", ""),
    App("right/flask_contextvar_reset.py:app", "", "", ""),
    App("right/bottle_keyed_cache.py:app", "", "", ""),
    App("right/bottle_background_queue.py:app", "", "", ""),
    App("right/django_signed_sessions.py:application", "", "", "", alone=True),
    App("right/django_stream.py:application", "", "", "", alone=True),
    App("right/wsgi_guestbook.py:app", "", "", "", shared=("message",)),
    App("right/wsgi_thread_local_start.py:app", "", "", ""),
    App("right/wsgi_resetting_pool.py:app", "", "", ""),
)
APPS = (*LEAKY, *RIGHT)
