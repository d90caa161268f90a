"""What an app is and what is asked of it, as plain data: built for either framework by one builder.

Everything is frozen and printable, so that a failure can be shrunk, shown (``outline.py``) and
pasted into a test. Small things are words: an *act* (``"session.write a"``) is a row of the table
in ``acting.py``, a kind of error or value one of ``values.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Raises:
    """End a function with an error; with *request*, only while that request (from 0) is served."""

    kind: str = "boom"
    request: int | None = None


@dataclass(frozen=True)
class Plain:
    """A value by its word in ``values.py``: ``"str"``, ``"dict"``, ``"none"``, ``"redirect"``, ..."""

    kind: str = "str"


@dataclass(frozen=True)
class Stream:
    """A generator, in a response of its own or returned bare.

    *fails* is raised after the last chunk. With *context* it is wrapped by
    ``stream_with_context`` (*decorated*: as a decorator).
    """

    chunks: tuple[str | bytes, ...] = ("one", "two")
    context: bool = False
    decorated: bool = False
    bare: bool = False
    status: int = 200
    acts: tuple[Act, ...] = ()
    fails: Raises | None = None


@dataclass(frozen=True)
class Tupled:
    """A tuple of a value with a status, headers, or both; *status* None and *headers* () are left out."""

    value: Plain | Stream = field(default_factory=Plain)
    status: int | str | None = None
    headers: tuple[tuple[str, str], ...] = ()


Value: TypeAlias = Plain | Stream | Tupled


@dataclass(frozen=True)
class Returns:
    """End a function with a value; an ``after_request`` function makes a response of it."""

    value: Value = field(default_factory=Plain)


End: TypeAlias = Raises | Returns | None


@dataclass(frozen=True)
class Does:
    """A function: what it does, in order, and how it ends (None: quietly)."""

    acts: tuple[Act, ...] = ()
    end: End = None


@dataclass(frozen=True)
class AfterThis:
    """Register an ``after_this_request`` function."""

    does: Does = field(default_factory=Does)


Act: TypeAlias = str | AfterThis


@dataclass(frozen=True)
class Hook:
    """A hook by the name of its decorator, such as ``before_request``."""

    kind: str
    does: Does = field(default_factory=Does)


@dataclass(frozen=True)
class Handler:
    """An error handler; *what* is a status or the name of a class in ``values.py``.

    *wide* registers it with a blueprint's ``app_errorhandler``.
    """

    what: int | str
    does: Does = field(default_factory=Does)
    wide: bool = False


@dataclass(frozen=True)
class Route:
    """A URL rule and its view. *style*: ``function``, ``method_view`` or ``nothing`` (no view)."""

    rule: str = "/v"
    methods: tuple[str, ...] = ()
    does: Does = field(default_factory=lambda: Does(end=Returns()))
    style: str = "function"
    automatic: bool | None = None
    strict: bool | None = None
    host: str | None = None
    subdomain: str | None = None


@dataclass(frozen=True)
class Part:
    """The app's own registrations, or a blueprint's; *parts* are the blueprints in it."""

    hooks: tuple[Hook, ...] = ()
    handlers: tuple[Handler, ...] = ()
    routes: tuple[Route, ...] = ()
    parts: tuple[Part, ...] = ()
    prefix: str | None = None
    subdomain: str | None = None
    #: Registered a second time, under another name and prefix.
    twice: bool = False
    #: Has ``url_defaults={"lang": "en"}``.
    defaults: bool = False


@dataclass(frozen=True)
class App:
    """An app. *places* raise: ``open``, ``save``, ``close``, ``request``, ``adapter``, ``converter``."""

    part: Part = field(default_factory=Part)
    config: tuple[tuple[str, Any], ...] = ()
    #: Connected signals, each with what its receiver raises.
    signals: tuple[tuple[str, Raises | None], ...] = ()
    places: tuple[tuple[str, Raises], ...] = ()
    host_matching: bool = False
    subdomain_matching: bool = False


@dataclass(frozen=True)
class Ask:
    """One request, and how the server goes about it.

    *cookie*: ``jar`` (the last session cookie this app set), ``none``, ``forged``, ``old key``,
    ``expired``. *read*: chunks read before the body is closed, None for all. *drop*: never close
    it. *thread*: iterate and close it on another thread.
    """

    path: str = "/v"
    method: str = "GET"
    host: str = "localhost"
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    cookie: str = "jar"
    read: int | None = None
    drop: bool = False
    thread: bool = False
    start_fails: bool = False
    #: Served while an app context of the same app is active.
    around: bool = False


@dataclass(frozen=True)
class Case:
    """An app and the requests it gets, in order.

    *interleaved*: all are called first, then their bodies are read in turns on one thread.
    """

    app: App
    asks: tuple[Ask, ...] = (Ask(),)
    interleaved: bool = False


@dataclass(frozen=True)
class Placed:
    """A part, or a route's part, where it stands: its dotted name and complete prefix."""

    name: str
    prefix: str
    part: Part


def placed_parts(app: App) -> Iterator[Placed]:
    """Yield every part of *app* with the name and prefix it is registered under."""
    yield from _placed(app.part, "", "")


def _placed(part: Part, name: str, prefix: str) -> Iterator[Placed]:
    yield Placed(name, prefix, part)
    for number, inner in enumerate(part.parts):
        for own, own_prefix in registrations(inner, number):
            joined = f"{prefix.rstrip('/')}/{own_prefix.lstrip('/')}" if own_prefix else prefix
            yield from _placed(inner, f"{name}.{own}".lstrip("."), joined)


def registrations(part: Part, number: int) -> list[tuple[str, str | None]]:
    """Return the names and prefixes a blueprint is registered under in its parent."""
    own = [(f"b{number}", part.prefix)]
    return [*own, (f"b{number}again", f"/again{number}")] if part.twice else own
