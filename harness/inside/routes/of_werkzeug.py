"""The rules of a Werkzeug ``url_map``: Flask's, and that of whatever else is built on it."""

from __future__ import annotations

import re
from typing import Any

from harness.store.survey import Rule, Skipped, Survey, Variable

from .values import choose_variable, matching, quote_literals

#: ``<converter(arguments):name>`` or ``<name>``, as Werkzeug writes them.
_VARIABLE = re.compile(
    r"<(?:[A-Za-z_][A-Za-z0-9_]*(?:\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\))?:)?([A-Za-z_][A-Za-z0-9_]*)>"
)
#: The same for all callers; asking for it with a canary for a file's name would find nothing.
_AUTOMATIC = frozenset({"OPTIONS"})


def survey_map(url_map: Any, framework: str) -> Survey:
    """Return what a URL map serves."""
    rules: list[Rule] = []
    skipped: list[Skipped] = []
    for rule in url_map.iter_rules():
        made = _rule(rule)
        if isinstance(made, Rule):
            rules.append(made)
        else:
            skipped.append(made)
    return Survey(framework, tuple(rules), tuple(skipped))


def _rule(rule: Any) -> Rule | Skipped:
    text = str(rule.rule)
    if getattr(rule, "websocket", False):
        return Skipped(text, "a WebSocket")
    if getattr(rule, "build_only", False):
        return Skipped(text, "only for building URLs")
    if getattr(rule, "host", None) or getattr(rule, "subdomain", None):
        return Skipped(text, "for another host: give --urls with --header 'Host: NAME'")
    if str(rule.endpoint).rpartition(".")[2] == "static":  # Flask's own: no canary is a file's name
        return Skipped(text, "it serves files: name one with --urls")
    variables: list[Variable] = []
    for name in _VARIABLE.findall(text):
        variable = _variable(name, rule)
        if variable is None:
            return Skipped(text, f"no value is known that {name!r} takes: name one with --urls")
        variables.append(variable)
    literals = quote_literals(_VARIABLE.sub("\0", text).split("\0"))
    methods = tuple(sorted(set(rule.methods or ("GET", "HEAD")) - _AUTOMATIC))
    return Rule(text, methods, literals, tuple(variables))


def _variable(name: str, rule: Any) -> Variable | None:
    converter = rule._converters[name]  # noqa: SLF001 - Werkzeug has no other way to a rule's converters
    offered = tuple(str(item) for item in getattr(converter, "items", ()) or ())
    return choose_variable(name, matching(converter.regex, converter.to_python), offered)
