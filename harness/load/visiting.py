"""What clients of a user's own application are told: what to ask for, and with which headers."""

from __future__ import annotations

from dataclasses import dataclass

from harness import records
from harness.store.survey import RoutePlan


@dataclass(frozen=True, slots=True)
class Visiting:
    """What each client asks for, and what it sends with that."""

    plan: RoutePlan
    headers: tuple[tuple[str, str], ...] = ()


def to_wire(visiting: Visiting | None) -> str:
    """Return what Locust's workers are told, '' for the probes."""
    return "" if visiting is None else records.to_text(visiting)


def from_wire(text: str) -> Visiting | None:
    """Return what the master said.

    :raises RecordError: if it is none of ours.
    """
    return records.from_text(Visiting, text, "the plan of visits") if text else None
