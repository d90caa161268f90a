"""The tables of worker models and servers, and how a name is looked up."""

from __future__ import annotations

import pytest

from harness.checkers.evidence import APPS, BLACK_BOX, THRESHOLDS
from harness.inside.servers import hosted
from harness.options import table as options
from harness.sensitivity.expectation import COLUMNS
from harness.workers import table
from harness.workers.table import UnknownWorkersError


def test_columns_and_their_order() -> None:
    assert [hosting.column for hosting in table.all_hostings()] == [
        "thread-gthread",
        "thread-waitress",
        "thread-werkzeug",
        "greenlet-gevent",
        "greenlet-gunicorn-gevent",
        "process-sync",
        "process-gthread-workers",
    ]


@pytest.mark.parametrize(
    ("model", "default"), [("thread", "gthread"), ("greenlet", "gevent"), ("process", "sync")]
)
def test_each_model_has_a_default_server(model: str, default: str) -> None:
    assert table.look_up(model).server.name == default
    assert table.look_up(model) == table.look_up(model, default)


def test_a_thread_per_connection_is_never_the_default() -> None:
    assert "per connection" not in table.look_up("thread").server.title
    assert "per connection" in table.look_up("thread", "werkzeug").server.title


@pytest.mark.parametrize(
    ("model", "server", "says"),
    [
        ("fibre", None, "thread, greenlet, process"),
        ("thread", "gevent", "gthread, waitress, werkzeug"),
        ("process", "", "sync, gthread-workers"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(model: str, server: str | None, says: str) -> None:
    with pytest.raises(UnknownWorkersError, match=says):
        table.look_up(model, server)


def test_concurrency_has_a_default_and_limits() -> None:
    hosting = table.look_up("process")
    assert table.check_concurrency(hosting, None) == hosting.model.concurrency
    assert table.check_concurrency(hosting, 2) == 2
    for wrong in (0, -1, table.CONCURRENCY_MAX + 1):
        with pytest.raises(UnknownWorkersError, match="processes: choose from 1 to"):
            table.check_concurrency(hosting, wrong)


@pytest.mark.parametrize("server", ["gevent", "gunicorn-gevent"])
def test_where_an_idle_connection_occupies_a_greenlet_users_need_as_many(server: str) -> None:
    hosting = table.look_up("greenlet", server)
    assert table.check_concurrency(hosting, None, 50) == hosting.model.concurrency
    assert table.check_concurrency(hosting, None, 400) == 800
    assert table.check_concurrency(hosting, 400, 400) == 400
    with pytest.raises(UnknownWorkersError, match="so 400 users would wait for ever: give 400 or more"):
        table.check_concurrency(hosting, 399, 400)


@pytest.mark.parametrize("server", ["gthread", "waitress", "werkzeug"])
def test_where_it_does_not_users_may_be_many(server: str) -> None:
    assert table.check_concurrency(table.look_up("thread", server), 2, 400) == 2


def test_the_names_of_the_models_are_the_same_everywhere() -> None:
    judged = {model for threshold in THRESHOLDS for model in threshold.models} - {BLACK_BOX, *APPS}
    assert list(table.MODELS) == list(options.MODELS)
    assert {"-".join(column) for column in COLUMNS.values()} <= {each.column for each in table.all_hostings()}
    assert judged == set(table.MODELS)


@pytest.mark.parametrize("hosting", table.all_hostings(), ids=lambda h: h.column)
def test_concurrency_reaches_the_servers_own_setting(hosting: table.Hosting) -> None:
    settings = hosted.settings_for(hosting, 7)
    assert settings[hosting.server.concurrency_setting] == 7
    assert settings.items() >= dict(hosting.server.settings).items()
