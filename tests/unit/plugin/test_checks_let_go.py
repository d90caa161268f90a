"""A check keeps nothing of its application: the test run goes on, perhaps with hundreds of others."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from harness.plugin.asking import Asked
from harness.plugin.checking import check


def make_app() -> Flask:
    app = Flask("let_go", static_folder=None)
    app.add_url_rule("/hello/<name>", "hello", lambda name: name)
    return app


class Plain:
    """An application without a framework."""

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"said"]


def check_one(make: Callable[[], Any], folder: Path, *, yields: bool) -> weakref.ref[Any]:
    """Check an application that nobody else holds, not even a variable: its frame has been looked at."""
    app = make()
    check(app, Asked(operations=40, urls=("GET /hello/{canary}",), yields=yields), folder)
    return weakref.ref(app)


@pytest.mark.parametrize("make", [make_app, Plain])
@pytest.mark.parametrize("yields", [True, False])
def test_an_application_is_let_go_of(make: Callable[[], Any], yields: bool, tmp_path: Path) -> None:
    gone = check_one(make, tmp_path, yields=yields)
    gc.collect()
    assert gone() is None


def test_an_application_that_somebody_holds_is_not(tmp_path: Path) -> None:
    app = make_app()
    gone = check_one(lambda: app, tmp_path, yields=True)
    gc.collect()
    assert gone() is app
