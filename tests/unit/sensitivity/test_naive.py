"""What a load test that looks less closely would have found; each alarm with its silent twin."""

from __future__ import annotations

import pytest

from harness.history.canary import ABSENT, UNMARKED, CanaryKind, make_canary
from harness.history.columns import SERVER_DTYPE, Batch
from harness.history.layout import Field, Kind, Side
from harness.history.scenarios import Scenario
from harness.sensitivity.naive import Invocations, Naive, own_user, status_only
from tests.unit.sensitivity.stories import client_rows

MINE = make_canary(CanaryKind.SESSION, 0, 3, 1)
MINE_TOO = make_canary(CanaryKind.SESSION, 0, 3, 2)
THEIRS = make_canary(CanaryKind.SESSION, 0, 4, 1)


def observed(field: Field, expected: int, value: int) -> dict[str, int]:
    return {"kind": Kind.OBSERVE, "point": field, "expected": expected, "value": value}


@pytest.mark.parametrize(
    ("row", "by_status", "by_user"),
    [
        ({"kind": Kind.OK, "value": 200}, False, False),
        ({"kind": Kind.OK, "value": 500}, True, True),
        ({"kind": Kind.OK, "value": 500, "scenario": Scenario.UNHANDLED_ERROR}, False, False),
        ({"kind": Kind.OK, "value": 200, "scenario": Scenario.UNHANDLED_ERROR}, True, True),
        ({"kind": Kind.OK, "value": 7_000_200}, True, True),
        ({"kind": Kind.FAIL}, True, True),
        ({"kind": Kind.INFO}, True, True),
        ({"kind": Kind.INVOKE}, False, False),
        (observed(Field.BODY_PARSED, 1, 0), True, True),
        (observed(Field.BODY_PARSED, 1, 1), False, False),
        (observed(Field.SESSION, MINE, MINE), False, False),
        (observed(Field.SESSION, MINE, MINE_TOO), False, False),
        (observed(Field.SESSION, MINE, THEIRS), False, True),
        (observed(Field.SESSION, MINE, UNMARKED), False, True),
        (observed(Field.SESSION, MINE, ABSENT), False, True),
        (observed(Field.SESSION, ABSENT, THEIRS), False, False),
        (observed(Field.SHARED_PAGE, MINE, THEIRS), False, False),
        (observed(Field.G, MINE, THEIRS), False, False),
        (observed(Field.RESPONSE_COUNT, 1, 2), False, False),
    ],
)
def test_what_each_check_fails_on(row: dict[str, int], *, by_status: bool, by_user: bool) -> None:
    batch = client_rows(row)
    assert bool(status_only(batch.records)[0]) is by_status
    assert bool(own_user(batch.records)[0]) is by_user


def test_operations_are_counted_once_and_the_first_is_told() -> None:
    naive = Naive(status_only)
    naive.feed(client_rows({"op": 1, "kind": Kind.INFO, "t": 50}, {"op": 2, "kind": Kind.FAIL, "t": 70}))
    naive.feed(client_rows({"op": 1, "kind": Kind.INFO, "t": 40}, {"op": 3, "kind": Kind.OK, "value": 200}))
    assert (naive.failed, naive.first_ns) == (2, 40)


def test_nothing_wrong_is_nothing_found() -> None:
    naive = Naive(own_user)
    naive.feed(client_rows({"op": 1, "kind": Kind.OK, "value": 200}))
    naive.feed(client_rows())
    assert (naive.failed, naive.first_ns) == (0, None)


def test_the_targets_side_is_not_looked_at() -> None:
    import numpy as np

    naive, invocations = Naive(status_only), Invocations()
    batch = Batch(Side.SERVER, "server/1-1", 1, 0, np.ones(3, SERVER_DTYPE))
    naive.feed(batch)
    invocations.feed(batch)
    assert (naive.failed, invocations.operations) == (0, 0)


def test_a_moment_is_told_in_operations() -> None:
    invocations = Invocations()
    invocations.feed(client_rows({"kind": Kind.INVOKE, "t": 10}, {"kind": Kind.OK, "t": 20}))
    invocations.feed(client_rows({"kind": Kind.INVOKE, "t": 30}, {"kind": Kind.INVOKE, "t": 15}))
    assert invocations.operations == 3
    assert [invocations.until(moment) for moment in (5, 15, 99, None)] == [0, 2, 3, None]
