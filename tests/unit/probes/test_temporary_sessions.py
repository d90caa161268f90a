"""A target that is given no place for its sessions leaves none behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOGS_IN = """
import os, sys
from pathlib import Path
from targetapp.probes import create_app

client = create_app().test_client()
canary = "1000000000000001"
response = client.post("/server/session/login", data={"canary": canary}, headers={"X-Canary": canary})
(database,) = Path(os.environ["TMPDIR"]).glob("*.sqlite3")
Path(f"{database}-wal").touch()  # as a forked worker leaves it that was killed
print(response.status_code)
"""


def test_sessions_in_a_temporary_file_go_with_the_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGS_IN],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "200\n"
    assert list(tmp_path.iterdir()) == []
