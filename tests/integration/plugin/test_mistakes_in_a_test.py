"""What usually goes wrong with an app of one's own, in a test: one sentence, and the argument that helps."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.integration.plugin.test_plugin import ROOT

APPS = """
import itertools
from flask import Flask, redirect, request, session

def flask():
    made = Flask(__name__, static_folder=None)
    made.secret_key = "x"

    @made.get("/hello/<name>")
    def hello(name):
        return str(name).upper().lower()

    return made

limited = flask()
asked = itertools.count()

@limited.before_request
def limit():
    return ("slow down", 429) if next(asked) > 50 else None

secure = flask()

@secure.before_request
def to_https():
    if request.headers.get("X-Forwarded-Proto") != "https":
        return redirect(request.url.replace("http:", "https:", 1), 301)

inner = flask()

@inner.before_request
def to_login():
    if "user" not in session and request.path != "/login":
        return redirect("/login")

@inner.post("/login")
def log_in():
    session["user"] = request.form["name"]
    return "welcome"

@inner.get("/logout")
def log_out():
    session.clear()
    return "bye"

protected = flask()

@protected.post("/note")
def note():
    return "CSRF token missing", 400

named = flask()

@named.before_request
def by_name():
    if request.host != "shop.example":
        return "unknown host", 400
"""

#: name -> the arguments of check(), what is said, with what helps; '' for none: it passes then
MISTAKES = {
    "an import error": (
        "'broken.py:app'",
        (
            "broken.py:app needs a module that is not installed for {python}: no_such_module_here; run "
            "pytest by the interpreter that has it"
        ),
    ),
    "a factory that needs arguments": (
        "'made.py:create_app()'",
        (
            "the factory's arguments don't fit (missing a required argument: 'config'): write them, as in "
            "'made.py:create_app(\"test\")'"
        ),
    ),
    "rate limits": ("limited", "switch that off for the test, or ask less with operations="),
    "https": ("secure", "say that a proxy did that, with headers={{'X-Forwarded-Proto': 'https'}}"),
    "https, helped": ("secure, headers={'X-Forwarded-Proto': 'https'}", ""),
    "a login": ("inner, exclude=['/logout']", "give requests that log in first with urls="),
    "a logout": (
        "inner, urls=['POST /login form name={canary}', 'GET /hello/{canary}', 'GET /logout']",
        "as a logout does",
    ),
    "a logout, helped": (
        "inner, urls=['POST /login form name={canary}', 'GET /hello/{canary}']",
        "",
    ),
    "csrf": (
        "protected, urls=['POST /note form a={canary}', 'GET /hello/{canary}']",
        "The app's CSRF protection refused what was sent",
    ),
    "a host": ("named", "if the app asks for a host's name, give headers={{'Host': 'NAME'}}"),
    "a host, helped": ("named, headers={'Host': 'shop.example'}", ""),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each of the tests of a project says, by the name of its mistake."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "broken.py").write_text("import no_such_module_here\n")
    (folder / "made.py").write_text("def create_app(config, *, debug):\n    return config\n")
    tests = [
        f"def test_{number}(crosstalk):\n    print(crosstalk.check({arguments}, operations=200).text)\n"
        for number, (arguments, _) in enumerate(MISTAKES.values())
    ]
    (folder / "test_shop.py").write_text("\n".join([APPS, *tests]))
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "300"}
    environ.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "pytest_crosstalk",
                "-p",
                "no:cacheprovider",
                "-q",
                "-rP",
            ),
            *("--rootdir", str(folder), "test_shop.py"),
        ],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert "Traceback" not in done.stdout
    parts = re.split(r"^_+ test_([0-9]+) _+$", done.stdout, flags=re.MULTILINE)
    by_number = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: by_number[str(number)] for number, name in enumerate(MISTAKES)}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_a_sentence_with_what_helps(said: dict[str, str], name: str) -> None:
    _, expected = MISTAKES[name]
    if expected:
        assert expected.format(python=sys.executable) in said[name]
    else:
        for _, sentence in MISTAKES.values():
            assert not sentence or sentence.format(python=sys.executable) not in said[name]
        assert "No route answered" not in said[name]
    assert not re.search(r"\s--[a-z]", said[name].partition("run it again")[0])
