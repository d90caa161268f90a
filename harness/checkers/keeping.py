"""I13: when all is quiet, nothing of a finished request is kept: no data, thread, file or socket.

What counts as kept, and from when, is decided where it is found (``harness/inside/residue/``) and told in
docs/verdict.md. A bounded cache whose entries are each one caller's is counted, and is no breach; so is what
holds the data of few requests, or of the latest only.
"""

from __future__ import annotations

from harness.history.layout import Residue

from .fold import Fold, Law
from .residues import Breach, ResidueFold

_STAY = "{count} more {what} were open after the last request than when the process was warm: {name}."

BREACHES = {
    Residue.KEPT: Breach(
        "kept",
        "What {owner} had sent{field} was still there after the last request: {name} holds data of "
        "{operations}.",
    ),
    Residue.THREADS: Breach(
        "threads-stay",
        "{count} more threads were alive after the last request than when the process was warm: {name}.",
    ),
    **{
        point: Breach(f"{point.name.lower()}-stay", _STAY.replace("{what}", point.name.lower()))
        for point in (Residue.FILES, Residue.SOCKETS)
    },
}
COUNTED = {Residue.CACHED: "caches", Residue.HELD: "slots"}


def start(law: Law) -> Fold:
    """Return the fold of I13."""
    summaries = {"requests": "value", "thousand_objects": "activation"}
    return ResidueFold(law, BREACHES, COUNTED, summaries, looks_back=True)
