"""Finds the routers in an application, also behind middleware and a dispatcher, and says what they serve.

The rule: *to look fails on nothing that an application may hold.* Middleware may refer to a proxy, which is
what it stands for only while a request is served, and fails at any other time: it is no application itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from harness.store.survey import Rule, Skipped, Survey

from .of_bottle import survey_bottle
from .of_django import survey_django
from .of_werkzeug import survey_map
from .values import quote_literals

#: Where middleware keeps what it wraps.
_INNER = ("app", "wsgi_app", "application", "_app", "__wrapped__", "__self__", "wrapped", "func")
_DEPTH_MAX, _LOOKED_MAX = 5, 50
_MOUNTED = "another application is mounted there: name it with --urls"
_BESIDE = "another application, with routes of its own that are not asked for: name them with --urls"


class Placed(NamedTuple):
    """What an application seems to wrap, and the path under which a dispatcher serves it."""

    app: Any
    prefix: str


def survey_app(app: Any) -> Survey:
    """Return what *app* serves; without rules if its router is none that is known. Never raises.

    What a dispatcher mounts is served under its path.
    """
    surveys: dict[str, Survey] = {}
    skipped: list[Skipped] = []
    places = list(placed_in(app))
    for (candidate, prefix), router in _routers(places):
        if prefix in surveys:  # a dispatcher that is not known: nor is the path
            skipped.append(Skipped(f"{prefix}/ ({type(candidate).__name__})", _BESIDE))
            continue
        try:
            surveys[prefix] = _under(prefix, _survey(candidate, router))
        except Exception as error:  # a URL conf is the app's code, and may fail
            why = f"its routes can't be read: {type(error).__name__}: {error}".partition("\n")[0]
            surveys[prefix] = Survey("", (), (Skipped(f"{prefix}/", why),))
    mounts = dict.fromkeys(prefix for _, prefix in places if prefix)
    skipped += [Skipped(prefix, _MOUNTED) for prefix in mounts if prefix not in surveys]
    found = surveys.values()
    return Survey(
        next((survey.framework for survey in found if survey.framework), ""),
        tuple(rule for survey in found for rule in survey.rules),
        (*(each for survey in found for each in survey.skipped), *skipped),
    )


def candidates(app: Any) -> list[Any]:
    """Return an application and what it seems to wrap, the outermost first."""
    return list({id(place.app): place.app for place in placed_in(app)}.values())


def placed_in(app: Any) -> Iterator[Placed]:
    """Yield an application and what it seems to wrap, the outermost first, and where."""
    queue, seen = [(Placed(app, ""), 0)], {(id(app), "")}
    while queue and len(seen) <= _LOOKED_MAX:
        place, depth = queue.pop(0)
        yield place
        if depth == _DEPTH_MAX:
            continue
        for inner in _inside(place):
            mark = (id(inner.app), inner.prefix)
            if callable(inner.app) and not issubclass(type(inner.app), type) and mark not in seen:
                seen.add(mark)
                queue.append((inner, depth + 1))


def _routers(places: list[Placed]) -> list[tuple[Placed, Any]]:
    """Return what has routes, once where it is served; proxies are asked if nothing else has any."""
    for read in (_read, _ask):
        found: dict[tuple[int, str], tuple[Placed, Any]] = {}
        for place in places:
            if (router := _router(place.app, read)) is not None:
                found.setdefault((id(router), place.prefix), (place, router))
        if found:
            return list(found.values())
    return []


def _router(app: Any, read: Callable[[Any, str], Any]) -> Any:
    """Return what holds the routes of an application; None if it has nothing that is known."""
    url_map = read(app, "url_map")
    if hasattr(type(url_map), "iter_rules"):
        return url_map
    if any(base.__module__.startswith("django.core.handlers") for base in type(app).__mro__):
        return importlib.import_module("django.urls")  # one for the process
    return read(app, "routes") if "bottle" in _packages(app) else None


def _survey(app: Any, router: Any) -> Survey:
    packages = _packages(app)
    if hasattr(type(router), "iter_rules"):
        return survey_map(router, "flask" if "flask" in packages else "werkzeug")
    return survey_bottle(app) if "bottle" in packages else survey_django()


def _packages(app: Any) -> set[str]:
    return {base.__module__.partition(".")[0] for base in type(app).__mro__}


def _under(prefix: str, survey: Survey) -> Survey:
    """Return a survey of what is served under a path."""
    if not prefix:
        return survey
    (literal,) = quote_literals([prefix])

    def moved(rule: Rule) -> Rule:
        literals = (literal + rule.literals[0], *rule.literals[1:])
        return replace(rule, rule=prefix + rule.rule, literals=literals)

    skipped = (replace(each, rule=prefix + each.rule) for each in survey.skipped)
    return replace(survey, rules=tuple(map(moved, survey.rules)), skipped=tuple(skipped))


def _inside(place: Placed) -> Iterator[Placed]:
    candidate, prefix = place
    held = _read(candidate, "__dict__")
    if type(held) is dict:
        yield from (Placed(held[name], prefix) for name in _INNER if name in held)
        mounts = held.get("mounts")  # Werkzeug's DispatcherMiddleware
        if type(mounts) is dict:
            yield from (Placed(mount, f"{prefix}{path}") for path, mount in mounts.items())
    for name in ("__self__", "__wrapped__"):
        if (inner := _read(candidate, name)) is not None:
            yield Placed(inner, prefix)
    closure = _read(candidate, "__closure__")
    for cell in closure if type(closure) is tuple else ():
        try:
            yield Placed(cell.cell_contents, prefix)
        except ValueError:  # not set yet
            continue


def _read(thing: Any, name: str) -> Any:
    """Return an attribute, None if there is none; a proxy says no more than that it is one."""
    try:
        return object.__getattribute__(thing, name)
    except Exception:  # a property, or what a proxy has instead, may fail in any way
        return None


def _ask(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name, None)
    except Exception:  # as above
        return None
