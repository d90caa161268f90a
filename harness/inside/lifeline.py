"""A target's process dies with its parent, whatever becomes of that.

The supervisor kills the target when the harness is gone; this is for the supervisor's own sudden
end, and for workers whose master was killed. Linux only: elsewhere gunicorn's workers notice a new
parent within a second by themselves, and the supervisor must not be killed.
"""

from __future__ import annotations

import os
import signal
import sys

#: Set by the supervisor for its child: who the child's parent must be.
PARENT_VARIABLE = "CROSSTALK_SUPERVISOR"
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> bool:
    """Ask the kernel to kill this process when its parent ends; return whether it will.

    Not inherited by a fork: each process asks for itself. A parent that ended before the question
    would never be reported, so a process that is no child of *parent* ends here.
    """
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        asked: bool = libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0
    except (ImportError, OSError, AttributeError):
        return False
    if os.getppid() != parent:
        os._exit(1)
    return asked


def die_with_supervisor() -> bool:
    """As :func:`die_with_parent` for the process that the supervisor started; False without one."""
    parent = os.environ.pop(PARENT_VARIABLE, "")
    return bool(parent) and die_with_parent(int(parent))
