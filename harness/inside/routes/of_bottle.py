"""The routes of a Bottle application."""

from __future__ import annotations

import re
from typing import Any

from harness.store.survey import Rule, Skipped, Survey

from .values import choose_variable, matching, quote_literals

#: ``<name>``, ``<name:filter>``, ``<name:filter:configuration>``, and the older ``:name`` and ``:name#re#``.
_VARIABLE = re.compile(
    r"(?:<([A-Za-z_][A-Za-z0-9_]*)(?::([A-Za-z_]*)(?::((?:\\.|[^\\>])+))?)?>)|(?::([A-Za-z_][A-Za-z0-9_]*)(?:#(.*?)#)?)"
)
_FILTERS = {"": r"[^/]+", "int": r"-?\d+", "float": r"-?[\d.]+", "path": r".+?"}
_ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def survey_bottle(app: Any) -> Survey:
    """Return what a Bottle application serves."""
    methods: dict[str, list[str]] = {}
    skipped: list[Skipped] = []
    for route in app.routes:
        if "mountpoint" in getattr(route, "config", {}):
            skipped.append(
                Skipped(str(route.rule), "another application is mounted there: name it with --urls")
            )
            continue
        methods.setdefault(str(route.rule), []).append(str(route.method))
    rules: list[Rule] = []
    for rule, known in methods.items():
        made = _rule(rule, known, app)
        if isinstance(made, Rule):
            rules.append(made)
        else:
            skipped.append(made)
    return Survey("bottle", tuple(rules), tuple(skipped))


def _rule(rule: str, methods: list[str], app: Any) -> Rule | Skipped:
    variables = []
    for match in _VARIABLE.finditer(rule):
        name = match[1] or match[4]
        pattern = _pattern(match, app)
        variable = None if pattern is None else choose_variable(name, matching(pattern))
        if variable is None:
            return Skipped(rule, f"no value is known that {name!r} takes: name one with --urls")
        variables.append(variable)
    said = set(_ANY) if "ANY" in methods else set(methods) | ({"HEAD"} if "GET" in methods else set())
    return Rule(rule, tuple(sorted(said)), quote_literals(_literals(rule)), tuple(variables))


def _literals(rule: str) -> list[str]:
    literals, at = [], 0
    for match in _VARIABLE.finditer(rule):
        literals.append(rule[at : match.start()])
        at = match.end()
    return [*literals, rule[at:]]


def _pattern(match: re.Match[str], app: Any) -> str | None:
    """Return the regular expression of a wildcard; None for a filter that nobody can read."""
    if match[4] is not None:
        return match[5] or _FILTERS[""]
    name, configuration = match[2] or "", match[3]
    if name == "re":
        return configuration
    if name in _FILTERS:
        return _FILTERS[name]
    try:
        return str(app.router.filters[name](configuration)[0])
    except Exception:  # the application's own filter may be anything
        return None
