"""The words for errors and values of a description, and how an exception is called in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NoReturn

from werkzeug.exceptions import (
    BadRequest,
    BadRequestKeyError,
    Forbidden,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
)
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as WerkzeugResponse


class Boom(Exception):  # noqa: N818  # a word in the logs
    """What functions raise; its text is who raised it."""


class InnerBoom(Boom):
    """A kind of Boom, for handlers of the base class."""


class Exit(BaseException):
    """What ends a greenlet or a program."""


class Denied(Forbidden):
    """An HTTP error of a program's own, with Werkzeug's status."""


class Strange(HTTPException):
    """An HTTP error with a status that Werkzeug has no exception for."""

    code = 499
    description = "strange"


#: What a handler may be registered for, besides statuses.
CLASSES: dict[str, type[Exception]] = {
    each.__name__: each
    for each in (
        *(Exception, Boom, InnerBoom, HTTPException, Forbidden, Denied, Strange, NotFound, BadRequest),
        *(BadRequestKeyError, InternalServerError, MethodNotAllowed, KeyError, LookupError, TypeError),
        *(RuntimeError, RequestRedirect),
    )
}

#: Errors by their word; each is made of the name of the function that raises it.
ERRORS: dict[str, Callable[[str], BaseException]] = {
    "boom": Boom,
    "inner": InnerBoom,
    "key": KeyError,
    "exit": Exit,
    "denied": Denied,
    "strange": Strange,
    "bad key": BadRequestKeyError,
    "codeless": HTTPException,
    "redirecting": lambda by: RequestRedirect(f"http://localhost/{by}"),
    "methods": lambda by: MethodNotAllowed(["PUT", "GET"], description=by),
}


def fail(api: Any, kind: str, by: str, abort: Callable[..., NoReturn]) -> NoReturn:
    """Raise the error *kind*: a row of :data:`ERRORS`, a status to abort with, or a response."""
    if kind in ERRORS:
        raise ERRORS[kind](by)
    if kind == "response":
        abort(api.Response(f"aborted by {by}", 202))
    abort(int(kind), by)


def name_of(exc: BaseException | None) -> str:
    """Return what the logs call an exception: its text if it is one of ours, else its class.

    Frameworks word their own errors as they like; their classes are compared.
    """
    if isinstance(exc, (Boom, Exit)):
        return f"{type(exc).__name__}@{exc}"
    if isinstance(exc, BaseExceptionGroup):
        return group_name(name_of(inner) for inner in exc.exceptions)
    if isinstance(exc, InternalServerError):
        return f"InternalServerError({name_of(exc.original_exception)})"
    return "None" if exc is None else type(exc).__name__


def group_name(names: Iterable[str]) -> str:
    """Return the name of a group of errors with these names."""
    return f"group({', '.join(names)})"


def chain_of(exc: BaseException) -> tuple[str, ...]:
    """Return the name of *exc*, then those of what it was raised in the handling of, and so on."""
    return (name_of(exc), *links_of(exc.__context__))


def links_of(exc: BaseException | None) -> tuple[str, ...]:
    """Return the names of *exc* and what it was raised in the handling of, as far as they are compared.

    That is what an app raises, HTTP errors and groups: the others are how a framework is made.
    """
    names = []
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        if isinstance(exc, (Boom, Exit, HTTPException, BaseExceptionGroup)):
            names.append(name_of(exc))
        exc = exc.__context__
    return tuple(names)


def _wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("203 Fine", [("Content-Type", "text/plain"), ("X-From", environ["REQUEST_METHOD"])])
    return [b"from ", b"wsgi"]


#: Plain values by their word, made with a framework's public names.
VALUES: dict[str, Callable[[Any], Any]] = {
    "str": lambda _: "text",
    "unicode": lambda _: "t\u00ebxt \u2603",
    "empty": lambda _: "",
    "bytes": lambda _: b"bytes",
    "bytearray": lambda _: bytearray(b"array"),
    "dict": lambda _: {"b": [1, None], "a": "\u2603"},
    "dates": lambda _: {"day": date(2026, 1, 2)},
    "list": lambda _: [1, "two", {}],
    "iterator": lambda _: iter(["an ", "iterator"]),
    "none": lambda _: None,
    "int": lambda _: 200,
    "object": lambda _: {"a set"},
    "single": lambda _: ("alone",),
    "four": lambda _: ("a", 200, {}, "b"),
    "none in a tuple": lambda _: (None, 200),
    "response": lambda api: api.Response("response", 201, {"X-Own": "1"}, content_type="text/css"),
    "werkzeug": lambda _: WerkzeugResponse("werkzeug", 201),
    "not modified": lambda api: api.Response("unsent", 304),
    "wsgi": lambda _: _wsgi,
    "http error": lambda _: Forbidden("returned"),
    "http class": lambda _: NotFound,
    "redirect": lambda api: api.redirect("/else?where=\u2603", 303),
    "made": lambda api: api.make_response("made", 202),
    "made of nothing": lambda api: api.make_response(),
    "json": lambda api: api.jsonify(b=1, a=[2]),
    "json list": lambda api: api.jsonify(1, "2"),
    "chunks": lambda api: api.Response(["a ", b"list ", "of chunks"]),
}
