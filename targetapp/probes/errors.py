"""Errors of every kind, each with the canary of the request that asked for it.

``canary`` is an attribute of every exception raised here, so that whoever is given one can tell
whose it is.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from targetapp.framework import Response, abort, jsonify, request

from . import look
from .canaries import canary_of_request, to_text

TEARDOWN_ENDPOINT = "teardown_error"


class ProbeError(Exception):
    """An error that a request asked for."""

    def __init__(self, canary: int) -> None:
        super().__init__(to_text(canary))
        self.canary = canary


class HandledError(ProbeError):
    """One that a handler answers with 418."""


class UnhandledError(ProbeError):
    """One that nothing handles."""


class TeardownError(ProbeError):
    """One that is raised in a teardown callback."""


class SessionOpenError(ProbeError):
    """One that is raised as the session is opened."""


def _carrying(base: type[BaseException]) -> type[BaseException]:
    """Return a subclass of *base* that carries a canary."""

    def __init__(self: BaseException, canary: int) -> None:  # noqa: N807 - a method of the class below
        BaseException.__init__(self, to_text(canary))
        self.canary = canary  # type: ignore[attr-defined]

    return type(f"Probe{base.__name__}", (base,), {"__init__": __init__})


def base_exception(which: str) -> type[BaseException]:
    """Return the exception class of that name.

    ``greenlet_exit`` is a subclass of greenlet's own where greenlets are in use: importing them
    into a target that has none would change the target.
    """
    greenlets = sys.modules.get("greenlet")
    known: dict[str, type[BaseException]] = {
        "system_exit": SystemExit,
        "keyboard_interrupt": KeyboardInterrupt,
        "greenlet_exit": BaseException if greenlets is None else greenlets.GreenletExit,
    }
    return _carrying(known.get(which, SystemExit))


def raise_handled(canary: str) -> NoReturn:
    """Raise what the handler below answers."""
    look.pause()
    raise HandledError(canary_of_request())


def handle(error: HandledError) -> tuple[Response, int]:
    """Answer a handled error with its canary, beside the request's."""
    return jsonify(query=request.args.get("canary"), error=to_text(error.canary)), 418


def raise_unhandled(canary: str) -> NoReturn:
    """Raise what becomes a 500."""
    look.pause()
    raise UnhandledError(canary_of_request())


def refuse(canary: str) -> NoReturn:
    """Abort with 403."""
    look.pause()
    abort(403)


def teardown_error(canary: str) -> str:
    """Answer, and let the teardown fail."""
    look.pause()
    return "its teardown will raise"


def raise_in_teardown(error: BaseException | None) -> None:
    """Raise if the request asked for it; a ``teardown_request`` callback."""
    if (request.endpoint or "").endswith(TEARDOWN_ENDPOINT):
        raise TeardownError(canary_of_request())


def never_reached(canary: str) -> str:
    """Answer, if the session could be opened after all."""
    return "its session should have failed to open"


def raise_base_exception(canary: str, which: str) -> NoReturn:
    """Raise an exception that is no Exception."""
    look.pause()
    raise base_exception(which)(canary_of_request())
