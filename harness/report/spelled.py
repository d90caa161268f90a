"""What was sent and what came back, with every canary that is somebody else's marked.

The text is target text: it is made inert and escaped first, and only then are canaries, which are
sixteen hexadecimal digits and nothing else, put into elements of ours.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from harness.history.canary import CanaryKind, name_canary, split_canary, to_text
from harness.history.event import Event
from harness.history.layout import Kind, Side
from harness.inert import inert_block

from .data import ColumnReport, Detail
from .narrate import scenario_of
from .redact import redact

_KINDS = "".join(str(int(kind)) for kind in CanaryKind)
_CANARY = re.compile(rf"(?<![0-9a-zA-Z])[{_KINDS}][0-9a-f]{{15}}(?![0-9a-zA-Z])", re.ASCII)

#: A canary again and again, as in a body that echoes it.
_REPEATED = re.compile(r"\b([0-9a-f]{16})((?: \.\. \1\b)+)", re.ASCII)


def sent_text(operation: int, column: ColumnReport) -> Markup:
    """Return what an operation sent; where no client kept it, what its INVOKE record says."""
    detail = column.details.get(operation, Detail(""))
    if detail.sent:
        return mark_foreign(redact(detail.sent), operation)
    invoke = _event(operation, column, Kind.INVOKE)
    if invoke is None:
        return Markup("not recorded")
    text = f"scenario {scenario_of(invoke)}; X-Canary: {to_text(operation)}"
    if invoke["session"]:
        text += f"; in session {to_text(invoke['session'])}"
    return mark_foreign(text, operation)


def came_text(operation: int, column: ColumnReport) -> Markup:
    """Return what came back to an operation; a client keeps that only where it was not as it should be."""
    detail = column.details.get(operation, Detail(""))
    if detail.text:
        return mark_foreign(redact(detail.text), operation)
    for kind, said in _COMPLETIONS.items():
        event = _event(operation, column, kind)
        if event is not None:
            return Markup.escape(said.format(status=event["value"]))
    return Markup("not recorded")


def mark_foreign(text: str, operation: int) -> Markup:
    """Return *text* as markup: canaries of others marked and named, the operation's own only set apart."""
    safe = _REPEATED.sub(_counted, str(escape(inert_block(text))))
    # Only our own elements are put in, around hexadecimal digits; all else is escaped.
    return Markup(_CANARY.sub(lambda found: _mark(found[0], operation), safe))  # noqa: S704


def is_foreign(canary: int, operation: int) -> bool:
    """Return whether a canary is another operation's, or of another client than this operation's."""
    mine, theirs = split_canary(operation), split_canary(canary)
    if theirs.kind == CanaryKind.OPERATION:
        return canary != operation
    return (mine.worker, mine.client) != (theirs.worker, theirs.client)


def _mark(text: str, operation: int) -> str:
    canary = int(text, 16)
    if not is_foreign(canary, operation):
        return f'<span class="own">{text}</span>'
    return f"<mark>{text} ({escape(name_canary(canary))}, not its own)</mark>"


def _counted(found: re.Match[str]) -> str:
    return f"{found[1]} ({found[2].count('..') + 1} times)"


_COMPLETIONS = {
    Kind.OK: "status {status}, and all that its client looked at was as it should be",
    Kind.INFO: "no whole response: it may or may not have happened",
    Kind.FAIL: "nothing: it was never sent",
}


def _event(operation: int, column: ColumnReport, kind: Kind) -> Event | None:
    for event in column.stories.get(operation, ()):
        if event.side is Side.CLIENT and event["kind"] == kind:
            return event
    return None
