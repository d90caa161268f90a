from __future__ import annotations

import argparse

import pytest

from harness.load.locust.guard import refuse
from harness.load.locust.options import FORM, Frozen, add_options, own_values, refused_fields
from harness.options.table import LOCUST, OPTIONS, UsageError

HOST = "127.0.0.1:8089"
START = ["user_count", "spawn_rate", "host", "operations", "worker_model", "faults", "seed"]


@pytest.mark.parametrize("origin", [None, f"http://{HOST}"])
def test_the_interface_itself_may_start(origin: str | None) -> None:
    assert refuse("POST", "/swarm", origin, HOST, START) == ""


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://"])
@pytest.mark.parametrize("path", ["/swarm", "/stop", "/user"])
def test_another_page_may_not(origin: str, path: str) -> None:
    assert refuse("POST", path, origin, HOST, [])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_is_free(method: str) -> None:
    assert refuse(method, "/stats/requests", "http://evil.example", HOST, []) == ""


@pytest.mark.parametrize("path", ["/user", "/user/", "/base/user"])
def test_users_can_t_be_edited(path: str) -> None:
    assert "not editable" in refuse("POST", path, None, HOST, [])


@pytest.mark.parametrize(
    "field",
    ["target", "target_python", "reports", "bind", "port", "into", "disk_max_mb", "black_box", "html_file"],
)
def test_a_form_can_t_set_code_paths_or_limits(field: str) -> None:
    assert refused_fields([*START, field]) == [field]
    assert "--" + field.replace("_", "-") in refuse("POST", "/swarm", None, HOST, [*START, field])


def test_every_option_of_the_table_is_either_in_the_form_or_frozen() -> None:
    options = {option.dest: option for option in OPTIONS if LOCUST in option.offered}
    frozen = Frozen(argparse.Namespace(**dict.fromkeys(options, "command line")))
    for dest, option in options.items():
        parsed = argparse.Namespace(**{**dict.fromkeys(options, "command line"), dest: "form"})
        assert frozen.restore(parsed) == ([] if option.form else [dest])
        assert getattr(parsed, dest) == ("form" if option.form else "command line")
        assert (dest in FORM) is option.form


def test_what_got_past_the_guard_is_put_back_and_named() -> None:
    frozen = Frozen(argparse.Namespace(target_python="/usr/bin/python3", html_file=None, operations=""))
    parsed = argparse.Namespace(target_python="/bin/evil", html_file="/etc/passwd", operations="5")
    with pytest.raises(UsageError, match="--html-file, --target-python"):
        frozen.check(parsed)
    assert vars(parsed) == {"target_python": "/usr/bin/python3", "html_file": None, "operations": "5"}
    frozen.check(parsed)


class FakeParser(argparse.ArgumentParser):
    """As much of Locust's parser as we use."""


def test_options_are_text_and_marked_for_the_form() -> None:
    parser = FakeParser()
    parser.add_argument("--web-host", default="")
    parser.add_argument("--master-bind-host", default="*")
    add_options(parser)
    parsed = parser.parse_args(["--worker-model", "nope", "--no-yields"])
    assert (parsed.web_host, parsed.master_bind_host) == ("127.0.0.1", "127.0.0.1")
    values = own_values(parsed)
    assert values["worker_model"] == "nope"  # ours to refuse: argparse would exit 2, which means unknown
    assert values["no_yields"] is True
    assert {type(value) for value in values.values()} == {str, bool}
    shown = {a.dest for a in parser._actions if getattr(a, "include_in_web_ui", False)}
    assert shown == {option.dest for option in OPTIONS if option.form and LOCUST in option.offered}


def test_help_texts_survive_argparse() -> None:
    parser = FakeParser()
    add_options(parser)
    assert "--operations" in parser.format_help()
