"""What a test asks for wrongly gets one line; what it asks for rightly is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from harness.plugin.asking import AskedWrongError
from harness.plugin.fixture import Crosstalk, TestRun


def create_app() -> Flask:
    app = Flask("arguments")

    @app.get("/")
    def index() -> str:
        return request.args.get("canary", "")

    @app.get("/logout")
    def logout() -> str:
        return request.args.get("canary", "")

    return app


@pytest.fixture
def checks(tmp_path: Path) -> Crosstalk:
    return Crosstalk(TestRun(tmp_path, str(tmp_path)))


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"exclude": "/logout"}, "exclude='/logout' is one text: give a list, as in exclude=['/logout']"),
    ({"shared": "title"}, "shared='title' is one text: give a list, as in shared=['title']"),
    ({"methods": "GET"}, "methods='GET' is one text: give a list, as in methods=['GET']"),
    ({"urls": "GET /"}, "urls='GET /' is one text: give a list, as in urls=['GET /']"),
    ({"operations": "500"}, "operations='500' is no number of requests"),
    ({"headers": ["Host: x"]}, "headers: give a dict, as in headers={'Host': 'example.org'}"),
    (
        {"exclude": ["/log-out"]},
        "exclude: '/log-out' fits no rule of the app's, which are /, /logout, /static/<path:filename>",
    ),
    (
        {"exclude": ["/", "/b"], "urls": ["GET /", "GET /a"]},
        "exclude: '/b' fits no rule of the app's, which are /, /a",
    ),
)


@pytest.mark.parametrize(("asked", "said"), WRONG, ids=[str(asked) for asked, _ in WRONG])
def test_what_is_asked_wrongly_is_told_in_a_line(checks: Crosstalk, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(AskedWrongError) as caught:
        checks.check(create_app(), **asked)
    assert str(caught.value) == said


def test_a_factory_is_no_application(checks: Crosstalk) -> None:
    with pytest.raises(AskedWrongError, match=r"as in check\(create_app\(\)\)"):
        checks.check(create_app)  # type: ignore[arg-type]


def test_a_function_that_is_one_is_taken(checks: Crosstalk) -> None:
    app = create_app()

    def middleware(environ: dict[str, Any], start_response: Any) -> Any:
        return app(environ, start_response)

    text = checks.check(middleware, operations=1000, exclude=["/log*", "/static/*"], seed=1).text
    assert "on 2 routes" in text  # GET and HEAD
