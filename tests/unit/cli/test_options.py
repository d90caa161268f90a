from __future__ import annotations

import re
import sys
from dataclasses import fields
from typing import Any

import pytest

from harness.history.scenarios import PROBED
from harness.inside.residue import keeping
from harness.options.apps import AppSettings
from harness.options.arguments import to_arguments
from harness.options.catalogue import gather_catalogue
from harness.options.table import (
    LOCUST,
    OPTIONS,
    PROCESSES_MAX,
    RUN,
    SERVE,
    Catalogue,
    UsageError,
    check_processes,
    defaults,
    only_column,
    parse_settings,
)
from harness.workers.spec import Spec

CATALOGUE = Catalogue(
    servers={"thread": ("gthread", "waitress"), "greenlet": ("gevent",), "process": ("sync",)},
    faults=lambda: ("global_request", "teardown_error_stops_others"),
    scenarios=frozenset({"echo", "login"}),
)


def parse(**values: Any) -> Any:
    return parse_settings(values, CATALOGUE)


def test_nothing_said_means_the_defaults() -> None:
    settings = parse()
    assert settings.worker_model == ("thread",)
    assert (settings.operations, settings.duration_s, settings.concurrency) == (None, None, None)
    assert settings.yields
    assert settings.switch_interval_s == 1e-5
    assert (settings.reports, settings.bind, settings.drain_timeout_s) == ("reports", "127.0.0.1", 10.0)
    assert settings.target_python == sys.executable
    assert not settings.black_box


@pytest.mark.parametrize("empty", ["", None, "  "])
def test_an_empty_field_of_a_form_is_the_default(empty: str | None) -> None:
    values = dict.fromkeys((option.dest for option in OPTIONS if not option.flag), empty)
    assert parse_settings({**values, "seed": "7"}, CATALOGUE) == parse(seed="7")


def test_without_a_seed_each_run_gets_another() -> None:
    assert len({parse().seed for _ in range(8)}) > 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"worker_model": "fibre"}, "--worker-model: there is no 'fibre'; choose from thread, gr"),
        ({"server": "apache"}, "--server: there is no 'apache'"),
        ({"worker_model": "greenlet", "server": "waitress"}, "'waitress' hosts no greenlet workers"),
        ({"concurrency": "0"}, "--concurrency: '0' is no whole number from 1"),
        ({"concurrency": "1e3"}, "--concurrency"),
        ({"faults": "nope"}, "--faults: there is no 'nope'"),
        ({"scenarios": "echo,nope"}, "--scenarios: there is no 'nope'; choose from echo, login"),
        ({"operations": "-5"}, "--operations: '-5' is no whole number"),
        ({"operations": "0"}, "--operations"),
        ({"operations": "9" * 40}, "--operations"),
        ({"operations": "\u0663"}, "--operations"),
        ({"duration": "soon"}, "--duration: 'soon' is no number of seconds"),
        ({"duration": "nan"}, "--duration"),
        ({"duration": "inf"}, "--duration"),
        ({"operations": "5", "duration": "5"}, "give one of them"),
        ({"seed": "-1"}, "--seed"),
        ({"switch_interval_s": "0"}, "--switch-interval-s"),
        ({"timeout_s": "0"}, "--timeout-s"),
        ({"drain_timeout_s": "x"}, "--drain-timeout-s"),
        ({"disk_max_mb": "0"}, "--disk-max-mb"),
        ({"port": "65536"}, "--port"),
        ({"target": "targetapp"}, "--target: 'targetapp' names no application; write MODULE:NAME"),
        ({"target": "os;rm:x"}, "--target"),
        ({"reports": "a\nb"}, "--reports: the value holds control characters"),
        ({"bind": "\x1b[31m"}, "--bind"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_option(values: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(**values)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_faults_of_another_target_are_its_own_to_refuse() -> None:
    assert parse(target="mine:app", faults="anything").faults == ("anything",)


def test_faults_are_asked_for_only_if_one_is_named() -> None:
    def explode() -> tuple[str, ...]:
        raise AssertionError

    catalogue = Catalogue(CATALOGUE.servers, explode, CATALOGUE.scenarios)
    assert parse_settings({}, catalogue).faults == ()


@pytest.mark.parametrize(
    ("models", "servers", "columns"),
    [
        ("thread", "", ["thread-gthread"]),
        ("thread", "waitress", ["thread-waitress"]),
        ("thread", "waitress,gthread", ["thread-gthread", "thread-waitress"]),
        ("process,thread", "", ["thread-gthread", "process-sync"]),
        ("thread,greenlet", "waitress", ["thread-waitress", "greenlet-gevent"]),
        ("thread,greenlet", "all", ["thread-gthread", "thread-waitress", "greenlet-gevent"]),
    ],
)
def test_columns(models: str, servers: str, columns: list[str]) -> None:
    settings = parse(worker_model=models, server=servers)
    assert [f"{model}-{server}" for model, server in settings.columns(CATALOGUE)] == columns


@pytest.mark.parametrize("values", [{"worker_model": "thread,greenlet"}, {"server": "all"}])
def test_one_target_is_one_column(values: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="one target runs one column"):
        only_column(parse(**values), CATALOGUE)
    assert only_column(parse(), CATALOGUE).server == ("gthread",)


#: Options that are fields of ``Settings.app``.
OF_APPS = {"urls", "methods", "exclude", "shared", "header", "cache_max"}


@pytest.mark.parametrize("offered", [LOCUST, RUN, SERVE])
def test_arguments_give_the_same_settings_again(offered: str) -> None:
    settings = parse(
        worker_model="thread,greenlet", server="all", concurrency="3", faults="global_request", seed="9",
        no_yields=True, switch_interval_s="0.001", timeout_s="2.5", reports="-odd-name", bind="0.0.0.0",
        disk_max_mb="5", target_python="/usr/bin/python9", operations="77", scenarios="login", black_box=True,
        unguarded=True, reuse_app_context=True,
    )  # fmt: skip
    arguments = to_arguments(settings, offered)
    dests = {option.name: option for option in OPTIONS if offered in option.offered}
    values: dict[str, Any] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        values[dests[name].dest] = value if equals else True
    again = parse_settings(values, CATALOGUE)
    for option in dests.values():
        # What --without leaves is what --scenarios names from then on.
        renamed = {"duration": "duration_s", "no_yields": "yields", "without": "scenarios"}
        name = renamed.get(option.dest, option.dest)
        if name == "app":
            assert again.app == settings.app
        elif name not in OF_APPS:
            assert getattr(again, name) == getattr(settings, name), option.name


def test_arguments_about_an_app_give_the_same_settings_again() -> None:
    settings = parse(
        app="package.module:create_app('a, b')", urls="requests.txt", methods="get,post",
        exclude="/logout,/admin/*", shared="message,/wall", start_timeout_s="90", any_model=True,
        header="Host: example.org | X-Forwarded-Proto: https", cache_max="5000",
    )  # fmt: skip
    values = dict(
        argument.removeprefix("--").partition("=")[::2] for argument in to_arguments(settings, LOCUST)
    )
    again = parse(**{name.replace("-", "_"): value or True for name, value in values.items()})
    assert again == settings
    assert again.app.headers == (("Host", "example.org"), ("X-Forwarded-Proto", "https"))
    assert again.app.methods == ("GET", "POST")
    assert again.app.cache_max == 5000


def test_a_cache_is_as_large_by_default_wherever_one_asks() -> None:
    assert parse().app.cache_max == AppSettings().cache_max == keeping.CACHE_MAX
    (option,) = (each for each in OPTIONS if each.name == "--cache-max")
    assert option.default == str(keeping.CACHE_MAX)
    assert {field.name: field.default for field in fields(Spec)}["cache_max"] == keeping.CACHE_MAX


WRONG_ABOUT_APPS = [
    ({"app": "module"}, "names no application"),
    ({"app": "m:app", "target": "n:app"}, "give one of them"),
    ({"app": "m:app", "scenarios": "echo"}, "--scenarios is about targets with probes"),
    ({"app": "m:app", "faults": "global_request"}, "--faults is about targets with probes"),
    ({"shared": "/wall"}, "--shared is about an app of yours"),
    ({"app": "m:app", "cache_max": "0"}, "--cache-max: '0' is no whole number from 1 to"),
    ({"app": "m:app", "methods": "GET,FETCH"}, "there is no 'FETCH'"),
    ({"app": "m:app", "header": "no header: x"}, "is no header's name"),
    ({"app": "m:app", "header": "Host: x | foo"}, "--header: 'foo' has no colon; write 'NAME: VALUE'"),
    ({"app": "m:app\n"[:5] + "\x07"}, "control characters"),
]


@pytest.mark.parametrize(("values", "said"), WRONG_ABOUT_APPS)
def test_what_makes_no_sense_about_an_app_is_one_line(values: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as raised:
        parse(**values)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("only", "without", "left"),
    [
        ("", "", ()),
        ("echo,login", "", ("echo", "login")),
        ("echo,login", "login", ("echo",)),
        ("", "login", tuple(sorted(CATALOGUE.scenarios - {"login"}))),
    ],
)
def test_scenarios_are_named_or_left_out(only: str, without: str, left: tuple[str, ...]) -> None:
    settings = parse(scenarios=only, without=without)
    assert settings.scenarios == left
    again = [argument for argument in to_arguments(settings, RUN) if argument.startswith("--scenarios")]
    assert again == ([f"--scenarios={','.join(left)}"] if left else [])


def test_to_leave_out_everything_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--without leaves no scenario to send: leave out fewer"):
        parse(scenarios="echo", without="echo")
    with pytest.raises(UsageError, match=r"--without: there is no 'ecko'; choose from .*echo"):
        parse(without="ecko")


def test_every_scenario_can_be_named() -> None:
    assert gather_catalogue().scenarios == {scenario.name.lower() for scenario in PROBED}


def test_arguments_leave_out_what_is_the_default() -> None:
    assert to_arguments(parse(seed="5"), LOCUST) == ["--worker-model=thread", "--seed=5"]


def test_what_names_code_paths_interpreters_or_limits_is_not_in_the_form() -> None:
    safe = {"worker_model", "server", "concurrency", "faults", "operations", "duration", "seed", "scenarios",
            "without", "no_yields", "switch_interval_s", "timeout_s"}  # fmt: skip
    assert {option.dest for option in OPTIONS if option.form} == safe


def test_every_option_says_what_it_is_for() -> None:
    assert all(option.help and option.offered and option.name.startswith("--") for option in OPTIONS)
    assert len(defaults()) == len(OPTIONS)


def test_the_real_catalogue_has_the_documented_columns() -> None:
    catalogue = gather_catalogue()
    assert catalogue.servers["thread"][0] == "gthread"
    assert catalogue.servers["greenlet"][0] == "gevent"
    assert catalogue.servers["process"][0] == "sync"
    assert {"global_request", "teardown_error_stops_others"} <= set(catalogue.faults())
    assert "echo" in catalogue.scenarios


@pytest.mark.parametrize("text", ["0", "-2", "100000", "2.5", "", "two", "\u0662"])
def test_so_many_processes_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match=r"--processes: .* is no whole number from 1 to"):
        check_processes(text)


@pytest.mark.parametrize(("text", "number"), [("1", 1), (str(PROCESSES_MAX), PROCESSES_MAX), ("-1", -1)])
def test_so_many_processes_may_be_asked_for(text: str, number: int) -> None:
    assert check_processes(text) == number
