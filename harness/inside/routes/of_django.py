"""Django's URL conf, of the project whose settings are loaded in this process."""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from harness.store.survey import Rule, Skipped, Survey, Variable

from .values import choose_variable, matching, quote_literals

_ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ROUTE_VARIABLE = re.compile(r"<(?:[^>:]+:)?([^>]+)>")
_GROUP = re.compile(r"%\(([^)]+)\)s")


def survey_django() -> Survey:
    """Return what the URL conf serves."""
    resolver = importlib.import_module("django.urls").get_resolver()
    rules: list[Rule] = []
    skipped: list[Skipped] = []
    for chain in _leaves(resolver, ()):
        made = _rule(chain)
        if isinstance(made, Rule):
            rules.append(made)
        else:
            skipped.append(made)
    return Survey("django", tuple(rules), tuple(skipped))


def _leaves(resolver: Any, before: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield each URL pattern with the patterns of the resolvers that include it."""
    for entry in resolver.url_patterns:
        here = (*before, entry)
        if hasattr(entry, "url_patterns"):
            yield from _leaves(entry, here)
        else:
            yield here


def _rule(chain: tuple[Any, ...]) -> Rule | Skipped:
    text = "/" + "".join(str(entry.pattern) for entry in chain)
    literals, variables = ["/"], []
    for entry in chain:
        part = _of_route(entry.pattern) if hasattr(entry.pattern, "_route") else _of_regex(entry.pattern)
        if part is None:
            return Skipped(text, "no URL could be made for its pattern: name one with --urls")
        own_literals, own_variables = part
        literals[-1] += own_literals[0]
        literals += own_literals[1:]
        variables += own_variables
    return Rule(text, _methods(chain[-1].callback), quote_literals(literals), tuple(variables))


def _of_route(pattern: Any) -> tuple[list[str], list[Variable]] | None:
    """Read ``path("user/<int:id>/")``; a LocalePrefixPattern has no variables."""
    route = str(pattern)
    variables = []
    for name in _ROUTE_VARIABLE.findall(route):
        converter = pattern.converters[name]
        variable = choose_variable(name, matching(converter.regex, converter.to_python))
        if variable is None:
            return None
        variables.append(variable)
    return _ROUTE_VARIABLE.sub("\0", route).split("\0"), variables


def _of_regex(pattern: Any) -> tuple[list[str], list[Variable]] | None:
    """Read ``re_path(r"^user/(?P<id>[0-9]+)/$")``, by the URLs that Django itself would build for it."""
    if not hasattr(pattern, "regex"):
        return [str(pattern)], []
    normalize: Callable[[str], list[tuple[str, list[str]]]]
    normalize = importlib.import_module("django.utils.regex_helper").normalize
    for candidate, names in normalize(pattern.regex.pattern):
        made = _fit(candidate, names, pattern.regex)
        if made is not None:
            return made
    return None


def _fit(candidate: str, names: list[str], regex: re.Pattern[str]) -> tuple[list[str], list[Variable]] | None:
    """Fill the groups of a candidate one after the other, the others with what is tried first."""
    literals = [piece.replace("%%", "%") for piece in _GROUP.split(candidate)[::2]]
    known: dict[str, str] = {}
    start = ("1", "a", "en", "2026", "index.html")
    for values in itertools.islice(itertools.product(start, repeat=len(names)), 500):
        if regex.search(_join(literals, values)):
            known = dict(zip(names, values, strict=True))
            break
    if names and not known:
        return None
    variables = []
    for name in names:

        def accepts(value: str, name: str = name) -> bool:
            tried = [value if other == name else known[other] for other in names]
            return regex.search(_join(literals, tried)) is not None

        variable = choose_variable(name, accepts, (known[name],))
        if variable is None:
            return None
        variables.append(variable)
    return literals, variables


def _join(literals: list[str], values: Any) -> str:
    return "".join(itertools.chain.from_iterable(zip(literals, (*values, ""), strict=True)))


def _methods(callback: Any) -> tuple[str, ...]:
    """Return what a view answers: a class says so, a function is asked for anything."""
    view = getattr(callback, "view_class", None)
    if view is None:
        return _ANY
    said = {name.upper() for name in view.http_method_names if hasattr(view, name)} - {"OPTIONS"}
    return tuple(sorted(said | ({"HEAD"} if "GET" in said else set())))
