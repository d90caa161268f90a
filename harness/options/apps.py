"""The options about a user's own application (``--app``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.workload.routes import METHODS, SAFE_METHODS

from .reading import UsageError, choices_of, items_of, one_line, whole_of

#: What an application has none of.
_OF_PROBES = ("faults", "scenarios", "without")
_OF_APPS = ("urls", "exclude", "shared", "header")
_NAME = re.compile(r"[^\s:][^:]*:[A-Za-z_][\w.]*(\(.*\))?", re.DOTALL)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BETWEEN_HEADERS = " | "
#: What runs inside the target is not imported here: a test compares the two.
CACHE_MAX = 256


@dataclass(frozen=True, slots=True)
class AppSettings:
    """How a user's own application is asked; ``name`` is '' where there is none."""

    name: str = ""
    urls: str = ""  # the file of requests, '' for the app's own routes
    methods: tuple[str, ...] = SAFE_METHODS
    exclude: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    header: str = ""
    cache_max: int = CACHE_MAX  # the most entries of a cache keyed by its caller

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What is sent with every request, as (name, value)."""
        pairs = (one.partition(":") for one in self.header.split(_BETWEEN_HEADERS) if one.strip())
        return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def parse_app(text: Mapping[str, str], default_target: str) -> AppSettings:
    """Read the options about an application, by ``dest``.

    :raises UsageError: if one of them can't be read, or makes no sense beside another.
    """
    settings = AppSettings(
        name=one_line("--app", text["app"]),
        urls=one_line("--urls", text["urls"]),
        methods=choices_of("--methods", text["methods"].upper(), METHODS),
        exclude=items_of(one_line("--exclude", text["exclude"])),
        shared=items_of(one_line("--shared", text["shared"])),
        header=one_line("--header", text["header"]),
        cache_max=whole_of("--cache-max", text["cache_max"], 1, 1 << 30) or CACHE_MAX,
    )
    _verify_headers(settings)
    if not settings.name:
        for other in _OF_APPS:
            if text[other]:
                raise UsageError(f"--{other} is about an app of yours: name it with --app")
        return settings
    if not _NAME.fullmatch(settings.name):
        raise UsageError(
            f"--app: {settings.name!r} names no application; write package.module:app, "
            "package.module:create_app() or path/to/file.py:app"
        )
    if text["target"] != default_target:
        raise UsageError("--app and --target both name an application: give one of them")
    for other in _OF_PROBES:
        if text[other]:
            raise UsageError(f"--{other} is about targets with probes: leave it out with --app")
    return settings


def _verify_headers(settings: AppSettings) -> None:
    for one in settings.header.split(_BETWEEN_HEADERS):
        if one.strip() and ":" not in one:
            raise UsageError(f"--header: {one.strip()!r} has no colon; write 'NAME: VALUE'")
    for name, _ in settings.headers:
        if not _HEADER.fullmatch(name):
            raise UsageError(f"--header: {name!r} is no header's name; write 'NAME: VALUE'")
