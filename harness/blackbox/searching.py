"""Finds canaries in bytes, however an application may have written them.

The rule this file guards: *a canary is found in every spelling that keeps its digits.* Searched are the
bytes themselves and what they say once JSON's, URL's and HTML's escapes are undone (each of them may write a
digit as a number), in either case, inside longer words, as text, integer, float and second half of a UUID.
What is found is a candidate: that somebody sent it is for the checker to say, who knows all that was sent.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote_to_bytes

from harness.history.canary import CanaryKind, split_canary

from .carrying import from_float

#: Beyond these a candidate is a digest's digits, not a canary: no load has that many.
WORKERS_MAX, CLIENTS_MAX, NUMBER_MAX = 256, 1 << 14, 1 << 27

_KINDS = frozenset({CanaryKind.OPERATION, CanaryKind.VALUE})
# Lookahead, so that candidates may overlap: the first digits before a canary may look like one.
# The load worker's first digit is 0 in a load of fewer than 256 workers.
_TEXT = re.compile(rb"(?=([13]0[0-9a-f]{14}))")
_UUID = re.compile(rb"([13]0[0-9a-f]{2})-([0-9a-f]{12})")
_DECIMAL = re.compile(rb"(?<![0-9])([1-4][0-9]{18})(?![0-9])")
_FLOAT = re.compile(rb"(?<![0-9])([2-4][0-9]{15})\.5")
_JSON_ESCAPE = re.compile(rb"\\u00([2-7][0-9a-fA-F])")


def find_canaries(data: bytes) -> tuple[int, ...]:
    """Return the canaries that may be in *data*, each once, smallest first."""
    found: set[int] = set()
    for text in _readings(data):
        found.update(_in_one(text))
    return tuple(sorted(found))


def _readings(data: bytes) -> set[bytes]:
    """Return *data* as it is, and as it reads without escapes."""
    readings = {data.lower()}
    if b"\\u00" in data:
        plain = _JSON_ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), data)
        readings.add(plain.lower())
    if b"%" in data:
        readings.add(unquote_to_bytes(data).lower())
    if b"&#" in data:
        readings.add(html.unescape(data.decode("latin-1")).encode("latin-1", "replace").lower())
    return readings


def _in_one(text: bytes) -> set[int]:
    found = {int(digits, 16) for digits in _TEXT.findall(text)}
    if b"-" in text:
        found.update(int(head + tail, 16) for head, tail in _UUID.findall(text))
    found.update(map(int, _DECIMAL.findall(text)))
    if b".5" in text:
        found.update(from_float(int(digits)) for digits in _FLOAT.findall(text))
    return {canary for canary in found if _plausible(canary)}


def _plausible(canary: int) -> bool:
    kind, worker, client, number = split_canary(canary)
    if kind not in _KINDS or worker >= WORKERS_MAX or client >= CLIENTS_MAX:
        return False
    most = NUMBER_MAX if kind == CanaryKind.OPERATION else NUMBER_MAX << 5
    return 0 < number < most
