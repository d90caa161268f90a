"""Where in the target's code each checkpoint is announced, as the first requests of a process show it.

The rule this file guards: *it gets out of the way.* Finding a line costs far more than recording an
event, so it is done once for each checkpoint; after :data:`CALLS` calls the plain hook is put back, and the
hot path is what it would be without this file.
"""

from __future__ import annotations

import itertools
import json
import linecache
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from harness.history.layout import Look
from harness.history.steps import Step

from .places import Place, find_place

#: Calls of the hooks after which nothing more is looked up: some hundred requests.
CALLS = 4000
CODE_CHARACTERS_MAX = 200
_NAMES = frozenset({*(step.label for step in Step), *(look.name.lower() for look in Look)})


class Locating:
    """Stands before a target's hooks for a while, and writes what it learned into *folder* once.

    :param restore: puts the plain hooks back.
    """

    def __init__(self, folder: Path, restore: Callable[[], None]) -> None:
        self._folder = folder
        self._restore = restore
        self._calls = itertools.count(1)
        self._found: dict[str, Place] = {}
        self._written = 0  # the process that wrote: one that is forked off later writes its own

    def before_step(self, hook: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
        """Return the hook for the framework's checkpoints."""

        def locate(step: str, context: Any) -> None:
            self._note(step, sys._getframe(1))  # noqa: SLF001 - the only way to a caller's line
            hook(step, context)

        return locate

    def before_look(self, hook: Callable[[str], None]) -> Callable[[str], None]:
        """Return the hook for the probes' looks."""

        def locate(point: str) -> None:
            self._note(point, sys._getframe(1))  # noqa: SLF001 - as above
            hook(point)

        return locate

    def close(self) -> None:
        """Write what was found, unless this process has; a folder that can't be written to costs nothing."""
        if self._written == os.getpid() or not self._found:
            return
        self._written = os.getpid()
        path = self._folder / f"{os.getpid()}.places.json"
        found = self._found.copy()  # at once: other threads go on finding
        with suppress(Exception):  # it is a request of the target's that pays for it
            path.write_text(json.dumps({name: _said(place) for name, place in found.items()}))

    def _note(self, name: str, caller: FrameType) -> None:
        if name not in self._found and name in _NAMES:
            with suppress(Exception):  # a target's code may be anything; it is never failed
                self._found[name] = find_place(name, caller)
        if next(self._calls) == CALLS:
            self._restore()
            self.close()


def _said(place: Place) -> dict[str, Any]:
    code = linecache.getline(place.file, place.line).strip()[:CODE_CHARACTERS_MAX]
    return {
        "file": _from_import_path(place.file),
        "line": place.line,
        "function": place.function,
        "code": code,
    }


def _from_import_path(file: str) -> str:
    """Return a file as seen from where it is imported from: a report should name no one's home."""
    roots = [root.rstrip("/") + "/" for root in sys.path if root and file.startswith(root.rstrip("/") + "/")]
    return file[len(max(roots, key=len)) :] if roots else Path(file).name
