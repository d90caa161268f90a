"""Histories of users' own applications, and all that their laws say of them, word for word.

As test_golden_stories, for the laws that need answers, fields and residues: counts, notes and doubts, and
the events of each witness. Accepted as in test_golden_explanations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.blackbox.carrying import caller_of
from harness.checkers.table import APP_CHECKERS
from harness.history.canary import UNMARKED
from harness.history.columns import Batch
from harness.history.facts import ColumnFacts, Earlier, JournalFacts, RouteFacts
from harness.history.layout import Residue, Side
from tests.golden.checkers.rendering import hold, lines
from tests.unit.checkers.answering import ROUTES, batch_of, facts_of, judged, operation
from tests.unit.checkers.test_residues_of_apps import SENT, left

HERE = Path(__file__).parent
#: More fields than an operation has canaries for.
FORM = RouteFacts("POST /form", "/form", tuple(("form", f"f{number}") for number in range(40)))
MANY = tuple(RouteFacts(f"GET /{name}", f"/{name}") for name in "abcde")


class App(NamedTuple):
    """What its clients tell, a journal each, what its processes left, and what is known of it."""

    clients: tuple[str, ...]
    left: tuple[Batch, ...] = ()
    shared: tuple[str, ...] = ()
    routes: tuple[RouteFacts, ...] = ROUTES
    earlier: tuple[Earlier, ...] = ()

    def batches(self) -> list[Batch]:
        return [*(batch_of(text, f"client/{at}") for at, text in enumerate(self.clients)), *self.left]

    def facts(self) -> ColumnFacts:
        known = facts_of(*self.batches(), shared=self.shared)
        return replace(known, routes=self.routes, earlier=self.earlier)


def process(number: int, *rows: tuple[Residue, int, int, int]) -> Batch:
    return replace(left(*rows), source=f"server/{number}", pid=number)


def handed(tokens: int, to: int, of: int, name: str = "cookie") -> str:
    """Return a story in which each token goes *to* clients *of* all."""
    each = range(tokens * to)
    return "\n".join(f"{at % of}.{at + 1} 2 200 {name}=#{at // to}" for at in each)


TWO = """
2.1 0 200 body=c2.1.3
2.2 1 303
1.1 0 200 status=c2.2.4 header=c2.1.3
1.2 2 404 notice=logout
2.3 0 ... body=c1.1.1 body=c1.1.4
1.3 2 404 body=c2.3.5
3.1 2 - cookie=c2.3.0 body=c2.1.1 body=c3.9.9
"""
THREE = """
4.1 1 200 body=c2.2.3
4.2 1 200 body=c2.3.2
"""
O1, O2, O3, O9 = operation(1), operation(2), operation(2, 2), operation(9, 9)
RESIDUES = (
    process(
        5,
        (Residue.SUMMARY, 0, 0, 0),
        (Residue.THREADS, 0, 0, 0),
        (Residue.KEPT, O2, O2, 0),
        (Residue.INHERITED, O1, O3, 3),
        (Residue.KEPT, O3, O3, 3),
        (Residue.KEPT, O3, O3, 4),
        (Residue.INHERITED, O1, O2, 3),
        (Residue.KEPT, O9, O9, 3),
        (Residue.CLOSED_AGAIN, O1, O1, 0),
        (Residue.SUMMARY, 0, 0, 0),
    ),
    process(
        4,
        (Residue.LEFT, O1, O2, 0),
        (Residue.NEVER_CLOSED, O2, O2, 0),
        (Residue.INHERITED, O2, O1, 4),
        (Residue.INHERITED, O2, O3, 3),
        (Residue.INHERITED, O2, UNMARKED, 0),
        (Residue.KEPT, O1, O1, 2),
        (Residue.KEPT, O1, O1, 2),
    ),
    process(3, (Residue.LEFT, O2, O1, 0)),
)
APPS = {
    "two callers get what others sent": App((TWO, THREE), shared=()),
    "the same, and the guestbook publishes": App((TWO, THREE), shared=("/guestbook",)),
    "its last route is unknown": App((TWO, THREE.replace(" 1 200", " 2 200")), routes=ROUTES[:1]),
    "its routes are unknown": App((TWO, THREE), shared=("message",), routes=()),
    "a route that is not published is not in the list": App(
        ("2.1 2 200\n2.2 9 200\n1.1 0 200 body=c2.1.3 body=c2.2.3",), shared=("message",), routes=ROUTES[:2]
    ),
    "more fields than slots": App(
        ("2.1 0 200\n1.1 0 200 body=c2.1.31 body=c2.1.30",), shared=("f28",), routes=(FORM,)
    ),
    "of earlier checks": App(
        ("1.1 0 200 body=c2.9.1 body=c2.9.3 body=c3.0.5 body=c3.1.1 body=c2.10.1",),
        shared=("message",),
        earlier=(Earlier(caller_of(O1), 99), Earlier(caller_of(O2), 9)),
    ),
    "own canaries alone": App(("1.1 0 200 body=c1.1.3", "1.2 1 302 body=c1.1.3"), shared=("message",)),
    "not asked": App(()),
    "not answered": App(("1.1 0 ... notice=https",)),
    "as many tokens as can be judged, each to half of all": App((handed(8, 3, 6),)),
    "the same in two journals": App((f"7.99 2 200\n{handed(8, 3, 6, 'header')}", handed(8, 3, 6, "header"))),
    "each to more than half of all": App((handed(8, 4, 6),)),
    "too few tokens": App((handed(7, 3, 6),)),
    "each to eight": App((handed(8, 8, 16),)),
    "each to nine": App((handed(8, 9, 18),)),
    "names are judged apart": App(
        ("\n".join(f"{n}.1 2 200 cookie=#{n} header=#{n + 1} body=#{n // 2}" for n in range(1, 21)),),
        routes=ROUTES[:2],
    ),
    "errors of each kind": App(
        ("1.1 0 404\n1.2 0 500\n1.3 1 302\n1.4 2 -\n1.5 2 - notice=logout\n1.6 2 999",)
    ),
    "as many redirects as good answers": App(("1.1 0 200\n1.2 0 302\n1.3 2 -",)),
    "nothing but errors": App(("1.1 0 404\n1.2 1 503\n1.3 2 -",)),
    "half of all have to log in": App(
        ("1.1 0 302 notice=entrance\n1.2 1 302 notice=entrance\n1.3 2 200\n1.4 2 200",)
    ),
    "three routes refuse": App(
        ("1.1 0 400 notice=csrf\n1.2 1 400 notice=csrf\n1.3 2 400 notice=csrf\n1.4 3 200",), routes=MANY[:4]
    ),
    "four routes refuse": App(("\n".join(f"1.{n} {n} 403 notice=refused" for n in range(4)),), routes=MANY),
    "five routes refuse": App(
        ("\n".join(f"1.{n} {n} 429 notice=rate_limit" for n in range(5)),), routes=MANY
    ),
    "two processes left something, and one did not look back": App((SENT,), RESIDUES),
    "the same, and the message is published": App((SENT,), RESIDUES, shared=("message",)),
    "none looked back": App((SENT,), RESIDUES[1:]),
}
OF_ANSWERS, OF_RESIDUES = ("B1", "B2", "ROUTES"), ("I11", "I12", "I13")
LAWS = [checker for checker in APP_CHECKERS if checker.law.id in OF_ANSWERS + OF_RESIDUES]


def told() -> Iterator[str]:
    """Render each application, and the same when its processes were killed."""
    for name, app in APPS.items():
        yield f"== {name}"
        facts = app.facts()
        whole = judged(LAWS, app.batches(), facts)
        # Where nothing was left, the laws of residues have nothing to say.
        yield from chain.from_iterable(lines(one) for one in whole if app.left or one.invariant in OF_ANSWERS)
        killed = judged(LAWS, app.batches(), without_an_end(facts))
        if killed != whole:
            yield "-- killed"
            yield from chain.from_iterable(lines(one) for one in killed if one not in whole)


def without_an_end(facts: ColumnFacts) -> ColumnFacts:
    def killed(one: JournalFacts) -> JournalFacts:
        return replace(one, closed=False) if one.side is Side.SERVER else one

    return replace(facts, journals=tuple(map(killed, facts.journals)))


def test_all_that_is_said_of_an_application_is_as_committed() -> None:
    hold(HERE / "stories_of_apps.txt", "\n".join([*told(), ""]))


@pytest.mark.parametrize("name", APPS)
def test_record_by_record_and_the_last_journal_first_it_is_the_same(name: str) -> None:
    app = APPS[name]
    pieces = [
        replace(batch, first=at, records=batch.records[at : at + 1])
        for batch in reversed(app.batches())
        for at in range(len(batch.records))
    ]
    assert judged(LAWS, pieces, app.facts()) == judged(LAWS, app.batches(), app.facts())
