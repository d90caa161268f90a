"""What records an application that has no checkpoints: who came in, who was let run beside it, who left."""

from __future__ import annotations

from typing import Any, Final

from .interleaving import Interleaving
from .locality import Here
from .observer import Observer


class _Nothing:
    """A storage in which no context ever is."""

    def get(self, default: Any, /) -> Any:
        """Return *default*."""
        return default


class _NoContexts:
    """An application whose contexts are none of ours."""

    app_var: Final = _Nothing()
    request_var: Final = _Nothing()


NO_CONTEXTS: Final = _NoContexts()


class Visitors:
    """The wrapper's recorder: the observer's records, with every thread that serves watched."""

    def __init__(self, observer: Observer, interleaving: Interleaving) -> None:
        self.left = observer.left
        self.returned = observer.returned
        self.chunk = observer.chunk
        self.exit = observer.exit
        self.closed_again, self.never_closed = observer.closed_again, observer.never_closed
        self._enter = observer.enter
        self._serve_here = interleaving.serve_here

    def enter(self, here: Here) -> None:
        """Record that the outermost wrapper got the request."""
        self._enter(here)
        self._serve_here()
