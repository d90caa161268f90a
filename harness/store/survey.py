"""What there is to ask of a user's own application: ``routes.json``, and the routes made of it.

Written in the target's process by whatever found the rules; standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """A part of a URL that varies.

    ``kind`` is the type of canary it takes (``text``, ``path``, ``int``, ``float``, ``uuid``), '' if it can't
    carry one; ``filler`` is a value that is legal there, quoted for a URL.
    """

    name: str
    kind: str
    filler: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an application's router: ``literals[0] variables[0] literals[1] ...``, quoted for a URL."""

    rule: str  # as the application writes it
    methods: tuple[str, ...]
    literals: tuple[str, ...]
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is not asked for, and why, in a few words."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Survey:
    """``routes.json``: what was found in an application."""

    framework: str  # "flask", "django", "bottle", ...; '' for one whose routes can't be read
    rules: tuple[Rule, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteField:
    """A field of a route: where it travels, its name, and the canary it takes ('' for none)."""

    place: str  # "path", "query", "form", "json"
    name: str
    kind: str
    filler: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one rule, ready to be asked for.

    ``path`` (with its query) and ``body`` are literals around fields: those of the path come first.
    """

    rule: str
    method: str
    path: tuple[str, ...]
    body: tuple[str, ...] = ("",)
    content_type: str = ""
    fields: tuple[RouteField, ...] = ()

    @property
    def label(self) -> str:
        """How a report calls it: ``POST /guestbook (form)``."""
        kind = {"application/json": " (json)", "application/x-www-form-urlencoded": " (form)"}
        return f"{self.method} {self.rule}{kind.get(self.content_type, '')}"


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """What is asked of an application, and what is not."""

    routes: tuple[Route, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    scripted: bool = False  # each client asks for the routes in their order first
