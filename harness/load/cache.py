"""A naive HTTP cache in front of the target, shared by all clients of a load process.

A nemesis: it does what proxies do, and whoever forgets ``Vary`` pays for it. What makes it naive, and
what it respects all the same:

- it stores every 200 response to a GET that it is asked for, also to a request that carried cookies, and
  with the ``Set-Cookie`` it came with (the proxy of CVE-2023-30861);
- its key is method, URL, and the values of the request headers that the stored ``Vary`` names;
- it stores nothing with ``Vary: *`` or ``Cache-Control: no-store``, ``private`` or ``no-cache``;
- it knows nothing of ages and validators: an entry lasts until the cache was asked
  :data:`LOOKUPS` times more, so that whoever brought it in is still within a checker's reach.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from .http import Response

#: How often the cache is asked until an entry is gone.
LOOKUPS = 32
_FORBIDDING = frozenset({"no-store", "private", "no-cache"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A stored response, what its Vary named in the request that brought it in, and its end."""

    response: Response
    varying: tuple[tuple[str, str | None], ...]
    until: int

    def fits(self, headers: Mapping[str, str]) -> bool:
        return all(headers.get(name) == value for name, value in self.varying)


class SharedCache:
    """The cache; its methods may be called from any thread or greenlet.

    Headers of requests are by lower-case name.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str], list[_Entry]] = {}
        self._asked = 0

    def find(self, method: str, path: str, headers: Mapping[str, str]) -> Response | None:
        """Return what is stored for such a request, None if nothing is."""
        with self._lock:
            self._asked += 1
            stored = [each for each in self._entries.get((method, path), ()) if each.until > self._asked]
            if stored:
                self._entries[method, path] = stored
            else:
                self._entries.pop((method, path), None)
            return next((each.response for each in stored if each.fits(headers)), None)

    def store(self, method: str, path: str, headers: Mapping[str, str], response: Response) -> None:
        """Keep the response to such a request, if a cache as naive as this one would."""
        vary = _tokens(response, "vary")
        if method != "GET" or response.status != 200 or "*" in vary:
            return
        # A directive may have a value: private="set-cookie".
        if _FORBIDDING & {token.partition("=")[0] for token in _tokens(response, "cache-control")}:
            return
        varying = tuple((name, headers.get(name)) for name in sorted(vary))
        with self._lock:
            entry = _Entry(response, varying, self._asked + LOOKUPS)
            others = [each for each in self._entries.get((method, path), ()) if not each.fits(headers)]
            self._entries[method, path] = [*others, entry]


def _tokens(response: Response, name: str) -> frozenset[str]:
    listed = ",".join(response.all_headers(name)).lower().split(",")
    return frozenset(filter(None, map(str.strip, listed)))
