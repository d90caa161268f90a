from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.report.wording import (
    command_again,
    command_for,
    command_to_check,
    join_and,
    one_account,
    sentence,
)
from tests.golden.report.samples import SAMPLES, run, valid

COMMANDS: list[tuple[dict[str, Any], str]] = [
    ({"command": ["crosstalk", "run"], "seed": 7}, "crosstalk run --seed 7"),
    ({"command": ["crosstalk", "run", "--seed", "8"], "seed": 8}, "crosstalk run --seed 8"),
    ({"command": ["crosstalk", "run", "--seed=8"], "seed": 8}, "crosstalk run --seed=8"),
    (
        {"command": ["crosstalk", "run", "--reports", "my runs"], "seed": None},
        "crosstalk run --reports 'my runs'",
    ),
    ({"command": ["crosstalk", "run", "; rm -rf x"]}, "crosstalk run '; rm -rf x'"),
    (
        {"command": ["crosstalk", "run", "--header=Cookie: session=hunter2"], "seed": 1},
        "crosstalk run '--header=Cookie: [redacted]' --seed 1",
    ),
    ({}, ""),
]


@pytest.mark.parametrize(("meta", "command"), COMMANDS)
def test_the_command_runs_the_same_again(meta: dict[str, Any], command: str) -> None:
    assert command_again(meta) == command


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("valid", "was a caller's request, session or g seen by another caller"),
        ("invalid", "34 violations of I1, I3 and I6 in thread-gthread"),
        ("unknown", "cannot be called valid"),
        ("black_box", "cannot be called valid"),
    ],
)
def test_a_verdict_has_a_sentence(name: str, words: str) -> None:
    assert words in sentence(SAMPLES[name]())


def test_a_valid_verdict_says_what_was_not_looked_at() -> None:
    report = valid()
    unlooked = tuple(replace(result, looked=False) for result in report.columns[0].results)
    outside = replace(report, columns=(replace(report.columns[0], results=unlooked), report.columns[1]))
    assert "were not examined" in sentence(outside)
    assert "every teardown callback" not in sentence(outside)


def test_a_run_without_columns_has_a_sentence() -> None:
    assert "cannot be called valid" in sentence(run("empty"))


@pytest.mark.parametrize(
    ("typed", "narrowed"),
    [
        (["run", "--worker-model", "thread,process", "--seed", "3"], "run --seed 3"),
        (["run", "--server=gthread,sync", "--seed=3"], "run --seed=3"),
        (["run"], "run"),
    ],
)
def test_the_command_of_one_column_names_no_other(typed: list[str], narrowed: str) -> None:
    meta = {"command": ["crosstalk", *typed], "seed": 3}
    end = "" if "--seed" in narrowed else " --seed 3"
    wanted = f"crosstalk {narrowed} --worker-model greenlet --server gevent{end}"
    assert command_for(meta, "greenlet", "gevent") == wanted
    assert command_for({}, "greenlet", "gevent") == ""


@pytest.mark.parametrize(
    ("words", "joined"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_joined_as_people_do(words: list[str], joined: str) -> None:
    assert join_and(words) == joined


@pytest.mark.parametrize(
    ("command", "check"),
    [
        ([], "crosstalk check reports/r1"),
        (["crosstalk", "run", "--reports", "mine/"], "crosstalk check mine/r1"),
        (["crosstalk", "run", "--reports=my runs"], "crosstalk check 'my runs/r1'"),
    ],
)
def test_checking_again_looks_where_the_run_was_put(command: list[str], check: str) -> None:
    assert command_to_check(replace(valid(), run="r1", meta={"command": command})) == check


def test_headers_that_make_all_clients_one_account_are_warned_of() -> None:
    warned = one_account([("Cookie", "a=b"), ("X-Api-Key", "c"), ("Host", "d")])
    assert warned.startswith("all clients are one account, by Cookie and X-Api-Key with --header: ")
    assert one_account([("Host", "d"), ("X-Forwarded-Proto", "https")]) == ""
