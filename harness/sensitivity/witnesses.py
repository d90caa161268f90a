"""Whether the evidence of a violation is minimal, and its explanation says what happened.

The rule this file guards: *a witness holds no more than the proof needs*, at most two operations and two
events, and fewer where fewer suffice; *its explanation names every operation, the checkpoint, and what
crossed* (or what was missing or wrong there). How much an anomaly needs, and which words name a checkpoint
that is no word of a sentence, are tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.history.canary import ABSENT, UNMARKED, name_canary
from harness.history.layout import Field
from harness.verdict import Violation


class Minimum(NamedTuple):
    """The most that the proof of an anomaly needs."""

    operations: int
    events: int
    why: str


#: What the operation saw, and what opened the one that it is of: that one's record may be out of reach.
_CROSSED = Minimum(2, 2, "what one saw, and the start of the other")
_ALONE = Minimum(1, 1, "what it saw")
_PAIR = Minimum(1, 2, "two records of one operation that don't fit together")
_LEFT = Minimum(1, 2, "its start, and what was counted at the end")
_PROCESS = Minimum(0, 1, "what was counted at the end: it is no single operation's")

#: Anomaly -> what its proof needs; those of fields are found by the start of their names, below.
MINIMA: dict[str, Minimum] = {
    "left-behind": _CROSSED,
    "not-cleared": _CROSSED,
    "stale-g": _CROSSED,
    "uninvited-session": _CROSSED,
    "duplicate-id": _CROSSED,
    "handed-out-twice": _CROSSED,
    "wrong-g-fresh": _CROSSED,
    "wrong-job-found": _CROSSED,
    "wrong-job-left": _CROSSED,
    "wrong-job-g": _CROSSED,
    "wrong-session-log-missing": _CROSSED,
    "wrong-session-log-foreign": _CROSSED,
    "foreign-app": _ALONE,
    "no-id": _ALONE,
    "illegal-status": _ALONE,
    "missing-teardown": _PAIR,
    "repeated-teardown": _PAIR,
    "repeated-callback": _PAIR,
    "late-teardown": _PAIR,
    "early-teardown": _PAIR,
    "never-popped": _PAIR,
    "pushed-twice": _PAIR,
    "wrong-exception": _ALONE,
    # The canary of the exception names the other one: a record of it would prove nothing more.
    "foreign-exception": _ALONE,
    "unpushed-pop": _ALONE,
    "unpushed-teardown": _ALONE,
    "teardown-after-exit": _ALONE,
    "illegal-step": _PAIR,
    "illegal-frame": _PAIR,
    "unpushed-step": _PAIR,
    "ended-below": _PAIR,
    "unfinished-cycle": _PAIR,
    "swallowed-exception": _PAIR,
    "never-left": _PAIR,
    "step-after-exit": _PAIR,
    "left-to-collector": _LEFT,
    "never-freed": _LEFT,
    "inherited": _CROSSED,
    "active-at-start": _ALONE,
    "active-when-idle": _ALONE,
    "closed-again": _ALONE,
    "never-closed": _ALONE,
    "kept": _LEFT,
    "threads-stay": _PROCESS,
    "files-stay": _PROCESS,
    "sockets-stay": _PROCESS,
}
_BY_START = {"foreign-": _CROSSED, "lost-": _ALONE, "wrong-": _ALONE}

#: A checkpoint that no sentence would spell out -> what stands for it, one of the alternatives.
WORDS: dict[str, str] = {
    "enter": "reached the target",
    "exit": "had left the target",
    "left": "left the app",
    "census": "outlived it|after the last request",
    "status": "status",
    "job_start": "job of .* started on a pool's thread",
    "job_end": "job of .* had ended on a pool's thread",
    "app_context_push": "app_context_push|app context",
    "app_context_pop": "app_context_pop|app context",
    "request_context_push": "request_context_push|request context",
    "request_context_pop": "request_context_pop|request context",
    "json": "json body",
    "remote_addr": "remote address",
    "nested_g": "nested app context",
    "g_fresh": r"\bg\b.* started",
    "session_log_missing": "session log",
    "session_log_foreign": "session log",
    "sid_replaced": "session id",
    "response_header": "header of its response",
    "response_cookie": "cookie that its response set",
    "set_cookie_count": "session cookies",
    "vary_cookie": r"\bvary\b",
    "static_vary": r"\bvary\b",
    "static_bytes": "bytes of the static file",
    "allow": "allow header",
    "shared_page": "page .*shared cache",
    "chunk_count": "chunks",
    "issued_id": r"\bids?\b",
    "body_parsed": "body of the response",
    "response_count": "responses",
    "read": "read back",
    "backend_reply": "reply of its backend",
    "job_found": "the job of .* found",
    "job_request": "`request` in its job",
    "job_g": r"\bg of the job",
    "job_session": "session in its job",
    "job_left": "the job of .* left",
}
_FIELDS = frozenset(field.name.lower() for field in Field)
_MOMENTS = ("before the yield", "after the yield", "as it left")
_CANARY = re.compile(r"(?:operation|session|value) w\d+\.c\d+#\d+")
#: What crosses without a canary of its own, or says that nothing came.
_OTHERS = re.compile(
    r"without a canary|an alien value|an app context|an app that|nothing|nobody|empty|\bnone\b|\blost\b"
    r"|still current"
)


def minimum_of(anomaly: str) -> Minimum:
    """Return the most that the proof of an anomaly needs.

    :raises LookupError: if the table has no row for it.
    """
    if anomaly in MINIMA:
        return MINIMA[anomaly]
    for start, minimum in _BY_START.items():
        if anomaly.startswith(start):
            return minimum
    raise LookupError(f"nothing says how much proof {anomaly!r} needs: add a row to MINIMA")


def find_flaws(violations: Iterable[Violation]) -> tuple[str, ...]:
    """Return what is wrong with witnesses and explanations, a sentence each; one for each anomaly."""
    found: dict[tuple[str, str], str] = {}
    for one in violations:
        for flaw in _flaws(one):
            text = f"{one.invariant} {one.anomaly}: {flaw}; it says: {one.explanation}"
            found.setdefault((one.invariant, one.anomaly), text)
    return tuple(found.values())


def _flaws(one: Violation) -> Iterator[str]:
    yield from _of_witness(one)
    text = one.explanation.lower()  # a sentence begins with a capital, a name may stand there
    named = [operation for operation in one.operations if operation not in (ABSENT, UNMARKED)]
    for operation in named:
        if name_canary(operation) not in text:
            yield f"its explanation does not name {name_canary(operation)}"
    if not _names_checkpoint(one.checkpoint, text):
        yield f"its explanation does not name the checkpoint: {one.checkpoint or 'none is given'}"
    if not _names_what_crossed(one, text, named):
        yield "its explanation does not say what crossed"


def _of_witness(one: Violation) -> Iterator[str]:
    try:
        needed = minimum_of(one.anomaly)
    except LookupError as error:
        yield str(error.args[0])
        return
    seen = {event["op"] for event in one.witness}
    if not one.witness:
        yield "its witness is empty"
    if len(seen) > needed.operations:
        yield f"its witness is of {len(seen)} operations: {needed.operations} would do"
    if len(one.witness) > needed.events:
        yield f"its witness has {len(one.witness)} events: {needed.events} would do"
    if len({(event.source, event.number) for event in one.witness}) < len(one.witness):
        yield "its witness holds an event twice"
    if not seen - {ABSENT, UNMARKED} <= set(one.operations):
        yield "its witness is of an operation that it does not name"


def _names_checkpoint(checkpoint: str, text: str) -> bool:
    """Whether the words for the checkpoint, and for its moment, are in the text."""
    if not checkpoint:
        return False
    name, _, moment = checkpoint.partition(" ")
    if name in _FIELDS and moment in _MOMENTS and moment not in text:
        return False
    return re.search(WORDS.get(name, rf"\b{re.escape(name)}\b"), text) is not None


def _names_what_crossed(one: Violation, text: str, operations: list[int]) -> bool:
    """Whether more is named than the operation that saw it.

    Where only one operation is to blame its checkpoint says what was missing or wrong; one that met what
    is its own where nothing may be is named twice.
    """
    if one.anomaly not in MINIMA and not one.anomaly.startswith(tuple(_BY_START)):
        return True  # told already
    if minimum_of(one.anomaly) is not _CROSSED and one.anomaly != "foreign-exception":
        return True
    named = _CANARY.findall(text)
    own = name_canary(operations[0]) if operations else ""
    return len(set(named)) > 1 or named.count(own) > 1 or _OTHERS.search(text) is not None
