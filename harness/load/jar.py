"""The cookies of one client, as far as a load needs them: what was set last, by name and path."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from .http import Response

#: More than a browser keeps for a host.
COOKIES_MAX = 100


@dataclass(slots=True)
class Jar:
    """One client's cookies. Domain and Secure are not looked at: there is one target, and it is reached."""

    _held: dict[tuple[str, str], str] = field(default_factory=dict)

    def header(self, path: str) -> list[tuple[str, str]]:
        """Return the cookies to send for *path*, those of the longest path first."""
        path = path.partition("?")[0]
        fitting = [(at, name, value) for (name, at), value in self._held.items() if _covers(at, path)]
        return [(name, value) for _, name, value in sorted(fitting, key=lambda one: -len(one[0]))]

    def take(self, response: Response) -> bool:
        """Keep what a response sets; return whether it deleted a cookie that was held."""
        dropped = False
        for text in response.all_headers("set-cookie"):
            pair, *attributes = text.split(";")
            name, _, value = pair.partition("=")
            said = {
                key.strip().lower(): what.strip()
                for key, _, what in (one.partition("=") for one in attributes)
            }
            at = said.get("path") or "/"
            key = (name.strip(), at if at.startswith("/") else "/")
            if _is_over(said):
                dropped = self._held.pop(key, None) is not None or dropped
            elif name.strip() and len(self._held) < COOKIES_MAX:
                self._held[key] = value.strip()
        return dropped


def merge_cookies(sent: str, given: str) -> str:
    """Return a Cookie header: what is sent anyway, and of what was given what has another name.

    One header, since a server may look at one only; and what an application set later replaces what was
    given, as in a browser.
    """
    known = {_name(pair) for pair in sent.split(";")}
    added = [pair.strip() for pair in given.split(";") if pair.strip() and _name(pair) not in known]
    return "; ".join(filter(None, [sent, *added]))


def _name(pair: str) -> str:
    return pair.partition("=")[0].strip()


def _covers(at: str, path: str) -> bool:
    return path == at or path.startswith(at if at.endswith("/") else f"{at}/") or at == "/"


def _is_over(said: dict[str, str]) -> bool:
    """Return whether a cookie's attributes delete it; only dates long gone are believed."""
    age = said.get("max-age", "")
    if age.lstrip("-").isdecimal():
        return int(age) <= 0
    try:
        return parsedate_to_datetime(said["expires"]).year < 2000
    except (KeyError, ValueError, TypeError):
        return False
