"""Finds the router in an application, also behind middleware, and says what it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.store.survey import Skipped, Survey

from .of_bottle import survey_bottle
from .of_django import survey_django
from .of_werkzeug import survey_map

#: Where middleware keeps what it wraps.
_INNER = ("app", "wsgi_app", "application", "_app", "__wrapped__", "__self__", "wrapped", "func")
_DEPTH_MAX, _LOOKED_MAX = 5, 50


def survey_app(app: Any) -> Survey:
    """Return what *app* serves; without rules if its router is none that is known. Never raises."""
    for candidate in candidates(app):
        try:
            found = _survey(candidate)
        except Exception as error:  # a URL conf is the app's code, and may fail
            why = f"its routes can't be read: {type(error).__name__}: {error}".partition("\n")[0]
            return Survey("", (), (Skipped("/", why),))
        if found is not None:
            return found
    return Survey("")


def _survey(app: Any) -> Survey | None:
    packages = {base.__module__.partition(".")[0] for base in type(app).__mro__}
    if hasattr(getattr(app, "url_map", None), "iter_rules"):
        return survey_map(app.url_map, "flask" if "flask" in packages else "werkzeug")
    if any(base.__module__.startswith("django.core.handlers") for base in type(app).__mro__):
        return survey_django()
    if "bottle" in packages and hasattr(app, "routes"):
        return survey_bottle(app)
    return None


def candidates(app: Any) -> Iterator[Any]:
    """Yield an application and what it seems to wrap, the outermost first."""
    queue, seen = [(app, 0)], {id(app)}
    while queue and len(seen) <= _LOOKED_MAX:
        candidate, depth = queue.pop(0)
        yield candidate
        if depth == _DEPTH_MAX:
            continue
        for inner in _inside(candidate):
            if callable(inner) and not isinstance(inner, type) and id(inner) not in seen:
                seen.add(id(inner))
                queue.append((inner, depth + 1))


def _inside(candidate: Any) -> Iterator[Any]:
    held = getattr(candidate, "__dict__", {})
    yield from (held[name] for name in _INNER if name in held)
    mounts = held.get("mounts")  # Werkzeug's DispatcherMiddleware
    if isinstance(mounts, dict):
        yield from mounts.values()
    for name in ("__self__", "__wrapped__"):
        if (inner := getattr(candidate, name, None)) is not None:
            yield inner
    for cell in getattr(candidate, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not set yet
            continue
