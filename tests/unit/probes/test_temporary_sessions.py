"""A target that is given no place for its sessions leaves none behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: Ends while a forked worker, which lives until its standard input ends, holds the database open, or not.
LOGS_IN = """
import os, sys
from targetapp.probes import create_app

def log_in(app):
    canary = "1000000000000001"
    client = app.test_client()
    response = client.post("/server/session/login", data={"canary": canary}, headers={"X-Canary": canary})
    assert response.status_code == 200

app = create_app()
log_in(app)
if sys.argv[1] == "forked":
    ready, said = os.pipe()
    if os.fork() == 0:
        log_in(app)
        os.write(said, b".")
        os.read(0, 1)
        os._exit(0)
    os.read(ready, 1)
"""


@pytest.mark.parametrize("how", ["alone", "forked"])
def test_sessions_in_a_temporary_file_go_with_the_process(tmp_path: Path, how: str) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", LOGS_IN, how]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE) as process:
        assert process.wait() == 0
        assert list(tmp_path.iterdir()) == []
