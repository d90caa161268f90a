"""A locustfile of the user's own: what its users send is judged as everything else is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.locust.locusts import (
    ROOT,
    Process,
    Runs,
    Web,
    eventually,
    free_port,
    headless,
    invariants,
    locust,
    operations,
)

EXAMPLE = ROOT / "docs" / "examples" / "shop_locustfile.py"
SHOP = ROOT / "tests" / "apps" / "shop"
Start = Callable[..., Process]
#: Of a busy machine; nobody waits for ever.
SECONDS = 200
pytestmark = pytest.mark.timeout(260)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "reports")


@pytest.fixture
def start(tmp_path: Path, runs: Runs) -> Iterator[Start]:
    """Start Locust with the example, or a locustfile of a test's own, without a web interface."""
    started: list[Process] = []

    def start(*arguments: str, own: str = "", web: bool = False) -> Process:
        file = EXAMPLE
        if own:
            file = tmp_path / "own_locustfile.py"
            file.write_text(f"from locust import task\nfrom harness.isolation import IsolationUser\n{own}")
        command = locust if web else headless
        arguments = (*arguments, "--seed=5", f"--reports={runs.reports}")
        started.append(Process(command(*arguments, locustfile=file), tmp_path / f"{len(started)}.txt"))
        return started[-1]

    yield start
    for process in started:
        process.end()


def column(runs: Runs) -> dict[str, Any]:
    (found,) = runs.verdict()["columns"]
    return dict(found)


def judged(runs: Runs, number: int) -> bool:
    return len(runs.verdicts()) == number


def first(runs: Runs, law: str) -> str:
    (result,) = [each for each in column(runs)["results"] if each["invariant"] == law]
    return str(result["violations"][0]["explanation"])


def test_an_app_that_leaks_is_found_and_the_finding_names_field_and_route(start: Start, runs: Runs) -> None:
    process = start(f"--app={SHOP / 'leaky.py'}:app", "--operations=500")
    assert process.wait(SECONDS) == 1, process.output
    assert invariants(runs.verdict())["B1"] == "violated"
    assert "(GET /search) got back in the body of its answer" in first(runs, "B1")
    assert "had sent in the field 'q' of its query." in first(runs, "B1")
    assert operations(runs.verdict()) == 500
    assert "GET /search: OperationError('a foreign canary in the answer')" in process.output
    assert "Traceback" not in process.output


def test_an_app_that_is_right_is_valid_from_two_processes(start: Start, runs: Runs) -> None:
    process = start(f"--app={SHOP / 'right.py'}:app", "--operations=1200", "--processes=2")
    assert process.wait(SECONDS) == 0, process.output
    assert runs.verdict()["verdict"] == "valid"
    found = column(runs)
    assert len(list(runs.only().glob("*/client/*.journal"))) == 2
    assert operations(runs.verdict()) == 1200
    labels = {route["label"]: route for route in found["meta"]["routes"]}
    assert len(labels) == len(found["meta"]["routes"])  # the two agree on each number
    assert {"POST /login (form)", "GET /search", "GET /me"} <= set(labels)
    assert [field["name"] for field in labels["POST /login (form)"]["fields"]] == ["name"]


def test_two_processes_find_what_leaks(start: Start, runs: Runs) -> None:
    process = start(f"--app={SHOP / 'leaky.py'}:app", "--operations=500", "--processes=2")
    assert process.wait(SECONDS) == 1, process.output
    assert "in the field 'q' of its query." in first(runs, "B1")


def test_from_the_web_interface_twice(start: Start, runs: Runs) -> None:
    port = free_port()
    process = start(f"--app={SHOP / 'leaky.py'}:app", f"--web-port={port}", "--operations=400", web=True)
    web = Web(port)
    process.until(lambda: web.get("/stats/requests"), "the web interface")
    for number in (1, 2):
        web.start()
        eventually(partial(judged, runs, number), "a verdict")
        assert runs.verdicts()[-1]["verdict"] == "invalid"
        process.until(lambda: web.get("/stats/requests")["state"] in ("stopped", "ready"), "the end")


SEVERAL = """
class Own(IsolationUser):
    def on_start(self):
        assert self.client.post("/login", data={"name": self.canary("name")}).text.startswith("you are")
        self.name = self.client.get("/me").text

    @task
    def look(self):
        assert self.client.get("/me").text == self.name  # cookies are kept
        with self.client.get("/orders/9", catch_response=True) as answer:
            answer.success() if answer.status_code == 404 else answer.failure("not 404")
        lines = list(self.client.iter_lines("/search?q=" + self.canary("q", "int")))
        assert lines[0].startswith("<p>you asked for"), lines
        answer = self.client.post("/login", data={"name": "me"}, allow_redirects=False)
        assert answer.status_code == 302
        self.client.post("/login", data={"name": self.canary("name")})
        self.name = self.client.get("/me").text
"""


def test_what_a_fast_http_user_can_do_is_done(start: Start, runs: Runs) -> None:
    process = start(f"--app={SHOP / 'right.py'}:app", "--operations=900", own=SEVERAL)
    assert process.wait(SECONDS) == 0, process.output
    assert "AssertionError" not in process.output
    labels = [route["label"] for route in column(runs)["meta"]["routes"]]
    assert "GET /search" in labels  # a hop of a redirect is an operation of its own
    assert operations(runs.verdict()) == 900


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "your locustfile asks an app of yours: name it with --app MODULE:APP"),
        (("--app=m:app", "--urls=a"), "your locustfile says what is asked for: leave out --urls"),
        (("--app=m:app", "--exclude=/a"), "your locustfile says what is asked for: leave out --exclude"),
    ],
)
def test_wrong_usage_is_one_line(start: Start, options: tuple[str, ...], said: str) -> None:
    process = start(*options)
    assert process.wait(SECONDS) == 3
    assert said in process.output


def test_the_package_itself_imports_neither_locust_nor_gevent() -> None:
    code = "import sys, harness; sys.exit(bool({'locust', 'gevent'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    code = "import sys, harness.load.caller; sys.exit(bool({'locust', 'gevent'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
