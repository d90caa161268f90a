"""The threads of pools (``concurrent.futures``): what a job leaves on them, and finds.

A job is no request, and has no operation of its own that the wrapper knows. So it is taken for the caller's
whose data it was given: its function, arguments and context are searched for canaries before it runs. A job
that was given none is looked at for contexts that it leaves current, and for nothing else.
"""

from __future__ import annotations

import concurrent.futures.thread
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol


class Watcher(Protocol):
    """Is told where jobs begin and end."""

    def job_begins(self, given: list[Any]) -> object:
        """Look before a job; return what :meth:`job_ends` is to be given."""

    def job_ends(self, began: Any) -> None:
        """Look after a job."""


def watch_pools(watcher: Watcher) -> Callable[[], None]:
    """Let *watcher* look before and after every job of a pool; return what undoes it."""
    item: Any = concurrent.futures.thread._WorkItem  # noqa: SLF001 - there is no other place
    run = item.run

    def watched(self: Any) -> None:
        began = None
        with suppress(Exception):  # the target is never failed
            # 3.14 keeps these in one task.
            given = [getattr(self, name, None) for name in ("fn", "args", "kwargs", "task")]
            began = watcher.job_begins(given)
            del given
        run(self)
        if began is not None:
            with suppress(Exception):
                watcher.job_ends(began)

    item.run = watched

    def undo() -> None:
        if item.run is watched:
            item.run = run

    return undo
