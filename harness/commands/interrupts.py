"""Ctrl-C and SIGTERM: the first one asks to stop and judge what there is, the second one quits."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class QuitError(Exception):
    """The second Ctrl-C: leave now."""


class Interrupts:
    """Takes the signals that ask to stop, while its ``with`` block runs.

    The first one interrupts nothing: whoever waits in the block looks at :attr:`asked`. The second
    one leaves the block at once, with :class:`QuitError`.
    """

    def __init__(self) -> None:
        self._count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self._count > 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count > 1:
            raise QuitError
