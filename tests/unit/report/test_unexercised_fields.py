"""Where a float has no room for a canary is told; where all fields carry one, nothing is."""

from __future__ import annotations

import pytest

from harness.report.unexercised import never_sent

ROUTES = [{"label": "GET /a", "fields": [{"name": "f", "kind": "float"}, {"name": "q", "kind": "text"}]}]


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ({}, []),
        ({"users": 4096, "load_workers": 1}, []),
        ({"users": 8192, "load_workers": 2}, []),
        ({"users": 4097, "load_workers": 1}, ["GET /a: f carries no canary beyond 4,096 clients"]),
        ({"users": 99, "load_workers": 16}, ["GET /a: f carries no canary beyond 15 load workers"]),
        ({"users": 99, "load_workers": 15}, []),
    ],
)
def test_a_float_has_room_for_some_callers(load: dict[str, int], said: list[str]) -> None:
    assert never_sent({**load, "routes": ROUTES}) == said


def test_what_has_room_for_all_is_not_told() -> None:
    routes = [{"label": "GET /a", "fields": ROUTES[0]["fields"][1:]}]
    assert never_sent({"users": 99_999, "load_workers": 64, "routes": routes}) == []
