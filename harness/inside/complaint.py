"""How a target's process says why it can't host: a marked line, which the harness shows to the user."""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

from harness.workers.spec import COMPLAINT

#: With this status gunicorn's workers tell their master not to try again.
EXIT_CANNOT_LOAD = 4
#: Frames of these lead to the target's code and are not it.
_WAYS_IN = ("harness", "importlib", "_frozen_importlib", "_frozen_importlib_external")


def fail(message: str) -> NoReturn:
    """Write the target's own error, if there is one, and the marked line to the log; end the process."""
    error = sys.exception()
    if error is not None and error.__cause__ is not None:
        _show(error.__cause__)  # how we found out explains nothing
    sys.stderr.write(f"{COMPLAINT}{message}\n")
    sys.stderr.flush()
    sys.exit(EXIT_CANNOT_LOAD)


def _show(error: BaseException) -> None:
    """Write the error with its traceback from the target's first line on; nothing if it has none."""
    trace = error.__traceback__
    while trace is not None and _leads_in(trace.tb_frame.f_globals.get("__name__", "")):
        trace = trace.tb_next
    if trace is not None:
        traceback.print_exception(error.with_traceback(trace))


def _leads_in(module: str) -> bool:
    return module.partition(".")[0] in _WAYS_IN
