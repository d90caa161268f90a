"""What a fault is: a row of a table and a switch.

A fault says what it does, not what must be found: which invariant has to ring, under which worker
model, and where it must stay silent is the business of whoever tests this app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from targetapp.framework import App


class Fault(NamedTuple):
    """One seeded defect."""

    id: str
    fault_class: str  # FC1-FC13 of the catalogue of real bugs
    reference: str  # the public bug, or one of its kind
    mechanism: str  # one sentence
    apply: Callable[[App], None]
