"""The owner of a foreign canary is looked for among the latest openings of the journal, no further."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.checkers.view import RECENT, Views
from harness.history.canary import CanaryKind, make_canary
from harness.history.columns import SERVER_DTYPE, Batch
from harness.history.layout import Kind, Side


def number(at: int) -> int:
    return make_canary(CanaryKind.OPERATION, 0, 1, at)


def entering(operations: int) -> Batch:
    records = np.zeros(operations, SERVER_DTYPE)
    records["op"] = [number(at) for at in range(operations)]
    records["kind"] = Kind.ENTER
    records["value"] = [make_canary(CanaryKind.SESSION, 0, 1, at // 2) for at in range(operations)]
    return Batch(Side.SERVER, "server/1", 1, 0, records)


@pytest.mark.parametrize("size", [7, 500, RECENT, 4 * RECENT])
def test_reach_is_a_number_of_openings_however_the_journal_is_cut(size: int) -> None:
    batch, views, found = entering(3 * RECENT), Views(), {}
    last = 3 * RECENT - 1
    for start in range(0, 3 * RECENT, size):
        records = batch.records[start : start + size]
        view = views.of(replace(batch, first=start, records=records))
        if start <= last < start + size:
            for at in (last - 1, last - RECENT + 3, last - RECENT, last - RECENT - 1):
                event = view.owner(number(at), last - start)
                found[at] = None if event is None else event.number
    reached = {at: at for at in (last - 1, last - RECENT + 3, last - RECENT)}
    assert found == {**reached, last - RECENT - 1: None}


def test_the_first_record_of_a_journal_is_in_reach_of_a_later_batch() -> None:
    batch, views = entering(5), Views()
    views.of(replace(batch, records=batch.records[:2]))
    event = views.of(replace(batch, first=2, records=batch.records[2:])).owner(number(0), 2)
    assert event is not None
    assert event.number == 0


def test_a_sessions_owner_is_the_latest_operation_sent_with_it() -> None:
    view = Views().of(entering(10))
    event = view.owner(make_canary(CanaryKind.SESSION, 0, 1, 2), 9)
    assert event is not None
    assert event["op"] == number(5)


def test_a_value_and_a_later_operation_have_no_owner() -> None:
    view = Views().of(entering(10))
    assert view.owner(make_canary(CanaryKind.VALUE, 0, 1, 2), 9) is None
    assert view.owner(number(8), 5) is None


def test_journals_have_openings_of_their_own() -> None:
    views = Views()
    views.of(entering(3))
    other = views.of(replace(entering(1), source="server/2"))
    assert other.owner(number(2), 0) is None
