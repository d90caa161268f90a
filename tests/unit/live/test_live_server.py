"""The live server answers this machine only, and what it is told on standard input it does or passes over."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from harness.live.server import Live, make_server, obey
from harness.pipeline import judge_run
from harness.store.runs import Run
from tests.unit.cli.runs import ENOUGH, make_column, make_run, record_operations

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def port(live: Live) -> Iterator[int]:
    server = make_server(live)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int, path: str, method: str = "GET", host: str = "") -> tuple[int, str, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.headers)
    finally:
        connection.close()


def broken_run(folder: Path) -> Run:
    run = make_run(folder)
    record_operations(run, make_column(run), ENOUGH, status=500)
    return run


def watch(live: Live, run: Run) -> None:
    obey(live, json.dumps({"watch": str(run.path / "thread-gthread")}))
    while live.look():
        pass
    live.renew()


def test_a_part_is_sent_when_it_is_new(live: Live, port: int, tmp_path: Path) -> None:
    watch(live, broken_run(tmp_path))
    status, part, headers = ask(port, "/part?since=")
    assert (status, "illegal-status" in part) == (200, True)
    assert ask(port, f"/part?since={headers['X-Version']}")[0] == 204
    assert "A request was answered wrongly" in ask(port, "/rows")[1]


def test_the_report_is_there_once_the_run_is_judged(live: Live, port: int, tmp_path: Path) -> None:
    run = broken_run(tmp_path)
    watch(live, run)
    assert ask(port, "/report")[0] == 404
    judge_run(run)
    obey(live, '{"judged": "invalid"}')
    status, page, headers = ask(port, "/report")
    assert (status, run.name in page) == (200, True)
    assert headers["Content-Security-Policy"] == "script-src 'none'"
    assert live.snapshot.over
    assert live.snapshot.word == "invalid"


@pytest.mark.parametrize("host", ["example.invalid", "127.0.0.1", "localhost:1", "evil:80"])
def test_another_host_s_name_is_refused(port: int, host: str) -> None:
    assert ask(port, "/", host=host)[0] == 403


@pytest.mark.parametrize("path", ["/../etc/passwd", "/report/../run.json", "/nope"])
def test_there_is_nothing_else(port: int, path: str) -> None:
    assert ask(port, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_is_only_read(port: int, method: str) -> None:
    assert ask(port, "/", method)[0] == 501


def test_the_page_says_what_it_may_do(port: int) -> None:
    status, page, headers = ask(port, "/")
    assert (status, "<script>" in page) == (200, True)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "line", ["", "[]", "{", '{"watch": 7}', '{"watch": "/no/such/run/x"}', '{"judged": "x"}']
)
def test_what_says_nothing_of_ours_is_passed_over(live: Live, line: str) -> None:
    obey(live, line)
    assert live.snapshot.version == 0


def test_it_ends_when_its_input_does(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.live.server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    assert ask(port, "/")[0] == 200
    process.communicate(timeout=60)
    assert process.returncode == 0
