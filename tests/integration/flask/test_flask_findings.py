"""Each isolation defect of Flask is found in its example, by its law, with a witness; its twin is silent."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from harness.plugin.asking import Asked, Checked
from harness.plugin.checking import check
from tests.integration.flask.findings import EXAMPLES, FINDINGS, ROOT, Finding, load

OPERATIONS = 100


@pytest.fixture(autouse=True)
def _quiet() -> object:
    """Say nothing of errors: they are what is asked for."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def checked(name: str, folder: Path) -> Checked:
    return check(load(name), Asked(operations=OPERATIONS, root=str(EXAMPLES), seed=3), folder)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.app)
def test_a_defect_is_found_and_its_twin_is_silent(finding: Finding, tmp_path: Path) -> None:
    found = checked(finding.app, tmp_path / "found")
    assert found.verdict == "invalid"
    assert finding.anomalies <= set(found.anomalies), found.text
    assert finding.said in found.text
    assert "witness:" in found.text
    twin = checked(finding.twin, tmp_path / "twin")
    assert set(twin.anomalies) == finding.left, twin.text


def test_each_example_says_what_to_run(finding_texts: str) -> None:
    for finding in FINDINGS:
        assert f"--app '{finding.app}'" in finding_texts or f"--app {finding.app}" in finding_texts


@pytest.fixture
def finding_texts() -> str:
    return (EXAMPLES / "README.md").read_text()


def test_every_example_has_its_row() -> None:
    assert {each.name for each in EXAMPLES.glob("*.py")} == {row.app.partition(":")[0] for row in FINDINGS}
    assert (ROOT / "docs" / "flask.md").exists()
