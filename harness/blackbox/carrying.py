"""How a canary travels in a field of the user's own application: its number, and its spelling.

Each field of an operation carries a canary of its own, of the kind VALUE, whose number says which
operation sent it and in which field: so a finding names both without a look-up, and a field that a caller
publishes on purpose can be told from the others.

    number of a field's canary = number of the operation * 32 + the field's slot (1 to 31)

Slots 1 and 2 are the header and the cookie that every operation carries; the others are the fields of its
route, in their order. A field's type decides the spelling; each of them is found again by
:mod:`.searching`:

    text    16 hexadecimal digits
    path    the same: a path may hold it too
    int     the canary in decimal: 19 digits, below 2**63, so that databases take it
    float   2**51 to 2**52, with .5 at the end: exact in a double, and never written with an exponent
    uuid    a fixed first half, the canary as the second
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from harness.history.canary import CanaryKind, make_canary, split_canary, to_text

SLOT_BITS = 5
SLOTS_MAX = (1 << SLOT_BITS) - 1
HEADER_SLOT, COOKIE_SLOT, FIRST_SLOT = 1, 2, 3
#: Above it an operation's number leaves no room for a slot.
OPERATIONS_MAX = (1 << (32 - SLOT_BITS)) - 1

UUID_HEAD = "c4057a1c00004000"
_FLOAT_FIRST = 1 << 51
#: Bits of a float's canary: load worker, client, number (of the field).
_FLOAT_WORKER, _FLOAT_CLIENT, _FLOAT_NUMBER = 4, 12, 35
_CLIENT_MAX, _NUMBER_MAX = 1 << _FLOAT_CLIENT, 1 << 32
#: Load workers, and clients of each, whose canaries a float has room for.
FLOAT_WORKERS, FLOAT_CLIENTS = 1 << _FLOAT_WORKER, _CLIENT_MAX


def field_canary(operation: int, slot: int) -> int:
    """Return the canary that the field in *slot* of an operation carries.

    :raises ValueError: if there is no such slot, or the client has sent too many operations for one.
    """
    parts = split_canary(operation)
    if not 0 < slot <= SLOTS_MAX or parts.number > OPERATIONS_MAX:
        raise ValueError(f"slot {slot} of operation number {parts.number} has no canary")
    return make_canary(CanaryKind.VALUE, parts.worker, parts.client, parts.number << SLOT_BITS | slot)


def owner_of(canary: int) -> tuple[int, int]:
    """Return the operation that carried a canary in, and the slot of the field; slot 0: its own canary."""
    parts = split_canary(canary)
    if parts.kind != CanaryKind.VALUE:
        return canary, 0
    number, slot = parts.number >> SLOT_BITS, parts.number & SLOTS_MAX
    return make_canary(CanaryKind.OPERATION, parts.worker, parts.client, number), slot


def caller_of(canary: int) -> int:
    """Return the load worker and client that made a canary, as one number."""
    return canary >> 32 & 0xFFFFFFF


def to_decimal(canary: int) -> str:
    """Return a canary as an integer is written."""
    return str(canary)


def to_uuid(canary: int) -> str:
    """Return a canary as a UUID."""
    text = UUID_HEAD + to_text(canary)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def to_float(canary: int) -> str:
    """Return a field's canary as a decimal fraction.

    :raises ValueError: if it has no room there: beyond 16 load workers or 4,096 clients.
    """
    kind, worker, client, number = split_canary(canary)
    if kind != CanaryKind.VALUE or worker >= FLOAT_WORKERS or client >= _CLIENT_MAX:
        raise ValueError(f"canary {to_text(canary)} is too large for a float")
    packed = worker << (_FLOAT_CLIENT + _FLOAT_NUMBER) | client << _FLOAT_NUMBER | number
    return f"{_FLOAT_FIRST + packed}.5"


def from_float(digits: int) -> int:
    """Return the canary of a float's whole part, 0 if it holds none."""
    packed = digits - _FLOAT_FIRST
    if not 0 <= packed < _FLOAT_FIRST:
        return 0
    number = packed & ((1 << _FLOAT_NUMBER) - 1)
    client = packed >> _FLOAT_NUMBER & (_CLIENT_MAX - 1)
    worker = packed >> (_FLOAT_CLIENT + _FLOAT_NUMBER)
    return make_canary(CanaryKind.VALUE, worker, client, number) if number < _NUMBER_MAX else 0


#: By type of a field; what is missing here carries no canary.
SPELLINGS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {"text": to_text, "path": to_text, "int": to_decimal, "float": to_float, "uuid": to_uuid}
)
