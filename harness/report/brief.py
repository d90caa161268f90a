"""The first ten seconds: is it isolated, how do we know, and if not, what crossed, where, what next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.history.canary import name_canary, split_canary
from harness.verdict import Verdict

from .cards import Card
from .data import RunReport
from .doubts import run_doubts
from .evidence import evidence_lines
from .figures import count, plural
from .swimlane import Crossing
from .unexercised import unexercised
from .wording import command_again, join_and


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of a reader's, answered."""

    question: str
    text: str
    code: str = ""  # shown as code
    link: str = ""  # an anchor of the page


def make_brief(report: RunReport, cards: Sequence[Card]) -> tuple[Answer, ...]:
    """Return the answers that stand above everything else."""
    if report.verdict is Verdict.INVALID and cards:
        return tuple(_of_a_violation(report, cards))
    if report.verdict is Verdict.VALID:
        return tuple(_of_silence(report))
    return tuple(_of_a_doubt(report))


def _of_a_violation(report: RunReport, cards: Sequence[Card]) -> Iterator[Answer]:
    card = cards[0]
    item, violation = card.first, card.first.kind.shown.violation
    yield Answer("Is it isolated?", f"No. {card.group.cause.title}.", link=card.group.anchor)
    yield Answer("What happened", violation.explanation)
    crossing = _first_crossing(card)
    if crossing is not None:
        sight, seer = crossing
        yield Answer("From whom to whom", f"from {_who(sight.sight.owner)} to {_who(seer)}")
    elif len(violation.operations) > 1:
        yield Answer(
            "From whom to whom", f"from {_who(violation.operations[1])} to {_who(violation.operations[0])}"
        )
    place = item.place
    yield Answer(
        "Where", f"{item.column.name}, at {item.where}", code=f"{place.short}  {place.code}" if place else ""
    )
    yield Answer("How sure", _certainty(report, cards))
    yield Answer("What next", card.group.cause.advice, code=card.command)


def _first_crossing(card: Card) -> tuple[Crossing, int] | None:
    for moment in card.first.swimlane.moments:
        if moment.proof and moment.crossings:
            return moment.crossings[0], moment.event["op"]
    return None


def _certainty(report: RunReport, cards: Sequence[Card]) -> str:
    total = sum(card.group.count for card in cards)
    kinds = sum(len(card.group.kinds) for card in cards)
    return (
        f"{plural(total, 'violation')} of {plural(kinds, 'kind')} over {_operations(report)}; "
        "each kind is proved by records of the target or its clients."
    )


def _of_silence(report: RunReport) -> Iterator[Answer]:
    yield Answer("Is it isolated?", "Nothing crossed over in what this run did, and it did enough to tell.")
    yield Answer("How do we know", f"{_operations(report)}; {'; '.join(_evidence(report))}.", link="evidence")
    missing = unexercised(report)
    if missing:
        yield Answer("What it does not say", f"Not exercised: {join_and(missing)}.", link="exercise")
    yield Answer(
        "What next", "Run longer, or with another seed, to look further.", code=command_again(report.meta)
    )


def _of_a_doubt(report: RunReport) -> Iterator[Answer]:
    link = "doubts" if run_doubts(report) else "evidence"
    yield Answer("Is it isolated?", "This run can't tell. Nothing wrong was proved.")
    yield Answer("Why not", "Too little was seen, or something went wrong while looking.", link=link)
    seen = "; ".join(_evidence(report))
    if seen:
        yield Answer("What was seen", f"{_operations(report)}; {seen}.", link="evidence")
    yield Answer("What next", "Settle what the doubts name, then run again.", code=command_again(report.meta))


def _operations(report: RunReport) -> str:
    return plural(sum(column.measures.operations for column in report.columns), "operation")


def _evidence(report: RunReport) -> list[str]:
    return [
        f"{column.name}: {count(line.seen)} {line.what} ({line.word})"
        for column in report.columns
        for line in evidence_lines(column)
        if line.needed is not None
    ]


def _who(operation: int) -> str:
    parts = split_canary(operation)
    return f"{name_canary(operation)} (client {parts.client} of load worker {parts.worker})"
