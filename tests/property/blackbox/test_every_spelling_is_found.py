"""Whatever a caller sends and however it is escaped on its way back, it is found; nothing else is."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from harness.blackbox.carrying import SPELLINGS, field_canary
from harness.blackbox.searching import find_canaries
from harness.history.canary import CanaryKind, make_canary

CANARIES = st.builds(
    lambda client, number, slot: field_canary(make_canary(CanaryKind.OPERATION, 0, client, number), slot),
    st.integers(0, 4095),
    st.integers(1, 1_000_000),
    st.integers(1, 31),
)
ESCAPES: dict[str, Callable[[str], str]] = {
    "none": str,
    "upper case": str.upper,
    "JSON": json.dumps,
    "JSON, each letter": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "URL": quote,
    "URL, each letter": lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
    "HTML": html.escape,
    "HTML, each letter": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "HTML, in hexadecimal": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
}
#: Text that can't be read as a part of a canary.
AROUND = st.text(st.sampled_from("ghxyz <>\"'{}"), max_size=8)


@given(CANARIES, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(sorted(ESCAPES)), AROUND, AROUND)
def test_a_canary_is_found(canary: int, kind: str, escape: str, before: str, after: str) -> None:
    text = before + ESCAPES[escape](SPELLINGS[kind](canary)) + after
    assert canary in find_canaries(text.encode())


@given(st.lists(CANARIES, min_size=1, max_size=5, unique=True))
def test_several_are_found_side_by_side(canaries: list[int]) -> None:
    text = "".join(SPELLINGS["text"](canary) for canary in canaries)
    assert set(canaries) <= set(find_canaries(text.encode()))


@given(st.binary(max_size=400))
def test_any_bytes_can_be_searched(data: bytes) -> None:
    find_canaries(data)
