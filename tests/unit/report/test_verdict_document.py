"""Results explain themselves: docs/verdict.md names every law, anomaly, threshold and key there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.checkers.sightings import SIGHTINGS
from harness.checkers.table import ALL_CHECKERS
from harness.report.as_json import render_json
from tests.golden.report.samples import SAMPLES

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "verdict.md").read_text(encoding="utf-8")
#: Anomalies of whole operations are named where they are found.
NAMED = re.compile(
    r'Breach\(\s*"([a-z-]+)"|Violation\(\s*self\._law\.id, "([a-z-]+)"|"(left-behind|not-cleared)"'
)
#: Keys whose own keys come from elsewhere: files, counts, columns of a record.
OPEN = {"meta", "facts", "statuses", "details", "witness", "sent", "places", "steps", "looks", "kinds"}


def anomalies() -> set[str]:
    found = set(SIGHTINGS)
    for path in (ROOT / "harness" / "checkers").glob("*.py"):
        found |= {name for names in NAMED.findall(path.read_text(encoding="utf-8")) for name in names if name}
    return found


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from keys_of(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            if key not in OPEN:
                yield from keys_of(item)


@pytest.mark.parametrize("checker", ALL_CHECKERS, ids=lambda checker: checker.law.id)
def test_every_law_has_its_section(checker: Any) -> None:
    assert f"### {checker.law.id}: {checker.law.title}\n" in DOCUMENT


def test_every_anomaly_is_named() -> None:
    assert len(anomalies()) > 20
    assert {name for name in anomalies() if f"`{name}`" not in DOCUMENT} == set()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_key_of_the_verdict_is_named(name: str) -> None:
    keys = set(keys_of(json.loads(render_json(SAMPLES[name]()))))
    assert {key for key in keys if f"`{key}`" not in DOCUMENT} == set()
