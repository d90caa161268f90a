"""A field's canary: whose it is, and that each spelling can be sent."""

from __future__ import annotations

import uuid

import pytest

from harness.blackbox.carrying import (
    SPELLINGS,
    caller_of,
    field_canary,
    owner_of,
    to_float,
    to_uuid,
)
from harness.history.canary import CanaryKind, make_canary

OPERATION = make_canary(CanaryKind.OPERATION, 3, 17, 45)


@pytest.mark.parametrize("slot", [1, 2, 31])
def test_a_field_names_its_operation_and_itself(slot: int) -> None:
    assert owner_of(field_canary(OPERATION, slot)) == (OPERATION, slot)


def test_an_operation_owns_itself() -> None:
    assert owner_of(OPERATION) == (OPERATION, 0)


def test_all_of_one_client_are_of_one_caller() -> None:
    other = make_canary(CanaryKind.OPERATION, 3, 17, 46)
    stranger = make_canary(CanaryKind.OPERATION, 3, 18, 45)
    assert caller_of(field_canary(OPERATION, 4)) == caller_of(other) != caller_of(stranger)


@pytest.mark.parametrize("slot", [0, 32])
def test_there_is_no_such_slot(slot: int) -> None:
    with pytest.raises(ValueError, match="has no canary"):
        field_canary(OPERATION, slot)


def test_a_client_that_has_sent_too_much_has_none_left() -> None:
    with pytest.raises(ValueError, match="has no canary"):
        field_canary(make_canary(CanaryKind.OPERATION, 0, 0, 1 << 27), 1)


def test_types_can_read_their_spellings() -> None:
    canary = field_canary(OPERATION, 5)
    assert int(SPELLINGS["int"](canary)) == canary < 1 << 63
    assert uuid.UUID(to_uuid(canary)).int & (1 << 64) - 1 == canary
    assert str(float(to_float(canary))) == to_float(canary)


def test_a_float_has_no_room_for_a_hundred_load_workers() -> None:
    with pytest.raises(ValueError, match="too large for a float"):
        to_float(field_canary(make_canary(CanaryKind.OPERATION, 100, 1, 1), 5))
