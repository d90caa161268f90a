"""Violations that one record of the target proves: what it saw was not its operation's own."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from harness.history.canary import ABSENT, name_canary
from harness.verdict import Violation

from .checkpoints import Bools, label
from .sentences import capital, name_with_owner
from .tally import Tally
from .view import View


class Sighting(NamedTuple):
    """An anomaly: its sentence, and the column whose canary names the other operation."""

    sentence: str
    column: str = ""


SIGHTINGS: dict[str, Sighting] = {
    "foreign-request": Sighting("at {where}, {op} saw the request of {other}.", "request"),
    "lost-request": Sighting("at {where}, {op} had lost its request: none was current."),
    "foreign-g": Sighting("at {where}, {op} saw g of {other}.", "g"),
    "foreign-app": Sighting("at {where}, {op} saw an app that is not its own as current_app."),
    "lost-app": Sighting("at {where}, {op} had lost its app context: none was current."),
    "stale-g": Sighting("at {where}, g of {op} already held {other}; it must start empty.", "g"),
    "foreign-session": Sighting("at {where}, {op}, sent with {sent}, saw {other} in its session.", "session"),
    "uninvited-session": Sighting(
        "at {where}, {op}, sent without a session, saw {other} in its session.", "session"
    ),
}


def flag(tally: Tally, invariant: str, view: View, flagged: Bools, anomaly: str) -> None:
    """Count the flagged rows of a view as sightings of *anomaly*."""
    tally.rows(view, flagged, anomaly, partial(_violation, invariant, anomaly, view))


def _violation(invariant: str, anomaly: str, view: View, row: int) -> Violation:
    """Return the violation of one record, with what opened the other operation, if in reach."""
    event = view.event(row)
    sighting = SIGHTINGS[anomaly]
    operation = event["op"]
    other = event[sighting.column] if sighting.column else ABSENT
    owner = view.owner_besides(operation, other, row)
    where = label(event["kind"], event["point"])
    explanation = sighting.sentence.format(
        where=where,
        op=name_canary(operation),
        other=name_with_owner(other, owner),
        sent=name_canary(event["value"]),
    )
    return Violation(
        invariant,
        anomaly,
        capital(explanation),
        (event,) if owner is None else (owner, event),
        (operation,) if owner is None else (operation, owner["op"]),
        where,
    )
