"""Checks an application in a process of its own: gevent patches a whole process, never that of a test run.

    python -m harness.plugin.child ASKED.JSON

The answer is one line of JSON on standard output; what the application prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asking import Asked, Checked

#: An application that takes longer than this for its check hangs.
_SECONDS_PER_OPERATION = 0.5
_STARTING_S = 60.0


def check_in_child(name: str, asked: Asked, folder: Path) -> Checked:
    """Check the application *name* in a process of its own; *folder* is empty.

    :raises AskedWrongError: if it can't be checked; the message is the child's own line.
    """
    from harness import records

    from .asking import AskedWrongError, Checked

    folder.mkdir(parents=True)
    request = folder / "asked.json"
    request.write_text(json.dumps({"app": name, "asked": records.to_json(asked), "path": sys.path}))
    command = [sys.executable, "-m", "harness.plugin.child", str(request)]
    timeout_s = _STARTING_S + asked.operations * _SECONDS_PER_OPERATION
    home = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    environ = {**os.environ, "PYTHONPATH": paths}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            command, capture_output=True, text=True, timeout=timeout_s, check=False, env=environ
        )
    except subprocess.TimeoutExpired:
        raise AskedWrongError(f"{name} did not end within {timeout_s:,.0f} s under greenlets") from None
    try:
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise AskedWrongError(
            f"the process that checks {name} ended with {done.returncode}: {last}"
        ) from None
    if "failed" in said:
        raise AskedWrongError(str(said["failed"]))
    return records.from_json(Checked, said, "what the child said")


def main(arguments: list[str]) -> int:
    """Check what the file asks for; return 0, or 3 if that can't be done."""
    said = json.loads(Path(arguments[0]).read_text())
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        from gevent import monkey
    except ImportError as error:
        out.write(json.dumps({"failed": f"{sys.executable} has no gevent: {error}"}) + "\n")
        return 3
    monkey.patch_all()
    from harness import records

    from .asking import Asked, AskedWrongError
    from .checking import check

    sys.path[:] = [*dict.fromkeys([*sys.path, *said["path"]])]
    asked = records.from_json(Asked, said["asked"], "what was asked")
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as folder:
        try:
            answer = records.to_json(check(said["app"], asked, Path(folder) / "check"))
        except AskedWrongError as error:
            answer = {"failed": str(error)}
    out.write(json.dumps(answer) + "\n")
    out.flush()
    return 3 if "failed" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
