"""The live view costs no run: without it there is one warning, and Locust's interface answers as before."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace
from typing import Any

import flask
import pytest

from harness.commands.locust.live import KEY, LiveView, add_tab
from harness.store.runs import Column
from tests.unit.cli.runs import make_column, make_run


class Rows(LiveView):
    """A live view that shows one row."""

    def rows(self) -> list[dict[str, Any]]:
        return [{"what": "verdict so far", "count": 0, "says": "Nothing found so far."}]


def interface(view: LiveView) -> Any:
    """Return as much of Locust's web interface as a tab touches."""
    app = flask.Flask(__name__)
    app.add_url_rule("/stats/requests", "stats", lambda: {"stats": [], "state": "running"})
    app.add_url_rule("/other", "other", lambda: {"stats": []})
    app.add_url_rule("/list/stats/requests", "list", lambda: flask.jsonify([1]))
    web_ui = SimpleNamespace(app=app, template_args={"extended_tabs": [{"title": "mine", "key": "mine"}]})
    add_tab(web_ui, view)
    return web_ui


def test_the_tab_is_added_to_those_that_are_there() -> None:
    arguments = interface(Rows()).template_args
    assert [tab["key"] for tab in arguments["extended_tabs"]] == ["mine", KEY]
    (table,) = arguments["extended_tables"]
    assert [column["key"] for column in table["structure"]] == ["what", "count", "says"]


def test_rows_travel_with_locust_s_own_statistics_and_with_nothing_else() -> None:
    client = interface(Rows()).app.test_client()
    said = client.get("/stats/requests").get_json()
    assert said["state"] == "running"
    assert [one["key"] for one in said["extended_stats"]] == [KEY]
    assert client.get("/other").get_json() == {"stats": []}
    assert client.get("/list/stats/requests").get_json() == [1]


def test_a_view_that_does_not_answer_has_no_rows() -> None:
    view = LiveView()
    assert view.rows() == []
    view.address = "http://127.0.0.1:1/"
    assert view.rows() == []


def test_a_view_that_can_t_be_started_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    view = LiveView()
    with caplog.at_level(logging.WARNING):
        view.start()
    assert [record.getMessage() for record in caplog.records] == [
        "crosstalk: there is no live view: FileNotFoundError"
    ]
    column: Column = make_column(make_run(tmp_path))
    view.watch(column)
    view.judged("valid")
    view.end()
    assert (view.address, view.rows()) == ("", [])
    assert len(caplog.records) == 1


def test_a_view_that_says_no_port_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")  # says nothing, and ends
    view = LiveView()
    view.start()
    assert len(caplog.records) == 1
    assert view.address == ""
