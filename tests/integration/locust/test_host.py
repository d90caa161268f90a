"""Load against a target that runs already: one of `crosstalk serve`, and one of nobody's."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import pytest

from tests.integration.locust.conftest import Start
from tests.integration.locust.locusts import (
    Process,
    Runs,
    doubts,
    eventually,
    invariants,
    operations,
)

RunHeadless = Callable[..., tuple[int, Process]]

#: The reference application on a server that is not ours: it records nothing.
FOREIGN = """
import socketserver, sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from targetapp.probes import create_app

class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

server = Server(("127.0.0.1", 0), Quiet)
server.set_app(create_app())
print(f"http://127.0.0.1:{server.server_port} is up", flush=True)
server.serve_forever()
"""


def first_word(process: Process) -> str:
    return eventually(lambda: process.output.split(" ")[0] if " " in process.output else "", "an address")


@pytest.fixture
def served(start: Start, runs: Runs) -> tuple[Process, str]:
    process = start([sys.executable, "-m", "harness", "serve", f"--reports={runs.reports}"])
    return process, first_word(process)


@pytest.fixture
def foreign(start: Start) -> str:
    return first_word(start([sys.executable, "-c", FOREIGN]))


def test_a_served_target_gives_full_evidence(
    run_headless: RunHeadless, runs: Runs, served: tuple[Process, str], two_processes: list[str]
) -> None:
    server, url = served
    code, _ = run_headless("--operations=400", f"--host={url}")
    verdict = runs.verdict()
    assert (code, verdict["verdict"], operations(verdict)) == (0, "valid", 400), doubts(verdict)
    states = invariants(verdict)
    assert states.pop("I10") == "not looked at"  # the target still runs
    assert "not looked at" not in states.values()
    code, _ = run_headless("--operations=300", f"--host={url}", *two_processes)
    verdict = runs.verdict()  # of the same run, with what was there before
    assert (code, operations(verdict)) == (0, 700), doubts(verdict)
    assert len(list(runs.only().glob("*/client/*.journal"))) == 3
    server.send(signal.SIGINT)
    assert server.wait() == 0, server.output
    assert server.output.splitlines()[-1].endswith("report.html")
    assert operations(runs.verdict()) == 700
    assert invariants(runs.verdict())["I10"] == "ok"  # it has ended


def test_a_served_fault_is_found(start: Start, run_headless: RunHeadless, runs: Runs) -> None:
    options = ["--faults=global_request", "--worker-model=greenlet", f"--reports={runs.reports}"]
    server = start([sys.executable, "-m", "harness", "serve", *options])
    code, _ = run_headless("--operations=400", f"--host={first_word(server)}")
    assert code == 1
    assert invariants(runs.verdict())["I6"] != "not looked at"
    server.send(signal.SIGTERM)
    assert server.wait() == 1


def test_a_server_that_nobody_loads_has_no_verdict(served: tuple[Process, str], runs: Runs) -> None:
    server, _ = served
    server.send(signal.SIGTERM)
    assert server.wait() == 2
    assert "nobody sent an operation" in server.output
    assert runs.verdicts() == []


@pytest.mark.parametrize(("options", "code"), [([], 2), (["--black-box"], 0)])
def test_any_other_target_is_a_black_box(
    run_headless: RunHeadless, runs: Runs, foreign: str, options: list[str], code: int
) -> None:
    found, _ = run_headless("--operations=600", "--users=3", f"--host={foreign}", *options)
    verdict = runs.verdict()
    assert found == code, doubts(verdict)
    states = invariants(verdict)
    assert {states[name] for name in ("I6", "I10", "CYCLE")} == {"not looked at"}
    assert states["I8"] == "ok"
    assert ("--black-box" in doubts(verdict)) is bool(code)


def test_a_run_that_lies_elsewhere_is_not_guessed_at(
    run_headless: RunHeadless, served: tuple[Process, str], runs: Runs
) -> None:
    _, url = served
    code, process = run_headless("--operations=5", f"--host={url}", f"--reports={runs.reports}-other")
    assert code == 3
    assert "give the --reports that it was started with" in process.output


def test_nobody_there_is_unknown(run_headless: RunHeadless, runs: Runs) -> None:
    code, _ = run_headless("--operations=20", "--host=http://127.0.0.1:9", "--black-box")
    assert code == 2
    assert runs.verdict()["columns"][0]["measures"]["fail"] == 20


#: A WSGI application that has none of the probes.
PLAIN = """
from wsgiref.simple_server import make_server

def app(environ, start_response):
    start_response("404 Not Found", [])
    return [b""]

server = make_server("127.0.0.1", 0, app)
print(f"http://127.0.0.1:{server.server_port} is up", flush=True)
server.serve_forever()
"""


def test_a_target_without_probes_is_refused_before_it_is_loaded(
    start: Start, run_headless: RunHeadless, runs: Runs
) -> None:
    url = first_word(start([sys.executable, "-c", PLAIN]))
    code, process = run_headless("--operations=5", f"--host={url}", "--black-box")
    assert code == 3
    assert "it serves none of the probes that docs/probes.md asks for" in process.output
    assert runs.folders() == []
