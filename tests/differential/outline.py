"""A case as a text that a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from tests.differential.description import (
    Act,
    AfterThis,
    App,
    Ask,
    Case,
    Does,
    Part,
    Plain,
    Raises,
    Returns,
    Stream,
    Value,
)


def outline(case: Case) -> Iterator[str]:
    """Yield the lines that say what the app of *case* is and what it is asked."""
    yield from _app(case.app)
    for number, ask in enumerate(case.asks):
        yield f"request {number}: {_ask(ask)}"
    if case.interleaved:
        yield "all are called first, then their bodies are read in turns"


def spelled(thing: Any) -> str:
    """Return the expression that makes *thing*, without what is as it would be anyway."""
    if isinstance(thing, tuple):
        return f"({''.join(f'{spelled(each)}, ' for each in thing)})"
    if not is_dataclass(thing) or isinstance(thing, type):
        return repr(thing)
    said = [
        f"{field.name}={spelled(getattr(thing, field.name))}"
        for field in fields(thing)
        if getattr(thing, field.name) != _default(field)
    ]
    return f"{type(thing).__name__}({', '.join(said)})"


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _app(app: App) -> Iterator[str]:
    settings = [f"{key}={value!r}" for key, value in app.config]
    settings += [name for name in ("host_matching", "subdomain_matching") if getattr(app, name)]
    yield " ".join(["app", *settings])
    for name, raises in app.signals:
        yield f"  signal {name}{': ' + _raises(raises) if raises else ''}"
    for place, raises in app.places:
        yield f"  {place} {_raises(raises)}"
    yield from _part(app.part, "  ")


def _part(part: Part, indent: str) -> Iterator[str]:
    for hook in part.hooks:
        yield f"{indent}{hook.kind}: {_does(hook.does)}"
    for handler in part.handlers:
        wide = "app-wide " if handler.wide else ""
        yield f"{indent}{wide}handler for {handler.what}: {_does(handler.does)}"
    for number, route in enumerate(part.routes):
        options = " ".join(
            f"{name}={getattr(route, name)}"
            for name in ("methods", "style", "automatic", "strict", "host", "subdomain")
            if getattr(route, name) not in {None, (), "function"}
        )
        yield f"{indent}route v{number} {route.rule} {options}: {_does(route.does)}"
    for number, inner in enumerate(part.parts):
        options = " ".join(
            f"{name}={getattr(inner, name)}"
            for name in ("prefix", "subdomain", "twice", "defaults")
            if getattr(inner, name) not in {None, False}
        )
        yield f"{indent}blueprint b{number} {options}"
        yield from _part(inner, f"{indent}  ")


def _does(does: Does) -> str:
    steps = [_act(act) for act in does.acts]
    if isinstance(does.end, Raises):
        steps.append(_raises(does.end))
    elif isinstance(does.end, Returns):
        steps.append(f"return {_value(does.end.value)}")
    return "; ".join(steps) or "nothing"


def _act(act: Act) -> str:
    return f"after_this_request({_does(act.does)})" if isinstance(act, AfterThis) else act


def _raises(raises: Raises) -> str:
    when = "" if raises.request is None else f" in request {raises.request}"
    return f"raise {raises.kind}{when}"


def _value(value: Value) -> str:
    if isinstance(value, Plain):
        return value.kind
    if isinstance(value, Stream):
        return _stream(value)
    parts = [_value(value.value)]
    if value.status is not None:
        parts.append(repr(value.status))
    if value.headers:
        parts.append(repr(dict(value.headers) if len(value.headers) == 1 else list(value.headers)))
    return f"({', '.join(parts)},)"


def _stream(stream: Stream) -> str:
    steps = [*map(_act, stream.acts), *(f"yield {chunk!r}" for chunk in stream.chunks)]
    if stream.fails:
        steps.append(_raises(stream.fails))
    how = "a generator" if stream.bare else f"a response {stream.status} of a generator"
    context = ""
    if stream.context:
        context = " decorated by stream_with_context" if stream.decorated else " with context"
    return f"{how}{context} [{'; '.join(steps)}]"


def _ask(ask: Ask) -> str:
    query = f"?{ask.query}" if ask.query else ""
    parts = [f"{ask.method} {ask.path}{query}"]
    if ask.host != "localhost":
        parts.append(f"of {ask.host}")
    if ask.body or ask.content_type:
        parts.append(f"with {ask.content_type or 'a body'} {ask.body!r}")
    if ask.cookie != "jar":
        parts.append(f"cookie: {ask.cookie}")
    if ask.read is not None:
        parts.append(f"read {ask.read} chunks")
    parts += [said for name, said in _SERVED.items() if getattr(ask, name)]
    return ", ".join(parts)


_SERVED = {
    "drop": "never closed",
    "thread": "read on another thread",
    "start_fails": "start_response raises",
    "around": "inside an app context of the same app",
}
