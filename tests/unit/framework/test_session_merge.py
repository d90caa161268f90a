"""The merge of what two requests made of one session; a row is base, mine, theirs, merged."""

from __future__ import annotations

from typing import Any

import pytest

from targetapp.framework.session_merge import merge

ROWS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("nothing changed", {"a": 1}, {"a": 1}, {"a": 1}, {"a": 1}),
    ("mine only", {"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}),
    ("theirs only", {"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
    ("different keys", {}, {"a": 1}, {"b": 2}, {"b": 2, "a": 1}),
    ("the same change", {"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
    ("the same key: the later save wins", {"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}),
    ("I removed it", {"a": 1}, {}, {"a": 1}, {}),
    ("they removed it", {"a": 1}, {"a": 1}, {}, {}),
    ("I changed what they removed", {"a": 1}, {"a": 2}, {}, {"a": 2}),
    ("they changed what I removed", {"a": 1}, {}, {"a": 2}, {"a": 2}),
    ("both appended", {"a": [1]}, {"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 3, 2]}),
    ("both appended the same", {"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}, {"a": [1, 2]}),
    ("both began a list", {}, {"a": [1]}, {"a": [2]}, {"a": [2, 1]}),
    ("I took the list, they appended", {"a": [1]}, {}, {"a": [1, 2]}, {"a": [2]}),
    ("they took the list, I appended", {"a": [1]}, {"a": [1, 2]}, {}, {"a": [2]}),
    ("I replaced the list, they appended", {"a": [1]}, {"a": [9]}, {"a": [1, 2]}, {"a": [9, 2]}),
    ("they replaced the list, I appended", {"a": [1]}, {"a": [1, 2]}, {"a": [9]}, {"a": [9, 2]}),
    ("both replaced the list", {"a": [1]}, {"a": [8]}, {"a": [9]}, {"a": [8]}),
    ("I took it, they replaced it", {"a": [1]}, {}, {"a": [9]}, {"a": [9]}),
    (
        "inside a dict",
        {"a": {"x": [1]}},
        {"a": {"x": [1, 2]}},
        {"a": {"x": [1], "y": 1}},
        {"a": {"x": [1, 2], "y": 1}},
    ),
    ("both began a dict", {}, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2, "x": 1}}),
    ("a list became a text", {"a": [1]}, {"a": "x"}, {"a": [1, 2]}, {"a": "x"}),
    ("True is not 1", {"a": 1}, {"a": True}, {"a": 1}, {"a": True}),
]


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_merge(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any]
) -> None:
    result = merge(base, mine, theirs)
    assert result == merged
    assert [type(value) for value in result.values()] == [type(value) for value in merged.values()]
    # What is saved is then the base of nobody's: saving the same again changes nothing.
    assert merge(result, result, result) == result
