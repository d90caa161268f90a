"""Where a step is announced: by the function that calls, by its caller, or elsewhere in the package."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.inside.tracing import make_environ, trace
from harness.target import Loaded

#: A framework of three steps; the numbers are the lines that a reader wants to be sent to.
SOURCE = """\
class steps:
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"

hook = print

def run(calls):
    for function, arguments in calls:
        function(*arguments)

def prepare():
    return [(hook, (steps.THIRD, None))]        # 13

def finish():
    calls = []
    calls.append((hook, (steps.SECOND, None)))  # 17
    run(calls)

def app(environ, start_response):
    hook(steps.FIRST, None)                     # 21
    finish()
    run(prepare())
    start_response("200 OK", [])
    return Body()

class Body:
    def __iter__(self):
        return iter([b"x"])
    def close(self):
        hook("literal", None)                   # 31
"""


@pytest.fixture
def framework(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "tiny_framework.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("tiny_framework", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tiny_framework"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["tiny_framework"]


def traced(framework: Any, method: str = "GET") -> list[dict[str, Any]]:
    def install(hook: Any) -> None:
        framework.hook = hook or print

    out = io.StringIO()
    loaded = Loaded(
        app=framework.app,
        wsgi=framework.app,
        contexts=None,
        signals=None,
        install_checkpoint=install,
        install_look=install,
        install_carry=install,
    )
    trace(loaded, method, "/", out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_step_is_found_where_its_name_is_written(framework: ModuleType) -> None:
    *steps, over = traced(framework)
    assert [(step["step"], step["line"], step["function"]) for step in steps] == [
        ("first", 21, "app"),
        ("second", 17, "finish"),
        ("third", 13, "prepare"),
        ("literal", 31, "Body.close"),
    ]
    assert {step["file"] for step in steps} == {framework.__file__}
    assert over == {"status": "200 OK", "left": ""}


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_an_error_that_leaves_the_application_is_named(framework: Any, error: type[BaseException]) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        framework.hook("first", None)
        raise error

    framework.app = app
    *steps, over = traced(framework)
    assert [step["step"] for step in steps] == ["first"]
    assert over == {"status": "", "left": error.__name__}


def test_the_hook_is_taken_out_again(framework: Any) -> None:
    traced(framework)
    assert framework.hook is print


def test_the_environment_is_what_pep_3333_asks_for() -> None:
    import wsgiref.validate

    environ = make_environ("POST", "/a%20b?c=1")
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/a b", "c=1")
    wsgiref.validate.check_environ(environ)  # type: ignore[attr-defined]
