"""What a test shows: the verdict, each kind of violation with its explanation and witness, or every doubt.

What was not exercised is told whenever nothing was found, and what was declared as shared: a test that passes
has it in its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.checkers.sentences import join_and, plural
from harness.inert import inert_line
from harness.report.timeline import make_timeline, timeline_text
from harness.report.unexercised import never_sent
from harness.report.wording import one_account
from harness.store.survey import RoutePlan, Skipped
from harness.verdict import Result, Verdict, Violation, merge_results

from .asking import Asked, Checked
from .wording import in_a_test

WIDTH = 100
#: Kinds of violation that are shown with a witness; the others are counted.
KINDS_SHOWN = 6
NOTES_SHOWN = 6
#: Rules named that are left out for one reason.
RULES_SHOWN = 3


def tell(asked: Asked, plan: RoutePlan, results: Sequence[Result]) -> Checked:
    """Return what a check came to."""
    verdict = merge_results(results)
    anomalies = tuple(f"{result.invariant} {kind}" for result in results for kind in result.kinds)
    lines = [_head(asked, plan, verdict), *_body(results, verdict)]
    if verdict is not Verdict.INVALID:
        lines += _left_out(asked, plan)
    if warning := one_account(asked.headers):
        lines += ["", inert_line(in_a_test(warning))]
    text = "\n".join(lines)
    return Checked(verdict.word, text, asked.seed, asked.operations, anomalies)


def _head(asked: Asked, plan: RoutePlan, verdict: Verdict) -> str:
    how = "over HTTP" if asked.http else "in-process"
    units = f"{asked.workers} {'greenlets' if asked.worker_model == 'greenlet' else 'threads'}"
    routes = f"{len(plan.routes)} route{'' if len(plan.routes) == 1 else 's'}"
    return (
        f"crosstalk: {verdict.word.upper()} ({asked.operations:,} operations of {asked.clients} clients on "
        f"{routes}, {units}, {how}, seed {asked.seed})"
    )


def _body(results: Sequence[Result], verdict: Verdict) -> Iterator[str]:
    if verdict is Verdict.INVALID:
        yield from _violations(results)
        return
    for result in results:
        if result.verdict is Verdict.UNKNOWN:
            yield from (f"  {result.invariant}: {inert_line(in_a_test(doubt))}" for doubt in result.doubts)
    notes = list(dict.fromkeys(in_a_test(note) for result in results for note in result.notes))
    if notes:
        yield "not exercised:" if verdict is Verdict.VALID else "what may be why:"
        yield from _first(notes)


def _left_out(asked: Asked, plan: RoutePlan) -> Iterator[str]:
    """Yield what was not asked for, and what was not judged."""
    carrying = {
        "routes": [
            {
                "label": route.label,
                "fields": [{"name": field.name, "kind": field.kind} for field in route.fields],
            }
            for route in plan.routes
        ],
        "users": asked.clients,
    }
    said = [in_a_test(one) for one in (*_skipped(plan.skipped), *never_sent(carrying))]
    if said:
        yield "not asked for:"
        yield from _first(said)
    if asked.shared:
        yield f"declared as shared, and not judged: {inert_line(', '.join(asked.shared))}"


def _skipped(skipped: Iterable[Skipped]) -> Iterator[str]:
    """Yield each reason once, with the first rules that it holds for."""
    by_reason: dict[str, list[str]] = {}
    for one in skipped:
        by_reason.setdefault(one.why, []).append(one.rule)
    for why, rules in by_reason.items():
        more = len(rules) - RULES_SHOWN
        named = [*rules[:RULES_SHOWN], f"{more} more"] if more > 0 else rules
        yield f"{join_and(named)}: {why}"


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"  {inert_line(line)}" for line in lines[:NOTES_SHOWN])
    if len(lines) > NOTES_SHOWN:
        yield f"  ... and {len(lines) - NOTES_SHOWN} more"


def _violations(results: Sequence[Result]) -> Iterator[str]:
    kinds = _by_law_in_turn(results)
    for result, violation in kinds[:KINDS_SHOWN]:
        count = result.kinds.get(violation.anomaly, 1)
        yield ""
        yield f"{result.invariant} {violation.anomaly} ({count:,}): {result.title}"
        yield f"  {inert_line(violation.explanation)}"
        yield "  witness:"
        yield from (
            f"    {inert_line(line)}" for line in timeline_text(make_timeline(violation.witness), WIDTH)
        )
    if len(kinds) > KINDS_SHOWN:
        yield f"... and {plural(len(kinds) - KINDS_SHOWN, 'more kind')} of violation"


def _by_law_in_turn(results: Sequence[Result]) -> list[tuple[Result, Violation]]:
    """Return one violation of each kind: every law's first, then the second ones, and so on."""
    ranked = [
        (rank, result, next(group))
        for result in results
        for rank, (_, group) in enumerate(groupby(result.violations, key=lambda each: each.anomaly))
    ]
    return [(result, violation) for _, result, violation in sorted(ranked, key=lambda each: each[0])]
