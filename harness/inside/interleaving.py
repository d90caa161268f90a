"""Lets others run in code that has no checkpoints: at calls in the user's own modules.

Places are where a function of the application's own code begins, and where that code calls any function:
between two statements of a view there is hardly anything else. Of those, a hash of a counter and the seed
picks every other one (not each: requests in lockstep never meet in some orders), up to a number for each
request, so that a loop is not paid for a thousand times. Each is recorded (YIELD): what counts as evidence is
what happened.

From 3.12 on ``sys.monitoring`` costs the application's code alone: a place that is not its own is switched
off when it is first seen. It keeps quiet while its callback runs; ``sys.call_tracing`` undoes that for the
pause, or greenlets that run meanwhile would not be seen. On 3.11 ``sys.setprofile`` is called for every call
in a thread that serves, and greenlets, which must not be switched in there, have the code rewritten
(:mod:`.rewriting`).
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Protocol

from harness.history.canary import ABSENT, UNMARKED

from .locality import Here, Locality
from .rewriting import Rewriting

#: Knuth's multiplier, as in :mod:`.yields`.
_SPREAD = 2_654_435_761
_BITS = 0xFFFF
PAUSES = 1 << 15
#: Pauses of one operation; what comes after them is the application at its own pace.
PER_OPERATION_MAX = 32
#: Ids of tools that :mod:`sys.monitoring` leaves to anybody; the others are for debuggers and the like.
_TOOL_IDS = (4, 3)
_NAME = "crosstalk"
_TAKEN = (
    "{} watch this process, and leave no place to watch the application's calls from (sys.monitoring): "
    "nobody was let run at them; run it without one of the two, or with yields off"
)
_NOT_OWN = ("site-packages", "dist-packages")
_PROFILED = frozenset({"call", "c_call"})
_NOBODY_S = (ABSENT, UNMARKED)


class Recorder(Protocol):
    """What notes that others are let run."""

    def yielded(self, here: Here) -> None:
        """Record a YIELD."""


class Interleaving:
    """Watches the calls of a process.

    :param seed: which of the calls pause. :param pause: lets others run.
    """

    def __init__(
        self, seed: int, pause: Callable[[], object], locality: Locality, recorder: Recorder
    ) -> None:
        #: Why nobody is let run at calls, in a sentence; '' if they are.
        self.doubt = ""
        self._root = self._folder = ""
        self._own: dict[str, bool] = {}
        self._numbers = itertools.count(seed & 0xFFFFFFFF)
        self._pause = pause
        self._locality = locality
        self._recorder = recorder
        self._monitoring: Any = None
        self._tool = -1
        self._profiles = False
        self._watched: set[CodeType] = set()
        self._rewriting: Rewriting | None = None

    def start(self, root: str) -> bool:
        """Begin to watch, before the application is imported.

        :param root: the folder of the application's own code, or its one file.
        :returns: False if something else (a debugger, a profiler) has taken every place for it; :attr:`doubt`
        says so.
        """
        self._root, self._folder = root, root.rstrip(os.sep) + os.sep
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None and self._locality.greenlets:
            self._rewriting = Rewriting(self.is_own, self._at_a_rewritten_call)
            self._rewriting.start()
            return True
        if monitoring is None:
            self._profiles = True
            return True
        for tool in _TOOL_IDS:
            if monitoring.get_tool(tool) is None:
                self._watch(monitoring, tool)
                return True
        taken = " and ".join(str(monitoring.get_tool(tool)) for tool in _TOOL_IDS)
        self.doubt = _TAKEN.format(taken)
        return False

    def stop(self) -> None:
        """Watch no more."""
        if self._monitoring is not None:
            self._monitoring.set_events(self._tool, 0)
            for code in self._watched:
                self._monitoring.set_local_events(self._tool, code, 0)
            # A tool that is freed keeps its callbacks, and they whatever records.
            for event in (self._monitoring.events.PY_START, self._monitoring.events.CALL):
                self._monitoring.register_callback(self._tool, event, None)
            self._monitoring.free_tool_id(self._tool)
            self._monitoring = None
        if self._rewriting is not None:
            self._rewriting.stop()
            self._rewriting = None
        if self._profiles:
            self._profiles = False
            self._leave_this_thread()

    def serve_here(self) -> None:
        """Watch this thread as well, where threads are watched one by one; for the start of each request."""
        if self._profiles and sys.getprofile() is None:
            sys.setprofile(self._on_profile)

    def is_own(self, file: str) -> bool:
        """Return whether a source file is the application's own."""
        own = self._own.get(file)
        if own is None:
            path = os.path.realpath(file)
            inside = path == self._root or path.startswith(self._folder)
            own = self._own[file] = inside and not any(name in path[len(self._root) :] for name in _NOT_OWN)
        return own

    # 3.12 and later

    def _watch(self, monitoring: Any, tool: int) -> None:
        events = monitoring.events
        monitoring.use_tool_id(tool, _NAME)
        self._monitoring, self._tool = monitoring, tool
        # What somebody else's watching switched off may be our own code.
        monitoring.restart_events()
        seen = self._watched

        def on_start(code: CodeType, offset: int) -> object:
            if not self.is_own(code.co_filename):
                return monitoring.DISABLE
            if code not in seen:
                seen.add(code)
                monitoring.set_local_events(tool, code, events.CALL)
            self._at_a_call()
            return None

        def on_call(code: CodeType, offset: int, function: object, first: object) -> None:
            self._at_a_call()

        monitoring.register_callback(tool, events.PY_START, on_start)
        monitoring.register_callback(tool, events.CALL, on_call)
        monitoring.set_events(tool, events.PY_START)

    # 3.11

    def _leave_this_thread(self) -> None:
        """Profile this thread no more; somebody else's profiler, as a test run may have, stays."""
        if sys.getprofile() == self._on_profile:
            sys.setprofile(None)

    def _on_profile(self, frame: FrameType, event: str, argument: object) -> None:
        if not self._profiles:  # stopped, on another thread than this one
            self._leave_this_thread()
            return
        if event not in _PROFILED:
            return
        if not self.is_own(frame.f_code.co_filename):
            caller = frame.f_back
            if event != "call" or caller is None or not self.is_own(caller.f_code.co_filename):
                return
        self._at_a_call()

    # all of them

    def _at_a_call(self) -> None:
        if self._is_a_turn():
            # Without it nothing else of this thread would be watched until this function returns.
            sys.call_tracing(self._pause, ())

    def _at_a_rewritten_call(self) -> None:
        if self._is_a_turn():
            self._pause()

    def _is_a_turn(self) -> bool:
        """Decide about this call, and record that others are let run if they are."""
        if (next(self._numbers) * _SPREAD >> 16) & _BITS >= PAUSES:
            return False
        here = self._locality.here()
        if here.number in _NOBODY_S or here.pauses >= PER_OPERATION_MAX:
            return False
        if self._locality.greenlets and _imports(sys._getframe(2)):  # noqa: SLF001 - no other way to a caller
            return False
        here.pauses += 1
        self._recorder.yielded(here)
        return True


def _imports(frame: FrameType | None) -> bool:
    """Return whether a module is being imported: another greenlet that wants it would wait for ever."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
