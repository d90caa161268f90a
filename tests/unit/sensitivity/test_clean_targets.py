"""Where nothing may be found: the operations are shared out, and whatever is found fails."""

from __future__ import annotations

import pytest

from harness.commands.sensitivity.precision import exit_code
from harness.options.catalogue import gather_catalogue
from harness.options.table import MODELS, parse_settings
from harness.report.sensitivity.precision import Precise, render_precision
from harness.sensitivity.clean import SETTINGS, Clean, Portion, healthy_twins, share_out
from harness.sensitivity.expectation import Expectation, these
from harness.sensitivity.expectations import EXPECTATIONS

PORTION = Portion(SETTINGS[0], 1000)


@pytest.mark.parametrize("operations", [20_000, 200_001])
def test_a_models_portions_add_up(operations: int) -> None:
    portions = share_out(operations, MODELS, EXPECTATIONS)
    for model in MODELS:
        assert sum(one.operations for one in portions if one.clean.model == model) == operations
    assert all(one.operations for one in portions)


def test_the_reference_has_a_third() -> None:
    first = share_out(30_000, ("thread",), EXPECTATIONS)[0]
    assert (first.clean.name, first.operations) == ("reference", 10_000)


def test_a_twin_is_a_fault_where_it_must_stay_silent() -> None:
    rows = (
        Expectation("", ("pool",)),
        Expectation("shows", ("pool",), must=these("I1")),
        Expectation("may_show", ("pool",), may=these("I1")),
        Expectation("shows", ("process",)),
    )
    assert list(healthy_twins(rows)) == [Clean("twin shows", "process", "sync", fault="shows")]
    assert {twin.model for twin in healthy_twins(EXPECTATIONS)} == set(MODELS)


def test_every_setting_can_be_asked_for() -> None:
    catalogue = gather_catalogue()
    for clean in SETTINGS:
        settings = parse_settings(
            {"worker_model": clean.model, "server": clean.server, **dict(clean.options)}, catalogue
        )
        assert settings.columns(catalogue) == ((clean.model, clean.server),)
    plain = parse_settings({}, catalogue)
    for clean in SETTINGS:
        for name, _ in clean.options:
            field = "yields" if name == "no_yields" else name
            changed = parse_settings(dict(clean.options), catalogue)
            assert getattr(changed, field) != getattr(plain, field), name


@pytest.mark.parametrize(
    ("found", "stopped", "code"),
    [
        (Precise(PORTION, 1000), False, 0),
        (Precise(PORTION, 1000, doubts=("operations were lost",)), False, 2),
        (Precise(PORTION, 1000, problems=("the target could not start",)), False, 3),
        (Precise(PORTION, 1000, violations=("saw another's",), problems=("and it died",)), False, 1),
        (Precise(PORTION, 1000), True, 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst(found: Precise, code: int, *, stopped: bool) -> None:
    assert exit_code([Precise(PORTION, 1000), found], stopped=stopped) == code


def test_what_was_found_is_shown_with_where() -> None:
    wrong = Precise(PORTION, 1200, violations=("At view, it saw another's.",), evidence="out/runs/x")
    text = render_precision([Precise(PORTION, 1000), wrong])
    assert "thread-gthread  reference       1,000  nothing" in text
    assert "1 VIOLATION" in text
    assert "thread: 2,200 operations, 1 violation\n" in text
    assert (
        "thread-gthread, reference: At view, it saw another's.\n  its evidence: crosstalk check out/runs/x"
        in text
    )
