"""A canary is recognised in each of its spellings, in a word as in a megabyte."""

from __future__ import annotations

import pytest

from harness.blackbox.carrying import field_canary, to_float, to_uuid
from harness.history.canary import CanaryKind, make_canary, to_text
from harness.inside.residue.canaries import Finished

OPERATION = make_canary(CanaryKind.OPERATION, 0, 3, 7)
#: The first field of it.
FIELD = field_canary(OPERATION, 1)
#: More than is searched as it is; full of what spellings begin with.
FILLER = "1000 3458 2251 2.5 c405 3000-0" * 200

SPELLINGS = [to_text(OPERATION), to_text(FIELD), to_uuid(FIELD), str(FIELD), to_float(FIELD)]


@pytest.fixture
def finished() -> Finished:
    """The operations up to that one, which have left."""
    known = Finished()
    known.add(OPERATION)
    known.prepare()
    return known


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("around", ["", FILLER], ids=["alone", "in a long text"])
def test_each_spelling_is_found(finished: Finished, spelling: str, around: str) -> None:
    text = f"{around} {spelling} {around}"
    assert finished.may_be_in_text(text)
    assert finished.may_be_in_bytes(text.encode()) or "." in spelling
    assert finished.in_text(text)


@pytest.mark.parametrize("around", ["", FILLER], ids=["alone", "in a long text"])
def test_what_nobody_sent_is_not(finished: Finished, around: str) -> None:
    later = make_canary(CanaryKind.OPERATION, 0, 3, 8)
    stranger = make_canary(CanaryKind.OPERATION, 0, 4, 7)
    for spelling in (to_text(later), to_text(stranger), f"9{FIELD}", "3000-000700000001"):
        assert finished.in_text(f"{around} {spelling} {around}") == []
