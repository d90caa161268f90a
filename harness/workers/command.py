"""The command and the environment that a target's process is started with."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .failure import TargetError
from .spec import Spec

#: The folder that `harness` and `targetapp` are imported from.
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("harness", "targetapp")
#: Left by whoever started the harness; they would redirect a server or another interpreter.
SCRUBBED = (
    "GUNICORN_CMD_ARGS",
    "GUNICORN_FD",
    "GUNICORN_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "WERKZEUG_RUN_MAIN",
    "WERKZEUG_SERVER_FD",
)


def find_python(target_python: str) -> str:
    """Return the interpreter's absolute path.

    :raises TargetError: if there is none of this name.
    """
    found = shutil.which(target_python)
    if found is None:
        raise TargetError(f"--target-python {target_python!r}: there is no such program")
    # Not resolved: a virtual environment is known by its link to the interpreter.
    return str(Path(found).absolute())


def boot_command(python: str, spec_path: Path) -> list[str]:
    """Return the command that hosts the target of a ``spec.json``."""
    # -P: the current folder comes last on the path, so that it can't shadow what we import.
    return [python, "-P", "-X", "faulthandler", "-u", "-m", "harness.inside.boot", str(spec_path)]


def supervisor_command(spec: Spec, listener: int, command: list[str]) -> list[str]:
    """Return the command that supervises *command*; under the harness's own interpreter."""
    return [
        *(sys.executable, "-P", "-m", "harness.workers.supervisor"),
        *("--log", spec.log, "--log-max-bytes", str(spec.log_max_bytes)),
        *("--resources", spec.resources),
        *("--listener", str(listener)),
        *("--stop-timeout", str(spec.stop_timeout_s)),
        *("--", *command),
    ]


def target_environment(spec: Spec, python: str) -> dict[str, str]:
    """Return the environment in which `harness`, `targetapp` and the user's own target import."""
    environment = {key: value for key, value in os.environ.items() if key not in SCRUBBED}
    paths = [_import_folder(spec, python), environment.get("PYTHONPATH", ""), str(Path.cwd())]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return environment


def _import_folder(spec: Spec, python: str) -> str:
    """Return a folder to import `harness` from; for another interpreter, one that holds nothing else.

    Installed packages lie among others that were compiled for the harness's interpreter.
    """
    if "-packages" not in ROOT.name or Path(python).absolute() == Path(sys.executable).absolute():
        return str(ROOT)
    bridge = Path(spec.folder) / "imports"
    bridge.mkdir(exist_ok=True)
    for name in PACKAGES:
        link = bridge / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name, target_is_directory=True)
    return str(bridge)
