"""Hosts the target in a process of its own: ``python -m harness.inside.boot SPEC.JSON``.

Runs under any interpreter, with the standard library and the server's own library only. The order
matters: gevent patches before anything else is imported, the switch interval is set before a thread
starts, the target is loaded where its server says (before the fork for preloaded workers, in the
worker else), and journals are closed by the process that stops serving in order.

A target that can't be hosted ends with a status that is not 0, and a marked line in its log says why.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inside.complaint import fail
from harness.inside.lifeline import die_with_supervisor

if TYPE_CHECKING:
    from harness.workers.table import Hosting


def main(arguments: list[str]) -> None:
    """Host the target that ``spec.json`` describes, until SIGTERM."""
    die_with_supervisor()
    # These import nothing that gevent would have to patch.
    from harness.workers.spec import read_spec
    from harness.workers.table import look_up

    spec = read_spec(Path(arguments[0]))
    hosting = look_up(spec.model, spec.server)
    if hosting.server.patched_early:
        _patch(hosting)
    sys.setswitchinterval(spec.switch_interval_s)
    try:
        launcher = importlib.import_module(f"harness.inside.servers.{hosting.server.launcher}")
    except ImportError as error:
        fail(f"{sys.executable} can't host {hosting.column}: {error}")
    from harness.inside.hosting import Inside
    from harness.inside.servers.hosted import Hosted

    inside = Inside(spec)
    launcher.serve(Hosted(spec, hosting, inside.load, inside.close))


def _patch(hosting: Hosting) -> None:
    try:
        from gevent import monkey
    except ImportError as error:
        fail(f"{sys.executable} can't host {hosting.column}: {error}")
    monkey.patch_all()


if __name__ == "__main__":
    main(sys.argv[1:])
