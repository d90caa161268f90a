"""Merging what two requests made of one session, so that neither loses what it wrote.

A pure three-way merge of JSON-like values: *base* is what this request loaded, *mine* what it
made of it, *theirs* what others have saved meanwhile.

=================  ==================  =========================================================
mine               theirs              result
=================  ==================  =========================================================
unchanged          anything            theirs
anything           unchanged           mine
dict               dict                merged key by key
list, appended to  any list, or gone   theirs, and what was appended
any list, or gone  list, appended to   mine, and what was appended
changed            gone                mine
gone               changed             theirs
changed            changed             mine: the later save wins
=================  ==================  =========================================================

The last row is where a value can be lost: two requests that both assign a number or a text. Which
of the two is right only the application knows; what must not be lost belongs in a list.
"""

from __future__ import annotations

from typing import Any, Final


class _Gone:
    """The value of a key that is not there."""

    def __repr__(self) -> str:
        return "GONE"


GONE: Final[Any] = _Gone()


def merge(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return the merged dict; keys in the order of *theirs*, then of *mine*."""
    merged = {}
    for key in {**theirs, **mine}:
        value = merge_value(base.get(key, GONE), mine.get(key, GONE), theirs.get(key, GONE))
        if value is not GONE:
            merged[key] = value
    return merged


def merge_value(base: Any, mine: Any, theirs: Any) -> Any:
    """Return the merged value, :data:`GONE` for none; the table above says how."""
    if _same(mine, base) or _same(mine, theirs):
        return theirs
    if _same(theirs, base):
        return mine
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return merge(base if isinstance(base, dict) else {}, mine, theirs)
    if _lists(mine, theirs) and (base is GONE or isinstance(base, list)):
        return _merge_lists([] if base is GONE else base, mine, theirs)
    return theirs if mine is GONE else mine


def _same(one: Any, other: Any) -> bool:
    # 1 == True == 1.0 in Python, not in JSON.
    return one is other or (type(one) is type(other) and bool(one == other))


def _lists(mine: Any, theirs: Any) -> bool:
    return all(value is GONE or isinstance(value, list) for value in (mine, theirs))


def _appended(base: list[Any], value: Any) -> list[Any] | None:
    """Return what was appended to *base* to make *value*; None if it was changed otherwise."""
    if value is GONE or value[: len(base)] != base:
        return None
    added: list[Any] = value[len(base) :]
    return added


def _merge_lists(base: list[Any], mine: Any, theirs: Any) -> Any:
    added = _appended(base, mine)
    if added is not None:
        return [*([] if theirs is GONE else theirs), *added]
    added = _appended(base, theirs)
    if added is None:
        return theirs if mine is GONE else mine
    merged = [*([] if mine is GONE else mine), *added]
    return merged or mine
