"""How a target's process says why it can't host: a marked line, which the harness shows to the user."""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

from harness.workers.spec import COMPLAINT

#: With this status gunicorn's workers tell their master not to try again.
EXIT_CANNOT_LOAD = 4


def fail(message: str) -> NoReturn:
    """Write the error that is being handled and the marked line to the log, and end the process."""
    error = sys.exception()
    if error is not None:
        # Of one that we raised, the cause: how we found out explains nothing.
        traceback.print_exception(error.__cause__ or error)
    sys.stderr.write(f"{COMPLAINT}{message}\n")
    sys.stderr.flush()
    sys.exit(EXIT_CANNOT_LOAD)
