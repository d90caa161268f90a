"""How a target is named and loaded. The rule: nothing else imports ``targetapp``.

A target is named ``MODULE:NAME``. NAME is a factory, called with those of ``faults`` (a tuple of ids),
``session_db`` (a path) and ``reuse_app_context`` (a bool) that it takes, or an application. It is loaded
inside the target's own process; the harness's process does no more than list the faults.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

WSGIApplication: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Any]
CheckpointHook: TypeAlias = Callable[[str, object], None]
LookHook: TypeAlias = Callable[[str], object]
#: Given a job on the thread of its request, returns what runs on a pool's thread in its stead.
CarryHook: TypeAlias = Callable[[Callable[[], Any]], Callable[[], Any]]


#: What a factory may take.
_OFFERED = frozenset({"faults", "session_db", "reuse_app_context"})


class LoadError(Exception):
    """The target can't be loaded; the message is one line that says why."""


class Storage(Protocol):
    """Where one kind of current context is kept; a ``ContextVar`` is one."""

    def get(self, default: Any, /) -> Any:
        """Return the current context, or *default*."""


class Contexts(Protocol):
    """Where a framework keeps its current contexts, to be read anew at each look.

    A request context has ``request`` and ``session``, an app context ``app`` and ``g``.
    """

    @property
    def app_var(self) -> Storage:
        """The storage of the current app context."""

    @property
    def request_var(self) -> Storage:
        """The storage of the current request context."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A target, ready to be wrapped. A target without contexts that we know is a black box."""

    app: Any  # as the factory returned it, with Flask's registration names if contexts is not None
    wsgi: WSGIApplication
    contexts: Contexts | None
    signals: Any  # the module with its signals, named as Flask's; None with contexts
    install_checkpoint: Callable[[CheckpointHook | None], None]
    install_look: Callable[[LookHook | None], None]
    install_carry: Callable[[CarryHook | None], None]


def load_target(
    name: str, faults: tuple[str, ...] = (), session_db: str = "", *, reuse_app_context: bool = False
) -> Loaded:
    """Import *name* and make its application.

    :param reuse_app_context: whether its requests reuse an app context that is active, as in Flask up
        to 3.1; asked only of a target that can do either.
    :raises LoadError: if it can't be found or made, or has not these faults or that setting. Errors
        inside the target are its cause.
    """
    offered = {"faults": faults, "session_db": session_db, "reuse_app_context": reuse_app_context}
    made = _make(name, _find(name), offered)
    if not callable(made):
        raise LoadError(f"{name} is {type(made).__name__}, not a WSGI application")
    framework = _framework_of(made)
    if framework == "targetapp":
        return _load_own(made)
    contexts = _flask_contexts() if framework == "flask" else None
    signals = None if contexts is None else importlib.import_module("flask.signals")
    return Loaded(made, made, contexts, signals, _ignore, _ignore, _ignore)


class FaultText(NamedTuple):
    """What the default target says of one of its faults."""

    id: str
    fault_class: str  # "FC1"
    reference: str  # the public bug, or one of its kind
    mechanism: str  # one sentence


def describe_faults() -> dict[str, FaultText]:
    """Return what is said of each fault that the default target can carry, by its id."""
    faults = importlib.import_module("targetapp.faults")
    return {
        row.id: FaultText(row.id, row.fault_class, row.reference, row.mechanism)
        for row in faults.FAULTS.values()
    }


def contexts_here() -> Contexts | None:
    """Return where Flask keeps its contexts, if something in this process has loaded a Flask that we know."""
    return _flask_contexts() if "flask.globals" in sys.modules else None


def known_faults() -> tuple[str, ...]:
    """Return the ids of the faults that the default target can carry."""
    faults = importlib.import_module("targetapp.faults")
    return tuple(faults.FAULTS)


def _find(name: str) -> Any:
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise LoadError(f"{name!r} names no target: write MODULE:NAME")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise LoadError(f"there is no module {error.name!r} to load the target {name} from") from error
        raise LoadError(f"the target {name} needs a module that is not installed: {error.name}") from error
    except (Exception, SystemExit) as error:
        # gunicorn would start a worker that exits on import again and again.
        raise LoadError(f"the target's module {module_name} fails: {_say(error)}") from error
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise LoadError(f"the module {module_name} has no {attribute!r}") from error
    return found


def _make(name: str, found: Any, offered: dict[str, Any]) -> Any:
    parameters = _parameters(found)
    named = {p.name for p in parameters or () if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters or ())
    taken = set(offered) if anything else named & set(offered)
    if offered["faults"] and "faults" not in taken:
        raise LoadError(f"the target {name} knows no faults: run it without --faults")
    if offered["reuse_app_context"] and "reuse_app_context" not in taken:
        raise LoadError(f"the target {name} has one context semantics: run it without --reuse-app-context")
    if parameters is None:
        return found
    try:
        return found(**{key: offered[key] for key in taken})
    except (Exception, SystemExit) as error:
        raise LoadError(f"the target's factory {name} fails: {_say(error)}") from error


def _parameters(found: Any) -> list[inspect.Parameter] | None:
    """Return what a factory takes; None if it is an application already."""
    if not (inspect.isroutine(found) or inspect.isclass(found)):
        return None
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in parameters if p.kind in positional and p.default is p.empty]
    # A plain WSGI function: (environ, start_response).
    unnamed = [p for p in required if p.name not in _OFFERED]
    return None if len(unnamed) == 2 else parameters


def _framework_of(app: Any) -> str:
    for base in type(app).__mro__:
        package = base.__module__.partition(".")[0]
        if package in ("targetapp", "flask"):
            return package
    return ""


def _load_own(app: Any) -> Loaded:
    contexts: Any = importlib.import_module("targetapp.framework.globals")
    signals = importlib.import_module("targetapp.framework.signals")
    checkpoint = importlib.import_module("targetapp.framework.checkpoint")
    look = importlib.import_module("targetapp.probes.look")
    return Loaded(app, app, contexts, signals, checkpoint.install, look.install, look.install_carry)


def _flask_contexts() -> Contexts | None:
    """Return where Flask 3.1 keeps its contexts; None for a Flask that keeps them elsewhere."""
    module = importlib.import_module("flask.globals")
    try:
        contexts: Any = types.SimpleNamespace(app_var=module._cv_app, request_var=module._cv_request)  # noqa: SLF001
    except AttributeError:
        return None
    return contexts  # type: ignore[no-any-return]


def _ignore(_: object) -> None:
    """Install nothing: this target has no hook of ours."""


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
