"""Draws cases: each theme an emphasis, so that a few hundred examples reach every corner.

Rule: what shrinks goes first. The simplest app has one route and no hook, the simplest request is
a GET of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.differential import words
from tests.differential.description import (
    Act,
    AfterThis,
    App,
    Ask,
    Case,
    Does,
    End,
    Handler,
    Hook,
    Part,
    Plain,
    Raises,
    Returns,
    Route,
    Stream,
    Tupled,
    Value,
    placed_parts,
)
from tests.differential.frameworks import SIGNALS

T = TypeVar("T")


@dataclass(frozen=True)
class Theme:
    """What cases are about. Shares are one in so many; 0 is never."""

    acts: tuple[str, ...] = ()
    errors: tuple[str, ...] = words.PROGRAM_ERRORS
    values: tuple[str, ...] = ("str", "dict", "none", "redirect", "response")
    settings: tuple[tuple[str, Any], ...] = ()
    rules: tuple[str, ...] = ("/v", "/w/", "/v/<int:n>", "/v/<noted:x>")
    methods: tuple[str, ...] = ("GET", "POST", "HEAD", "OPTIONS")
    hosts: tuple[str, ...] = ("localhost",)
    cookies: tuple[str, ...] = ("jar",)
    hooks_max: int = 3
    handlers_max: int = 1
    parts_max: int = 1
    asks_max: int = 2
    #: A function raises.
    failing: int = 6
    #: A teardown, or a receiver of its signals, raises.
    failing_late: int = 0
    #: Places and signals raise.
    failing_places: int = 8
    streaming: int = 8
    with_body: int = 8
    #: A request is served inside an app context.
    around: int = 0
    interleaving: int = 0
    #: A teardown does something.
    acting_late: int = 8
    #: A function registers an after_this_request function.
    registering: int = 8
    hosting: int = 0


class Drawing:
    """Draws one case of a theme, function by function."""

    def __init__(self, draw: st.DrawFn, theme: Theme) -> None:
        self._draw = draw
        self.theme = theme

    # -- choosing ------------------------------------------------------------------------------

    def choose(self, pool: tuple[T, ...]) -> T:
        """Draw one of *pool*, the first if nothing depends on it."""
        found: T = self._draw(_choice(pool))
        return found

    def one_in(self, share: int) -> bool:
        """Draw True once in *share* times; never if that is 0."""
        return share > 0 and self._draw(_rarely(share))

    def several(self, make: Callable[[], T], most: int, least: int = 0) -> tuple[T, ...]:
        """Draw a few."""
        found: list[T] = []

        def one_more() -> bool:
            if len(found) >= least and not self.one_in(2):
                return False
            found.append(make())
            return True

        # Each is drawn as one thing, "is there one?" included, so that shrinking takes it out as one.
        while len(found) < most and self._draw(st.builds(one_more)):
            pass
        return tuple(found)

    # -- functions -----------------------------------------------------------------------------

    def raises(self) -> Raises:
        """Draw an error, of every request or of one."""
        return Raises(self.choose(self.theme.errors), self.choose((None, None, 0, 1)))

    def acts(self, pool: tuple[str, ...]) -> tuple[str, ...]:
        """Draw up to two acts."""
        return self.several(lambda: self.choose(pool), 2 if pool else 0)

    def stream(self) -> Stream:
        """Draw a streamed body."""
        return Stream(
            chunks=self.several(lambda: self.choose(words.CHUNKS), 3),
            context=not self.one_in(3),
            decorated=self.one_in(4),
            bare=self.one_in(2),
            status=self.choose((200, 200, 200, 404, 204)),
            acts=self.acts(words.LATE_ACTS),
            fails=Raises(self.choose(words.PROGRAM_ERRORS)) if self.one_in(5) else None,
        )

    def value(self) -> Value:
        """Draw what a view returns."""
        if self.one_in(self.theme.streaming):
            return self.stream()
        plain = Plain(self.choose(self.theme.values))
        if not self.one_in(6):
            return plain
        headers = (("X-A", "1"), ("Content-Type", "text/plain"))[: self.choose((0, 1, 2))]
        return Tupled(plain, self.choose((None, 201, 404, "299 Odd", 204)), headers)

    def end(self, returning: int, failing: int | None = None) -> End:
        """Draw how a function ends: with a value once in *returning* times."""
        if self.one_in(self.theme.failing if failing is None else failing):
            return self.raises()
        return Returns(self.value()) if self.one_in(returning) else None

    def does(self, returning: int, pool: tuple[str, ...] | None = None) -> Does:
        """Draw a function of the way in or out."""
        acts: tuple[Act, ...] = self.acts(self.theme.acts if pool is None else pool)
        if self.one_in(self.theme.registering):
            acts = (*acts, AfterThis(self.does(8)))
        return Does(acts, self.end(returning))

    def late(self) -> Does:
        """Draw a teardown function."""
        acts = self.acts(words.LATE_ACTS) if self.one_in(self.theme.acting_late) else ()
        return Does(acts, self.end(0, self.theme.failing_late))

    def hook(self, kinds: tuple[str, ...]) -> Hook:
        """Draw a hook."""
        kind = self.choose(kinds)
        if "teardown" in kind:
            return Hook(kind, self.late())
        if "url_defaults" in kind:  # building a URL in it would not end
            return Hook(kind, self.does(0, words.G_ACTS))
        return Hook(kind, self.does(0 if "url" in kind else 8))

    def handler(self, wide: bool) -> Handler:
        """Draw an error handler; *wide*: one that a blueprint may register for the app."""
        what = self.choose(words.HANDLED)
        does = Does(self.acts(self.theme.acts) if self.one_in(4) else (), self.end(2))
        return Handler(what, does, wide and self.one_in(5))

    # -- apps ----------------------------------------------------------------------------------

    def route(self) -> Route:
        """Draw a rule with its view."""
        end = self.raises() if self.one_in(max(self.theme.failing // 2, 2)) else Returns(self.value())
        style = self.choose(("function",) * 8 + ("method_view", "nothing"))
        return Route(
            rule=self.choose(self.theme.rules),
            methods=self.choose(((), (), (), ("GET", "POST"), ("POST",), ("PUT", "OPTIONS"))),
            does=Does(self.does(0).acts, end),
            style=style,
            automatic=self.choose((None,) * 6 + (False, True)),
            strict=self.choose((None, None, None, False)),
            host=self.choose(("localhost", "<host>", "b.localhost")) if self.hosted else None,
            subdomain=self.choose((None, None, "b", "<sub>")) if self.subdomains else None,
        )

    def part(self, depth: int = 0) -> Part:
        """Draw the app's own part, or a blueprint's at a *depth*."""
        theme = self.theme
        kinds = words.BLUEPRINT_HOOKS if depth else words.APP_HOOKS
        blueprint = depth > 0
        return Part(
            hooks=self.several(lambda: self.hook(kinds), theme.hooks_max),
            handlers=self.several(lambda: self.handler(blueprint), theme.handlers_max),
            routes=self.several(self.route, 2, 0 if blueprint else 1),
            parts=self.several(lambda: self.part(depth + 1), theme.parts_max if depth < 2 else 0),
            prefix=self.choose(("/b", None, "/c/")) if blueprint else None,
            subdomain=self.choose((None, "b")) if blueprint and self.subdomains else None,
            twice=blueprint and self.one_in(8),
            defaults=blueprint and self.one_in(8),
        )

    def signal(self, name: str) -> tuple[str, Raises | None]:
        """Draw what the receiver of a signal raises, if anything."""
        late = name in {"tearing", "app_tearing", "popped"}
        fails = self.one_in(self.theme.failing_late if late else self.theme.failing_places)
        return name, self.raises() if fails else None

    def app(self) -> App:
        """Draw an app."""
        theme = self.theme
        self.hosted = self.one_in(theme.hosting)
        self.subdomains = not self.hosted and self.one_in(theme.hosting)
        settings = dict(self.several(lambda: self.choose(theme.settings), 3 if theme.settings else 0))
        places = self.several(lambda: (self.choose(words.PLACES), self.raises()), 2)
        return App(
            self.part(),
            tuple(settings.items()),
            tuple(self.signal(name) for name in SIGNALS if self.one_in(2)),
            tuple(dict(places).items()) if self.one_in(theme.failing_places // 2) else (),
            host_matching=self.hosted,
            subdomain_matching=self.subdomains,
        )

    # -- requests ------------------------------------------------------------------------------

    def ask(self, paths: tuple[str, ...]) -> Ask:
        """Draw a request."""
        theme = self.theme
        body, content_type = self.choose(words.BODIES) if self.one_in(theme.with_body) else (b"", "")
        return Ask(
            path=self.choose(paths),
            method=self.choose(theme.methods),
            host=self.choose(theme.hosts),
            query=self.choose(("", "", "q=1&lang=de")),
            body=body,
            content_type=content_type,
            cookie=self.choose(theme.cookies),
            read=self.choose((None,) * 6 + (0, 1, 2)) if theme.streaming else None,
            drop=bool(theme.streaming) and self.one_in(12),
            thread=bool(theme.streaming) and self.one_in(12),
            start_fails=self.one_in(24),
            around=self.one_in(theme.around),
        )

    def case(self) -> Case:
        """Draw an app and its requests."""
        theme = self.theme
        app = self.app()
        paths = paths_of(app)
        asks = self.several(lambda: self.ask(paths), theme.asks_max, 1)
        interleaved = len(asks) > 1 and self.one_in(theme.interleaving)
        if interleaved:
            asks = tuple(replace(ask, around=False, thread=False) for ask in asks)
        return Case(app, asks, interleaved)


@cache
def _choice(pool: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(pool)


@cache
def _rarely(share: int) -> st.SearchStrategy[bool]:
    return st.sampled_from((False,) * (share - 1) + (True,))


def paths_of(app: App) -> tuple[str, ...]:
    """Return paths that lead to the rules of *app*, or just miss them."""
    found = []
    for placed in placed_parts(app):
        for route in placed.part.routes:
            found += [f"{placed.prefix.rstrip('/')}{filled}" for filled in words.RULES[route.rule]]
    return (*dict.fromkeys(found), "/nowhere")


@st.composite
def cases(draw: st.DrawFn, theme: Theme) -> Case:
    """Draw a case of *theme*."""
    return Drawing(draw, theme).case()
