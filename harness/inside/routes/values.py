"""Which canary fits a variable of a URL: the first spelling that its own pattern and conversion take.

The rule this file guards: *nobody's converters are known by name.* A spelling is tried on the pattern and on
the conversion, so that a converter of the application's own is understood as well as ``<int:id>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from harness.blackbox.carrying import SPELLINGS, field_canary
from harness.history.canary import CanaryKind, make_canary
from harness.store.survey import Variable

#: One of each size that a load makes, since a pattern may bound the length.
_SAMPLES = tuple(
    field_canary(make_canary(CanaryKind.OPERATION, 0, client, number), 5)
    for client, number in ((0, 1), (49, 999))
)
#: ``path`` is spelled as ``text`` is. What takes a fraction takes a whole number too, and would round it.
_KINDS = ("text", "uuid", "float", "int")
_PLAIN = ("1", "2", "10", "100", "a", "0.5", "en", "2026-01-01", "2026", "x1", "index.html", "1.0", "A")
_LENGTHS = range(1, 65)
#: What a path holds as it is (RFC 3986, 3.3); '%' itself is quoted, since a router's rule is no URL yet.
_SAFE = "/:@!$&'()*+,;=~-._"

Accepts = Callable[[str], bool]


def choose_variable(name: str, accepts: Accepts, offered: Iterable[str] = ()) -> Variable | None:
    """Return how the variable *name* is filled, None if no value is known that it takes.

    :param accepts: says whether the router takes a value there. :param offered: legal values, if known.
    """
    filler = next((value for value in (*offered, *_fillers()) if _asks(accepts, value)), None)
    for kind in _KINDS:
        spelled = [SPELLINGS[kind](sample) for sample in _SAMPLES]
        if all(_asks(accepts, text) for text in spelled):
            return Variable(name, kind, quote(filler if filler is not None else spelled[0], safe=""))
    return None if filler is None else Variable(name, "", quote(filler, safe="/"))


def quote_literals(literals: Iterable[str]) -> tuple[str, ...]:
    """Return what stands between a rule's variables as a URL spells it."""
    return tuple(quote(literal, safe=_SAFE) for literal in literals)


def matching(pattern: str, convert: Callable[[str], object] | None = None) -> Accepts:
    """Return what says whether a value fits a pattern, and can be converted."""
    compiled = re.compile(pattern)

    def accepts(value: str) -> bool:
        if compiled.fullmatch(value) is None:
            return False
        if convert is not None:
            convert(value)
        return True

    return accepts


def _asks(accepts: Accepts, value: str) -> bool:
    try:
        return bool(accepts(value))
    except Exception:  # a converter refuses by raising whatever it likes
        return False


def _fillers() -> Iterable[str]:
    yield from _PLAIN
    for length in _LENGTHS:
        yield "a" * length
        yield "1" * length
