"""What usually goes wrong with an application of one's own: one sentence each, and the option that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.apps.test_apps_by_the_command import Run, run, runs
from tests.integration.locust.locusts import Runs

__all__ = ["run", "runs"]

#: An answer for each path, by the name of the mistake.
TEMPLATE = """
import time
{before}

def app(environ, start_response):
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    headers = [("Content-Type", "text/plain"), ("Content-Length", "2")]
    status = "200 OK"
{body}
    start_response(status, headers)
    return [b"ok"]
"""

#: name -> lines before the app, its body, the requests, exit code, what is said
MISTAKES: dict[str, tuple[str, str, str, int, str]] = {
    "an import error": (
        "import no_such_module_here",
        "",
        "GET /",
        3,
        "no_such_module_here; name the interpreter",
    ),
    "an error as it is imported": ("{}['key']", "", "GET /", 3, "fails when it is imported: KeyError"),
    "an empty environment": (
        "import os; os.environ['NO_SUCH_VARIABLE']",
        "",
        "GET /",
        3,
        "it is missing from the environment: set it where you start crosstalk",
    ),
    "a server of its own": (
        "print(' * Running on http://127.0.0.1:5000', flush=True); time.sleep(30)",
        "",
        "GET /",
        3,
        "put app.run() under if __name__ == '__main__'",
    ),
    "no router": ("", "", "", 3, "and give it with --urls"),
    "https": (
        "",
        """\
    if environ.get("HTTP_X_FORWARDED_PROTO") != "https":
        status, headers = "301 Moved", [("Location", "https://x/"), ("Content-Length", "2")]""",
        "GET /",
        2,
        "--header 'X-Forwarded-Proto: https'",
    ),
    "rate limit": ("", "    status = '429 Too Many Requests'", "GET /", 2, "with --users"),
    "csrf": (
        "",
        "    if method == 'POST': status = '403 Forbidden'",
        "POST / form a={canary}",
        2,
        "switch its CSRF protection off",
    ),
    "login": (
        "",
        "    if path != '/login':\n        status = '302 Found'; headers.append(('Location', '/login'))",
        "GET /\nGET /a\nGET /login",
        2,
        "requests that log in first with --urls",
    ),
    "logout": (
        "",
        "    headers.append(('Set-Cookie', 'sid=1' if path != '/logout' else 'sid=; Max-Age=0'))",
        "GET /\nGET /a\nGET /logout",
        -1,
        "GET /logout): leave that out with --exclude",
    ),
    "errors everywhere": ("", "    status = '400 Bad Request'", "GET /", 2, "give --header 'Host: NAME'"),
    "a slow start": ("time.sleep(4)", "", "GET /", 3, "with --start-timeout-s"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_a_sentence_with_what_helps(
    run: Run, runs: Runs, tmp_path: Path, name: str
) -> None:
    before, body, requests, code, said = MISTAKES[name]
    file, urls = tmp_path / "mistaken.py", tmp_path / "requests.urls"
    file.write_text(TEMPLATE.format(before=before, body=body))
    urls.write_text(requests)
    options = [f"--urls={urls}"] if requests else []
    slow = {"a slow start": ["--start-timeout-s=1"], "a server of its own": ["--start-timeout-s=4"]}
    process = run(
        f"--app={file}:app", *options, *slow.get(name, []), "--operations=600", "--worker-model=thread"
    )
    ended = process.wait()
    assert said in " ".join(process.output.split()), process.output
    assert code in (ended, -1)
    assert not [line for line in process.output.splitlines() if line.startswith("Traceback")]


def test_a_factory_that_needs_arguments_is_told_with_how_to_write_them(
    run: Run, runs: Runs, tmp_path: Path
) -> None:
    file = tmp_path / "made.py"
    file.write_text("def create_app(config, *, debug):\n    return config\n")
    process = run(f"--app={file}:create_app()", "--operations=600", "--worker-model=thread")
    assert process.wait() == 3
    said = " ".join(process.output.split())
    assert f"(missing a required argument: 'config'): write them, as in '{file}:create_app(\"test\")'" in said
    assert "Traceback" not in process.output


def test_what_helps_with_https_helps(run: Run, runs: Runs, tmp_path: Path) -> None:
    before, body, requests, _, said = MISTAKES["https"]
    file, urls = tmp_path / "mistaken.py", tmp_path / "requests.urls"
    file.write_text(TEMPLATE.format(before=before, body=body))
    urls.write_text(requests)
    options = [f"--app={file}:app", f"--urls={urls}", "--header=X-Forwarded-Proto: https"]
    process = run(*options, "--operations=600", "--worker-model=process")
    process.wait()
    assert said not in " ".join(process.output.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--app=no_colon"], "names no application"),
        (["--app=m:app", "--urls=no/such/file"], "--urls no/such/file: No such file or directory"),
        (["--app=m:app", "--scenarios=echo"], "leave it out with --app"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, options: list[str], said: str) -> None:
    process = run(*options)
    assert process.wait() == 3
    assert said in process.output
