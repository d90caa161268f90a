"""A set of canaries in bits behaves like a set."""

from __future__ import annotations

import numpy as np
import pytest

from harness.checkers.operation_set import OperationSet, union
from harness.history.canary import CanaryKind, make_canary


def a_set(*canaries: int) -> OperationSet:
    return OperationSet(np.array(canaries, np.uint64))


def test_dense_and_scattered_members_are_found() -> None:
    dense = [make_canary(CanaryKind.OPERATION, 0, 3, number) for number in range(1, 200)]
    scattered = [make_canary(CanaryKind.SESSION, 4095, 65535, (1 << 32) - 1), 63, 64, 1]
    whole = OperationSet()
    for part in (dense[:77], scattered, dense[50:]):
        whole.add(np.array(part, np.uint64))
    assert len(whole) == len(dense) + len(scattered)
    assert all(member in whole for member in (*dense, *scattered))
    assert make_canary(CanaryKind.OPERATION, 0, 3, 200) not in whole
    assert whole.smallest(3) == [1, 63, 64]


def test_nothing_added_is_nothing_held() -> None:
    nothing = a_set()
    assert (len(nothing), 5 in nothing, nothing.smallest(3)) == (0, False, [])
    assert len(nothing.minus(a_set(5))) == 0


@pytest.mark.parametrize(
    ("left", "right", "difference"),
    [
        ((1, 2, 300), (2,), [1, 300]),
        ((1,), (), [1]),
        ((1, 64), (1, 64), []),
        ((5,), (70,), [5]),
        ((64, 128, 200), (200,), [64, 128]),
        ((1, 64, 128), (1,), [64, 128]),
    ],
)
def test_minus(left: tuple[int, ...], right: tuple[int, ...], difference: list[int]) -> None:
    rest = a_set(*left).minus(a_set(*right))
    assert [rest.smallest(count) for count in (1, 2, 9)] == [difference[:1], difference[:2], difference]


def test_a_union_leaves_its_parts_alone() -> None:
    one, other = a_set(1, 2), a_set(2, 900)
    whole = union([one, other])
    whole.add(np.array([3], np.uint64))
    assert whole.smallest(9) == [1, 2, 3, 900]
    assert (one.smallest(9), other.smallest(9)) == ([1, 2], [2, 900])


def test_it_costs_two_bits_for_an_operation_of_a_busy_client() -> None:
    busy = OperationSet(np.arange(1, 100_001, dtype=np.uint64))
    assert busy.size_bytes <= 100_000 * 2 / 8 + 64
