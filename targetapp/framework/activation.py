"""What both contexts share: counting pushes, and the way from the last pop to the errors it raises.

Rules:

- A context's *activation* is the time from the push that takes its count from 0 to 1 to the pop
  that takes it back to 0. Its teardown runs once for each activation, at the end.
- A count is made of *seats* (the context is in the variables, pushed here) and of being *held*
  (it is in no variable, but a streamed body, or the context it was left in, will end it).
- Teardowns run with their own context current, on whatever thread, and leave the variables as
  they found them.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from itertools import count
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

from . import teardown
from .globals import Storage

_serials = count(1)


class _Auto:
    """The default of ``pop``: the exception that is being handled."""


AUTO: Any = _Auto()


def restore(storage: Storage, token: object, previous: object) -> None:
    """Bring back what *storage* held before the *token* was made."""
    try:
        storage.reset(token)
    except ValueError:
        # A copy of the Context it was made in: a nested context in a body that moves between
        # threads, or copy_context().run().
        storage.set(previous)


class Activation(ABC):
    """A context: pushed, counted, popped."""

    #: What was current when the activation began.
    previous: Self | None = None
    #: Where user code pushed it; None for one that the framework pushes and pops itself.
    pushed_at: tuple[CodeType, int] | None = None
    #: Orders pushes by user code.
    serial = 0

    _held = False
    _stray = False

    #: Each: the token of its variable, what was there before, and what the subclass adds.
    _seats: list[Any]

    @property
    def active(self) -> bool:
        """Whether its count is above 0."""
        return bool(self._seats) or self._held

    @property
    def place(self) -> str:
        """Where it was pushed, as ``file:line in function``."""
        if self.pushed_at is None:
            return "nowhere"
        code, line = self.pushed_at
        return f"{code.co_filename}:{line} in {code.co_name}"

    @abstractmethod
    def activate(self) -> None:
        """Make this context current; what goes wrong leaves it pushed, and is raised."""

    @abstractmethod
    def end(self, exc: BaseException | None) -> list[BaseException]:
        """Take the count to 0 and tear down; return what the teardowns raised."""

    @abstractmethod
    def is_current(self) -> bool:
        """Tell whether this is the innermost context here."""

    @abstractmethod
    def is_below(self) -> bool:
        """Tell whether this is one of the contexts here."""

    @abstractmethod
    def unseat(self) -> None:
        """Undo the latest of several pushes."""

    @abstractmethod
    def detach(self) -> None:
        """Become a stray: out of the variables, to be ended by the context it was left in."""

    def push(self) -> None:
        """Make this context current until :meth:`pop`.

        If a receiver, the session interface or a converter raises, the context is popped again.
        """
        self._push(sys._getframe(1))  # noqa: SLF001  # what inspect.currentframe() is

    def _push(self, frame: FrameType) -> None:
        if not self.active:
            self.pushed_at = (frame.f_code, frame.f_lineno)
            self.serial = next(_serials)
        try:
            self.activate()
        except BaseException as error:
            # What ends is this push: an outer one of the same context stays.
            reported = teardown.settle(error, self._pop(error))
            if reported is error:
                del reported
                raise
            try:
                teardown.raise_again(reported)
            finally:
                del reported

    def pop(self, exc: BaseException | None = AUTO) -> None:
        """Undo :meth:`push`; the last pop tears down.

        :param exc: what the teardowns are told; by default the exception being handled.
        :raises RuntimeError: if it is not pushed, or was pushed on another thread or greenlet.
        :raises ExceptionGroup: of what the teardowns raised.
        """
        error = teardown.settle(None, self._pop(sys.exc_info()[1] if exc is AUTO else exc))
        if error is not None:
            try:
                teardown.raise_again(error)
            finally:
                del error

    def _pop(self, exc: BaseException | None) -> list[BaseException]:
        if len(self._seats) + self._held > 1:
            if not self.is_current():
                raise RuntimeError(
                    f"This {self} was pushed more than once and is not the current one: pop what"
                    " was pushed after it first."
                )
            self.unseat()
            return []
        if not self._seats and not self._stray:
            raise RuntimeError(f"This {self} is not pushed: pop it once for each push.")
        foreign = not self._stray and not self.is_below()
        errors = self.end(exc)
        if foreign:
            errors.append(
                RuntimeError(
                    f"This {self}, pushed at {self.place}, was popped on another thread or greenlet,"
                    " where it is not current. Pop it where it was pushed."
                )
            )
        return errors

    def __enter__(self) -> Self:
        self._push(sys._getframe(1))  # noqa: SLF001  # what inspect.currentframe() is
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        error = teardown.settle(exc, self._pop(exc))
        if error is not None and error is not exc:
            try:
                teardown.raise_again(error)
            finally:
                del error, exc
