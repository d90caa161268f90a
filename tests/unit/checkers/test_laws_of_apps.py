"""B1, B2 and ROUTES: what the answers of a user's own application say; every alarm has a silent twin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.blackbox.carrying import caller_of
from harness.blackbox.tokens import names_of
from harness.checkers.exercised import REASONS
from harness.checkers.table import checkers_for
from harness.history.columns import Batch
from harness.history.facts import Earlier
from harness.history.layout import Field
from harness.verdict import Verdict
from tests.unit.checkers.answering import ROUTES, batch_of, facts_of, judge, judged, operation

LEAK = """
2.1 0 200
1.1 0 200 body=c2.1.3
"""


def test_what_another_caller_sent_names_both_and_the_field() -> None:
    result = judge("B1", batch_of(LEAK))
    (violation,) = result.violations
    assert violation.explanation == (
        "Operation w0.c1#1 (GET /hello/<name>) got back in the body of its answer what operation w0.c2#1 "
        "(GET /hello/<name>) had sent in the field 'name' of its path."
    )
    assert violation.operations == (operation(1), operation(2))
    assert [event["op"] for event in violation.witness] == [operation(2), operation(1)]
    assert result.kinds == {"foreign-in-body": 1}


@pytest.mark.parametrize(
    ("place", "anomaly"),
    [("status", "status-line"), ("header", "header"), ("cookie", "cookie"), ("body", "body")],
)
def test_each_place_is_an_anomaly(place: str, anomaly: str) -> None:
    result = judge("B1", batch_of(f"2.1 0 200\n1.1 0 200 {place}=c2.1.1"))
    assert result.kinds == {f"foreign-in-{anomaly}": 1}


def test_an_own_canary_is_silent_and_counted() -> None:
    result = judge("B1", batch_of("1.1 0 200 body=c1.1.3\n1.2 0 200 body=c1.1.3"))
    assert (result.verdict, result.facts["own_canaries_returned"]) == (Verdict.VALID, 2)


def test_what_nobody_sent_is_silent() -> None:
    assert judge("B1", batch_of("2.1 0 200\n1.1 0 200 body=c2.9.3")).count == 0


@pytest.mark.parametrize(("most", "shared", "count"), [(9, (), 1), (8, (), 0), (9, ("name",), 0)])
def test_what_an_earlier_check_sent_is_anothers(most: int, shared: tuple[str, ...], count: int) -> None:
    batch = batch_of("2.1 0 200\n1.1 0 200 body=c2.9.3")
    facts = replace(facts_of(batch, shared=shared), earlier=(Earlier(caller_of(operation(2)), most),))
    result = judge("B1", batch, facts=facts)
    assert result.count == count
    for violation in result.violations:
        assert "what operation w0.c2#9 of an earlier check had sent in its request." in violation.explanation


@pytest.mark.parametrize(("slot", "count"), [(3, 0), (4, 1)])
def test_what_an_earlier_check_had_published_is_none(slot: int, count: int) -> None:
    batch = batch_of(f"2.1 0 200\n1.1 0 200 body=c2.9.{slot}")
    facts = replace(facts_of(batch), earlier=(Earlier(caller_of(operation(2)), 9, published=1 << 3),))
    assert judge("B1", batch, facts=facts).count == count


GUESTBOOK = "2.1 1 303\n1.1 2 200 body=c2.1.{slot}"
DECLARED = [
    (3, ("message",), 0),
    (3, ("/guestbook",), 0),
    (3, ("/guest*",), 0),
    (3, ("token",), 1),
    (3, ("/hello/<name>",), 1),
    (3, (), 1),
    (4, ("message",), 1),
    (1, ("/guestbook",), 1),  # a header is never published
    (2, ("/guestbook", "message"), 1),  # nor is a cookie
]


@pytest.mark.parametrize(("slot", "shared", "count"), DECLARED)
def test_what_is_declared_is_no_violation_and_nothing_else(
    slot: int, shared: tuple[str, ...], count: int
) -> None:
    batch = batch_of(GUESTBOOK.format(slot=slot))
    result = judge("B1", batch, facts=facts_of(batch, shared=shared))
    assert result.count == count
    assert result.facts.get("declared_as_shared", 0) == 1 - count


def handed(owners: dict[int, list[int]], where: str = "cookie") -> Batch:
    """Return a journal in which each token went to some clients."""
    lines = [
        f"{client}.{token} 2 200 {where}=#{token}" for token, clients in owners.items() for client in clients
    ]
    return batch_of("\n".join(lines))


ONE_EACH = {token: [token] for token in range(1, 21)}
TOKENS = {
    "each caller has its own": (ONE_EACH, 0),
    "one went to two": (ONE_EACH | {5: [5, 6]}, 1),
    "four forks of one seed": (
        {token: [token * 4 + fork for fork in range(4)] for token in range(1, 11)},
        30,
    ),
    "a constant": ({7: list(range(20))}, 0),
    "a constant that changed nine times": ({token: list(range(20)) for token in range(1, 10)}, 0),
    "too few to say": ({token: [token, token + 1] for token in range(1, 5)}, 0),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_value_meant_for_one_is_handed_to_one(name: str) -> None:
    owners, count = TOKENS[name]
    assert judge("B2", handed(owners)).count == count


def test_both_callers_are_named() -> None:
    (violation,) = judge("B2", handed(ONE_EACH | {5: [5, 6]})).violations
    assert violation.explanation == (
        "Operation w0.c5#5 and operation w0.c6#5, of two callers, were handed the same random value in "
        "a cookie of GET /."
    )


def test_names_are_judged_apart() -> None:
    lines = [f"{n}.1 2 200 cookie=#{n} header=#{n + 1}" for n in range(1, 21)]
    assert judge("B2", batch_of("\n".join(lines))).count == 0


REVISION = names_of("revision")


@pytest.mark.parametrize(
    ("name", "shared", "count"),
    [
        (0, (), 1),
        (0, ("/",), 0),
        (0, ("GET /",), 0),
        (0, ("/guestbook", "revision"), 1),
        *((name, ("revision",), 0) for name in REVISION),
        *((name, ("session",), 1) for name in REVISION),
    ],
)
def test_what_is_everybody_s_and_changes_is_declared(name: int, shared: tuple[str, ...], count: int) -> None:
    batch = handed(ONE_EACH | {5: [5, 6]})
    tokens = batch.records["point"] == Field.HANDED
    batch.records["expected"][tokens] = name
    result = judge("B2", batch, facts=facts_of(batch, shared=shared))
    assert result.count == count
    assert result.facts.get("declared_as_shared", 0) == (0 if count else int(tokens.sum()))


def test_names_are_told_apart_to_the_last_bit() -> None:
    """Beyond 53 bits a float would not, which comparing signed and unsigned numbers may make of them."""
    shared = [each for each in map(str, range(999)) if max(names_of(each)) < 1 << 63]
    batch = handed(ONE_EACH | {5: [5, 6]})
    tokens = batch.records["point"] == Field.HANDED
    for expected, count in ((names_of(shared[0])[0], 0), (names_of(shared[0])[0] ^ 1, 1)):
        batch.records["expected"][tokens] = expected
        assert judge("B2", batch, facts=facts_of(batch, shared=tuple(shared))).count == count


@pytest.mark.parametrize("law", ["B1", "B2", "ROUTES"])
def test_cut_anywhere_and_in_any_order_the_result_is_the_same(law: str) -> None:
    first = batch_of(LEAK + "3.1 2 200 cookie=#9 notice=logout\n")
    second = replace(handed({token: [token, token + 1] for token in range(1, 21)}), source="client/1")
    whole = judge(law, first, second)
    facts = facts_of(first, second)
    pieces = [
        replace(batch, first=at, records=batch.records[at : at + 1])
        for batch in (second, first)
        for at in range(len(batch.records))
    ]
    assert judge(law, *pieces, facts=facts) == replace(whole) == judge(law, second, first, facts=facts)


def routes(story: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    result = judge("ROUTES", batch_of(story))
    return result.doubts, tuple(note for note in result.notes if not note.startswith(MUTE))


MUTE = "Nothing that was sent came back from "


@pytest.mark.parametrize(
    ("story", "named"),
    [
        ("1.1 0 200 body=c1.1.3\n1.2 1 200 header=c1.1.3\n1.3 2 302 cookie=c1.3.0", None),
        ("1.1 0 200 body=c1.1.3\n1.2 1 200\n1.3 2 404", "POST /guestbook (form)"),  # errors are told of
        ("2.1 1 200 body=c2.1.3\n1.1 0 200 body=c2.1.3", "GET /hello/<name>"),  # another's
        ("1.1 0 200\n1.2 0 200\n1.3 2 200", "GET /hello/<name> and GET /"),
    ],
)
def test_a_route_that_gives_nothing_back_is_named(story: str, named: str | None) -> None:
    notes = [note for note in judge("ROUTES", batch_of(story)).notes if note.startswith(MUTE)]
    assert [note.removeprefix(MUTE).partition(":")[0] for note in notes] == ([named] if named else [])


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_an_answer_without_a_body_gives_nothing_back_and_is_not_named(method: str) -> None:
    batch = batch_of("1.1 0 200\n1.2 2 200")
    bodiless = replace(ROUTES[0], label=f"{method} /hello/<name>")
    facts = replace(facts_of(batch), routes=(bodiless, *ROUTES[1:]))
    notes = [note for note in judge("ROUTES", batch, facts=facts).notes if note.startswith(MUTE)]
    assert [note.removeprefix(MUTE).partition(":")[0] for note in notes] == ["GET /"]


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (LEAK, ""),
        (LEAK + "1.2 1 200 body=c2.1.3\n1.3 1 200 body=c2.1.3",
         " By route: POST /guestbook (form) 2 and GET /hello/<name> 1."),
    ],
)  # fmt: skip
def test_every_route_that_leaks_is_told_of(story: str, said: str) -> None:
    for violation in judge("B1", batch_of(story)).violations:
        assert violation.explanation.endswith(f"in the field 'name' of its path.{said}")


def test_routes_that_answer_are_silent() -> None:
    assert routes("1.1 0 200\n1.2 1 302\n1.3 2 304") == ((), ())


def test_a_route_that_answers_only_errors_is_no_evidence() -> None:
    doubts, notes = routes("1.1 0 404\n1.2 0 500\n1.3 1 200\n1.4 2 200")
    assert doubts == ()
    assert notes == ("GET /hello/<name> answered only errors (4xx, 5xx): no evidence.",)


def test_a_route_that_was_never_asked_for_is_named() -> None:
    _, notes = routes("1.1 0 200\n1.2 1 200")
    assert notes == ("GET / was never asked for: run longer, with more operations.",)


def test_errors_everywhere_are_a_doubt() -> None:
    doubts, _ = routes("1.1 0 404\n1.2 1 400\n1.3 2 -")
    assert len(doubts) == 1
    assert "--header 'Host: NAME'" in doubts[0]


@pytest.mark.parametrize("notice", REASONS)
def test_a_reason_for_half_of_all_is_a_doubt_and_for_less_a_note(notice: int) -> None:
    name = {one: one.name.lower() for one in REASONS}[notice]  # type: ignore[index]
    most = f"1.1 0 200 notice={name}\n1.2 1 200\n1.3 2 200 notice={name}"
    doubts, notes = routes(most)
    doubted = REASONS[notice].doubts  # type: ignore[index]
    assert (len(doubts), len(notes)) == ((1, 0) if doubted else (0, 1))
    doubts, notes = routes("1.1 0 200\n1.2 1 200\n1.4 1 200\n" + f"1.3 2 200 notice={name}")
    assert (len(doubts), len(notes)) == (0, 1)


def test_a_column_that_could_not_interleave_is_a_doubt_only_if_it_was_named() -> None:
    batch = batch_of("\n".join(f"{client}.{n} 2 200" for client in (1, 2) for n in range(300)))
    named = judge("EVIDENCE", batch)
    (doubt,) = named.doubts
    assert doubt.startswith("Too few switches inside requests: 0 seen, and a thread column needs 1,000; its")
    assert named.notes == ()
    other = judge("EVIDENCE", batch, facts=facts_of(batch, named=False))
    assert (other.doubts, other.verdict) == ((), Verdict.VALID)
    assert [note.partition(";")[0] for note in other.notes] == [doubt.partition(";")[0]]


@pytest.mark.parametrize(("status", "without"), [(399, 600), (400, 0), (404, 0)])
def test_errors_are_no_evidence(status: int, without: int) -> None:
    stories = ("\n".join(f"{client}.{n} 2 {status}" for n in range(300)) for client in (1, 2))
    batches = [batch_of(story, f"client/{at}") for at, story in enumerate(stories)]
    result = judge("EVIDENCE", *batches, facts=facts_of(*batches, named=False))
    assert result.facts["operations_answered_without_an_error"] == without
    short = [] if without else ["Too few operations answered without an error"]
    assert [doubt.partition(":")[0] for doubt in result.doubts] == short


@pytest.mark.parametrize("contexts", ["", "Flask 3.1.3"])
def test_laws_about_contexts_are_left_out_where_none_were_observed(contexts: str) -> None:
    batch = batch_of(LEAK)
    facts = replace(facts_of(batch), contexts=contexts)
    laws = [one.law for one in checkers_for(app=True) if contexts or not one.law.contexts]
    results = judged(checkers_for(app=True), [batch], facts)
    assert [(one.invariant, one.title) for one in results] == [(law.id, law.title) for law in laws]
    named = {one.invariant for one in results}
    assert ("B1" in named, "I1" in named, "I12" in named) == (True, bool(contexts), True)


def test_probes_have_no_laws_of_apps() -> None:
    laws = {one.law.id for one in checkers_for(app=False)}
    assert ("B1" in laws, "I1" in laws, "I12" in laws) == (False, True, False)
