"""Records are read as untrusted: every field is checked, a wrong one is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from harness import records


@dataclass(frozen=True)
class Sample:
    name: str
    count: int
    ratio: float = 0.5
    on: bool = False
    maybe: int | None = None
    words: tuple[str, ...] = ()
    pair: tuple[str, int] = ("", 0)
    table: dict[str, str] = field(default_factory=dict)


WHOLE = Sample("a", 1, 2.5, on=True, maybe=3, words=("x", "y"), pair=("h", 80), table={"k": "v"})


def test_round_trip() -> None:
    assert records.from_text(Sample, records.to_text(WHOLE), "it") == WHOLE


def test_defaults_fill_in_and_unknown_fields_are_ignored() -> None:
    assert records.from_json(Sample, {"name": "a", "count": 1, "later": []}, "it") == Sample("a", 1)


def test_an_integer_is_a_number() -> None:
    assert records.from_json(Sample, {"name": "a", "count": 1, "ratio": 2}, "it").ratio == 2.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"count": "1"}, "it: 'count' should be an integer, is a string"),
        ({"count": True}, "it: 'count' should be an integer, is true or false"),
        ({"count": None}, "it: 'count' should be an integer, is null"),
        ({"on": 1}, "it: 'on' should be true or false, is an integer"),
        ({"maybe": "3"}, "it: 'maybe' should be an integer, is a string"),
        ({"words": "xy"}, "it: 'words' should be a list, is a string"),
        ({"words": ["x", 1]}, r"it: 'words'\[1\] should be a string, is an integer"),
        ({"pair": ["h"]}, "it: 'pair' should have 2 entries, has 1"),
        ({"table": []}, "it: 'table' should be an object, is a list"),
        ({"table": {"k": 1}}, r"it: 'table'\['k'\] should be a string, is an integer"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(records.RecordError, match=f"^{says}$"):
        records.from_json(Sample, {**records.to_json(WHOLE), **change}, "it")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(records.RecordError, match="it lacks 'count'"):
        records.from_json(Sample, {"name": "a"}, "it")


@pytest.mark.parametrize("text", ["", "{", "[1,", "nul", "[" * 100_000, b"\xff\xfe{}x"])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(records.RecordError, match="it is not JSON"):
        records.from_text(Sample, text, "it")


@pytest.mark.parametrize("text", ["[]", "1", '"x"', "null"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(records.RecordError, match="not a JSON object"):
        records.from_text(Sample, text, "it")
