"""Valid, unknown, invalid: which outranks which, and what counts."""

from __future__ import annotations

import pytest

from harness.verdict import EXIT_CODES, EXIT_HARNESS_FAILED, Result, Verdict, merge_results, merge_verdicts

V, U, I = Verdict.VALID, Verdict.UNKNOWN, Verdict.INVALID  # noqa: E741 - three words, one letter each


@pytest.mark.parametrize(
    ("verdicts", "merged"),
    [
        ((), U),  # nothing is valid by default
        ((V,), V),
        ((V, V), V),
        ((V, U), U),
        ((U, V, V), U),
        ((V, I), I),
        ((U, I), I),  # one violation outranks every doubt
        ((I, U, V), I),
    ],
)
def test_the_greatest_wins(verdicts: tuple[Verdict, ...], merged: Verdict) -> None:
    assert merge_verdicts(verdicts) is merged


def result(verdict: Verdict, *, looked: bool = True) -> Result:
    return Result("I0", "a law", verdict, looked=looked)


def test_a_result_that_did_not_look_counts_neither_way() -> None:
    assert merge_results([result(V), result(V, looked=False)]) is V
    assert merge_results([result(V), result(U), result(V, looked=False)]) is U
    assert merge_results([result(V, looked=False)]) is U
    assert merge_results([]) is U


def test_words_and_exit_codes() -> None:
    assert [verdict.word for verdict in Verdict] == ["valid", "unknown", "invalid"]
    assert [EXIT_CODES[verdict] for verdict in (V, I, U)] == [0, 1, 2]
    assert EXIT_HARNESS_FAILED not in EXIT_CODES.values()
