"""``verdict.json`` is what its schema says: of the samples, of real checkers, and of nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import harness.report
from harness.pipeline import judge_run
from harness.report.as_json import FORMAT, render_json
from tests.golden.report.samples import SAMPLES, invalid, run
from tests.unit.cli.runs import ENOUGH, make_column, make_run, record_operations

SCHEMA: dict[str, Any] = json.loads(
    (Path(harness.report.__file__).parent / "schema" / "verdict.schema.json").read_text(encoding="utf-8")
)


def strict(schema: Any) -> Any:
    """Return a schema that also refuses what it does not name, to see that it names everything."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


def objections(document: Any, schema: Any = SCHEMA) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def test_the_schema_is_one_and_of_our_format() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"] == {"const": FORMAT}
    assert SCHEMA["$id"].endswith(f":{FORMAT}")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_fits_and_every_key_is_described(name: str) -> None:
    assert objections(json.loads(render_json(SAMPLES[name]())), strict(SCHEMA)) == []


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("status", [200, 500])
def test_what_a_judged_run_leaves_fits(tmp_path: Path, status: int, inside: bool) -> None:
    made = make_run(tmp_path)
    record_operations(made, make_column(made, inside=inside), ENOUGH, status=status)
    judge_run(made)
    assert objections(json.loads(made.verdict_path.read_text()), strict(SCHEMA)) == []


def test_a_run_of_nothing_fits() -> None:
    assert objections(json.loads(render_json(run("nothing")))) == []


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("format",), 2),
        (("verdict",), "fine"),
        (("exit_code",), 4),
        (("columns", 0, "results", 0, "state"), "green"),
        (("columns", 0, "results", 0, "count"), -1),
        (("columns", 0, "results", 1, "violations", 0, "operations"), ["12"]),
        (("columns", 0, "results", 1, "violations", 0, "witness", 0, "side"), "middle"),
        (("columns", 0, "measures", "per_second"), None),
    ],
)
def test_what_does_not_fit_is_objected_to(way: tuple[Any, ...], value: object) -> None:
    document = json.loads(render_json(invalid()))
    changed = copy.deepcopy(document)
    *path, last = way
    here = changed
    for step in path:
        here = here[step]
    here[last] = value
    assert objections(document) == []
    assert objections(changed) != []
