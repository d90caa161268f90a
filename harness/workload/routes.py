"""What is asked of a user's own application: routes out of its router, or out of a file of requests.

    GET /search?q={canary}
    POST /guestbook form name={canary}&message={canary}
    POST /api/items json {"name": "{canary}", "size": {canary:int}}

A file's line is a method (GET by default), a path with its query, and a body. ``{canary}`` stands for a
canary, ``{canary:int}``, ``{canary:float}`` or ``{canary:uuid}`` for one of that type; any other name will do
as well. A field is called by the key before it, where there is one; ``#`` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote

from harness.blackbox.carrying import FIRST_SLOT, SLOTS_MAX, SPELLINGS
from harness.store.survey import Route, RouteField, RoutePlan, Rule, Skipped, Survey

SAFE_METHODS = ("GET", "HEAD")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Methods that bring a body.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_BODIES = {"form": FORM, "json": JSON}
FIELDS_MAX = SLOTS_MAX + 1 - FIRST_SLOT
#: A record has room for more, a report has not.
ROUTES_MAX = 2000
#: Rules named in a sentence.
_NAMED = 6

#: What the path and the query of a file's line hold as they are: they may be quoted already.
_SAFE = "/%?:@!$&'()*+,;=~-._"
_MARK = re.compile(r"\{([A-Za-z_]\w*)(?::([a-z]+))?\}")
_KEY = re.compile(r"""([\w.\[\]-]+)["']?\s*[=:]\s*["']?$""")


class RequestsError(Exception):
    """A file of requests can't be read; the message names the line."""


class UnmatchedError(RequestsError):
    """A pattern leaves nothing out: what it was meant for would be asked."""


def plan_routes(survey: Survey, methods: Collection[str], exclude: Collection[str]) -> RoutePlan:
    """Return what to ask of the application that was surveyed; nothing is left out in silence.

    :param methods: upper-case. :param exclude: patterns of rules, as in a shell; or parts of them.
    :raises UnmatchedError: if one of these fits no rule.
    """
    _verify(exclude, [*(rule.rule for rule in survey.rules), *(one.rule for one in survey.skipped)])
    routes: list[Route] = []
    skipped = list(survey.skipped)
    for rule in survey.rules:
        if is_excluded(rule.rule, exclude):
            skipped.append(Skipped(rule.rule, "left out with --exclude"))
            continue
        wanted = [method for method in rule.methods if method in methods]
        others = [method for method in rule.methods if method not in methods]
        if others:
            skipped.append(Skipped(rule.rule, f"{', '.join(others)} not asked for: name them with --methods"))
        if len(rule.variables) > FIELDS_MAX - 2:
            skipped.append(Skipped(rule.rule, f"it has more than {FIELDS_MAX - 2} variables"))
            continue
        routes += [route for method in wanted for route in _routes(rule, method)]
    if len(routes) > ROUTES_MAX:
        skipped += [
            Skipped(route.label, f"beyond the first {ROUTES_MAX} routes") for route in routes[ROUTES_MAX:]
        ]
    return RoutePlan(tuple(routes[:ROUTES_MAX]), tuple(skipped))


def is_excluded(rule: str, exclude: Collection[str]) -> bool:
    """Return whether a rule fits one of the patterns."""
    return any(fnmatchcase(rule, pattern) or pattern == rule for pattern in exclude)


def _verify(exclude: Iterable[str], rules: Sequence[str]) -> None:
    for pattern in exclude:
        if not any(is_excluded(rule, [pattern]) for rule in rules):
            more = f" and {len(rules) - _NAMED} more" if len(rules) > _NAMED else ""
            named = ", ".join(rules[:_NAMED]) or "none"
            raise UnmatchedError(f"{pattern!r} fits no rule of the app's, which are {named}{more}")


def read_requests(text: str, exclude: Collection[str] = ()) -> RoutePlan:
    """Return the routes that a file of requests names, to be asked for in that order at first.

    :raises RequestsError: if a line can't be read, or there is none; or if a pattern leaves out none.
    """
    routes: list[Route] = []
    skipped: list[Skipped] = []
    rules: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        route = _line(line.strip(), number)
        rules.append(route.rule)
        if is_excluded(route.rule, exclude):
            skipped.append(Skipped(route.label, "left out with --exclude"))
        else:
            routes.append(route)
    if not routes:
        raise RequestsError("it names nothing to ask for: write lines such as  GET /search?q={canary}")
    _verify(exclude, rules)
    return RoutePlan(tuple(routes), tuple(skipped), scripted=True)


def _routes(rule: Rule, method: str) -> Iterable[Route]:
    path = [RouteField("path", each.name, each.kind, each.filler) for each in rule.variables]
    query = RouteField("query", "canary", "text", "1")
    literals = (*rule.literals[:-1], f"{rule.literals[-1]}?canary=", "")
    fields = (*path, query)
    if method not in _WITH_BODY:
        yield Route(rule.rule, method, literals, fields=fields)
        return
    for kind, before, after in (("form", "canary=", ""), ("json", '{"canary": "', '"}')):
        body = RouteField(kind, "canary", "text", "1")
        yield Route(rule.rule, method, literals, (before, after), _BODIES[kind], (*fields, body))


def _line(line: str, number: int) -> Route:
    words = line.split(None, 1)
    method = "GET"
    if words[0].isalpha():
        method, line = words[0].upper(), words[1] if len(words) > 1 else ""
    path, _, rest = line.partition(" ")
    kind, _, body = rest.strip().partition(" ")
    if method not in METHODS or not path.startswith("/") or (kind and kind not in _BODIES):
        raise RequestsError(
            f"line {number} is no request: write a method, a path that starts with a slash and, for a body, "
            "'form' or 'json' and what it holds"
        )
    in_path, path_fields = _read(path, number, lambda at: "query" if "?" in path[:at] else "path")
    in_body, body_fields = _read(body.strip(), number, lambda _: kind)
    fields = (*path_fields, *body_fields)
    if len(fields) > FIELDS_MAX:
        raise RequestsError(f"line {number} has {len(fields)} canaries; {FIELDS_MAX} is the most")
    # What a person writes: /straße/ and ?tags[]=ä; a request's first line is plain ASCII.
    in_path = tuple(quote(literal, safe=_SAFE) for literal in in_path)
    rule = path.partition("?")[0]
    return Route(rule, method, in_path, in_body, _BODIES.get(kind, ""), fields)


def _read(text: str, number: int, place: Callable[[int], str]) -> tuple[tuple[str, ...], list[RouteField]]:
    literals, fields, at = [], [], 0
    for match in _MARK.finditer(text):
        literals.append(text[at : match.start()])
        kind = match[2] or "text"
        if kind not in SPELLINGS:
            raise RequestsError(
                f"line {number}: there is no type {kind!r}; choose from {', '.join(SPELLINGS)}"
            )
        key = _KEY.search(text[: match.start()])
        fields.append(RouteField(place(match.start()), key[1] if key else match[1], kind, "1"))
        at = match.end()
    return (*literals, text[at:]), fields
