"""A witness holds no more than the proof needs, and its sentence says what happened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.checkers import closing, inheriting, keeping, ledger_rules
from harness.checkers.fields import SAYINGS
from harness.checkers.sightings import SIGHTINGS
from harness.history.canary import CanaryKind, make_canary, name_canary
from harness.history.event import Event
from harness.history.layout import Side
from harness.sensitivity.witnesses import MINIMA, WORDS, find_flaws, minimum_of
from harness.verdict import Violation
from tests.unit.sensitivity.stories import event

ONE = make_canary(CanaryKind.OPERATION, 0, 3, 12)
TWO = make_canary(CanaryKind.OPERATION, 0, 7, 9)
THREE = make_canary(CanaryKind.OPERATION, 0, 8, 1)


def told(
    text: str,
    *events: Event,
    invariant: str = "I1",
    anomaly: str = "foreign-request",
    checkpoint: str = "view_after_yield",
    operations: tuple[int, ...] = (ONE, TWO),
) -> tuple[str, ...]:
    explanation = text.format(one=name_canary(ONE), two=name_canary(TWO), three=name_canary(THREE))
    return find_flaws([Violation(invariant, anomaly, explanation, events, operations, checkpoint)])


STARTED, SAW = event(t=1, op=TWO), event(t=2, op=ONE)
SENTENCE = "At view_after_yield, {one} saw the request of {two}."


def test_the_fewest_events_and_a_whole_sentence_are_no_flaw() -> None:
    assert told(SENTENCE, STARTED, SAW) == ()
    assert told(SENTENCE, SAW, operations=(ONE,)) == ()


@pytest.mark.parametrize(
    ("text", "events", "operations", "flaw"),
    [
        (SENTENCE, (), (ONE, TWO), "its witness is empty"),
        (SENTENCE, (event(t=0, op=TWO), STARTED, SAW), (ONE, TWO), "has 3 events: 2 would do"),
        (SENTENCE, (event(t=0, op=THREE), STARTED, SAW), (ONE, TWO), "of 3 operations: 2 would do"),
        (SENTENCE, (SAW, SAW), (ONE, TWO), "holds an event twice"),
        (SENTENCE, (event(t=1, op=THREE), SAW), (ONE, TWO), "an operation that it does not name"),
        ("At view_after_yield, {one} saw it.", (SAW,), (ONE, TWO), "does not name operation w0.c7#9"),
        ("At view_after_yield, {one} saw it.", (SAW,), (ONE,), "does not say what crossed"),
        ("{one} saw the request of {two}.", (STARTED, SAW), (ONE, TWO), "does not name the checkpoint"),
    ],
)
def test_a_flaw_is_told(text: str, events: tuple[Event, ...], operations: tuple[int, ...], flaw: str) -> None:
    (found,) = told(text, *events, operations=operations)
    assert flaw in found
    assert found.startswith("I1 foreign-request: ")


@pytest.mark.parametrize(
    ("anomaly", "checkpoint", "text", "flawed"),
    [
        ("lost-g", "g after the yield", "{one} found nothing in g after the yield.", False),
        ("lost-g", "g after the yield", "{one} found nothing in g before the yield.", True),
        ("lost-g", "g", "{one} found nothing.", True),
        ("illegal-status", "status", "{one} was answered with status 500.", False),
        (
            "wrong-vary-cookie",
            "vary_cookie",
            "The response to {one} varies, but Vary does not say so.",
            False,
        ),
        ("never-popped", "app_context_pop", "The app context of {one} was never popped.", False),
        ("never-popped", "app_context_pop", "Something of {one} was never popped.", True),
        ("left-to-collector", "census", "The request of {one} outlived it in a cycle.", False),
        ("not-cleared", "exit", "After {one} had left the target, the request of {one} was current.", False),
        ("not-cleared", "exit", "After {one} had left the target, something was.", True),
        ("foreign-g", "g_fresh", "g already held a value without a canary when {one} started.", False),
    ],
)
def test_words_stand_for_checkpoints(anomaly: str, checkpoint: str, text: str, *, flawed: bool) -> None:
    found = told(text, SAW, anomaly=anomaly, checkpoint=checkpoint, operations=(ONE,))
    assert bool(found) is flawed


def test_a_pair_of_one_operations_records_is_all_that_a_missing_teardown_needs() -> None:
    text = "The request context of {one} was popped, but teardown_request_last never ran for it."
    pushed, popped = event(t=1, op=ONE), event(t=2, op=ONE)
    kind = {"anomaly": "missing-teardown", "checkpoint": "teardown_request_last", "invariant": "I6"}
    assert told(text, pushed, popped, operations=(ONE,), **kind) == ()
    (flaw,) = told(text, STARTED, popped, operations=(ONE, TWO), **kind)
    assert "of 2 operations: 1 would do" in flaw


def test_a_request_of_nobody_is_no_operation_that_has_to_be_named() -> None:
    stray = Event(Side.SERVER, "server/1-1", 1, 5, (("t", 5), ("op", 0)))
    text = "When nothing reached the target, the request of {two} was still current."
    assert told(text, STARTED, stray, anomaly="left-behind", checkpoint="enter", operations=(TWO,)) == ()


OF_RESIDUE = (inheriting.BREACHES, closing.BREACHES, keeping.BREACHES)
#: Words with a hyphen in the checkers' code that are no anomalies.
OTHER_WORDS = {"black-box"}


def anomalies() -> set[str]:
    folder = Path(ledger_rules.__file__).parent
    named: set[str] = {*SIGHTINGS, *(breach.anomaly for table in OF_RESIDUE for breach in table.values())}
    for path in folder.glob("*.py"):
        named |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', path.read_text()))
    return named - OTHER_WORDS


def test_every_anomaly_of_every_checker_has_a_minimum() -> None:
    assert len(anomalies()) > 25
    for anomaly in anomalies():
        assert minimum_of(anomaly).events <= 2
    for field in SAYINGS:
        for kind in ("foreign", "lost", "wrong"):
            assert minimum_of(f"{kind}-{field.name.lower().replace('_', '-')}")
    assert set(MINIMA) - anomalies() <= {f"wrong-{f.name.lower().replace('_', '-')}" for f in SAYINGS}


def test_an_unknown_anomaly_is_a_flaw() -> None:
    (flaw,) = told(SENTENCE, SAW, anomaly="brand-new")
    assert "add a row to MINIMA" in flaw


def test_the_sayings_of_fields_name_their_checkpoint() -> None:
    for field, saying in SAYINGS.items():
        name = field.name.lower()
        for template in filter(None, saying):
            if isinstance(template, str):
                text = template.format(op="x", value="y", expected="z", when="").lower()
                assert re.search(WORDS.get(name, rf"\b{re.escape(name)}\b"), text), (name, text)
