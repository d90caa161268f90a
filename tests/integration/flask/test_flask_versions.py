"""Flask 2.3, 3.0 and 3.1 by `crosstalk run`, each in an environment of its own (`make flask`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.apps.test_apps_by_the_command import Run, results, run, runs
from tests.integration.flask.findings import EXAMPLES, FINDINGS, ROOT, Finding
from tests.integration.locust.locusts import Runs

__all__ = ["run", "runs"]

RIGHT = ROOT / "tests" / "apps" / "right" / "flask_everyday.py"
#: That of the tests themselves needs no environment.
OWN = "3.1"
OTHERS = ("2.3", "3.0")
#: I10 is left out: a machine that is slow to stop its target leaves no census.
LAWS_OF_CONTEXTS = ("I0", "I1", "I2", "I3", "I6", "CYCLE")


def python_of(version: str) -> str:
    """Return the interpreter that has this Flask; skips where there is none, under `make flask` fails."""
    if version == OWN:
        return sys.executable
    named = os.environ.get(f"CROSSTALK_FLASK_{version.replace('.', '_')}", "")
    python = Path(named or ROOT / f".venv-flask-{version}" / "bin" / "python")
    if not python.exists():
        if os.environ.get("CROSSTALK_REQUIRE_FLASKS"):
            pytest.fail(f"this test needs an environment with Flask {version}: make flask")
        pytest.skip(f"there is no environment with Flask {version}: make flask")
    return str(python)


def column_of(verdict: dict[str, Any]) -> dict[str, Any]:
    (column,) = verdict["columns"]
    assert isinstance(column, dict)
    return column


def kinds_of(verdict: dict[str, Any]) -> set[str]:
    """Return every kind of violation, with its law."""
    (found,) = results(verdict).values()
    return {f"{law} {kind}" for law, result in found.items() for kind in result["kinds"]}


#: A machine that does other things takes its time; nothing here is about how long.
pytestmark = pytest.mark.timeout(330)
WAIT_S = 300.0
#: Too few for evidence, so that a right application ends with 2; test_apps_by_the_command has it valid.
OPERATIONS = "--operations=250"


@pytest.mark.parametrize("model", ["thread", "process"])
@pytest.mark.parametrize("version", [*OTHERS, OWN])
def test_everyday_flask_is_right_and_looked_at(run: Run, runs: Runs, version: str, model: str) -> None:
    options = [f"--target-python={python_of(version)}", f"--worker-model={model}", "--no-yields"]
    process = run(f"--app={RIGHT}:app", *options, OPERATIONS)
    assert process.wait(WAIT_S) == 2, process.output
    verdict = runs.verdict()
    assert kinds_of(verdict) == set()
    found = results(verdict)[model]
    assert [found[law]["state"] for law in LAWS_OF_CONTEXTS] == ["ok"] * len(LAWS_OF_CONTEXTS)
    assert column_of(verdict)["meta"]["contexts"].startswith(f"Flask {version}.")


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.app)
@pytest.mark.parametrize("version", OTHERS)
def test_the_defects_are_those_of_its_version(run: Run, runs: Runs, version: str, finding: Finding) -> None:
    options = [f"--target-python={python_of(version)}", "--worker-model=thread", "--no-yields"]
    ended = run(f"--app={EXAMPLES / finding.app}", *options, OPERATIONS).wait(WAIT_S)
    kinds = kinds_of(runs.verdict())
    if finding.since > version:
        assert (ended, kinds) == (2, set())
    else:
        assert ended == 1
        assert finding.anomalies <= kinds


def test_greenlets_are_looked_at_too(run: Run, runs: Runs) -> None:
    process = run(f"--app={RIGHT}:app", "--worker-model=greenlet", OPERATIONS)
    assert process.wait(WAIT_S) == 2, process.output
    assert kinds_of(runs.verdict()) == set()
    assert results(runs.verdict())["greenlet"]["CYCLE"]["state"] == "ok"
