"""Running teardowns: everything runs, whatever any of it raises.

Rule: this is the only place that decides what an error in a teardown does. :func:`run_guarded` is
looked up as an attribute of this module at each call, so that an experiment can put another in
its place (one that stops at the first error, as Flask 3.1.3 does).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn, TypeAlias, overload

from blinker import Signal

#: A function and its positional arguments.
Call: TypeAlias = tuple[Callable[..., object], tuple[Any, ...]]


class StrayContextError(RuntimeError):
    """A context was left pushed by code that ran inside another; the message names the place."""


def run_guarded(calls: Iterable[Call]) -> list[BaseException]:
    """Make all *calls*, in order, and return what they raised, in order.

    A context's teardown is up to three such runs: the request's part, the app's part, and the
    signal after the app context is gone.
    """
    errors: list[BaseException] = []
    for function, arguments in calls:
        try:
            function(*arguments)
        except BaseException as error:
            errors.append(error)
    return errors


def move(source: list[BaseException], target: list[BaseException]) -> None:
    """Move all errors from *source* to the end of *target*.

    An error's traceback holds the frames that were active, :func:`run_guarded`'s among them, and
    that frame holds its list: a cycle, unless whoever takes the errors empties the list.
    """
    target += source
    source.clear()


def receivers(signal: Signal, sender: object, **kwargs: object) -> list[Call]:
    """Return one call for each receiver, so that one that raises does not stop the others."""
    if not signal.receivers or signal.is_muted:
        return []
    return [(partial(receiver, sender, **kwargs), ()) for receiver in signal.receivers_for(sender)]


def raise_again(error: BaseException) -> NoReturn:
    """Raise *error* with the ``__context__`` it has.

    It was settled, or kept, a while ago. Should another error be being handled around this request (a
    client called in an ``except`` block), Python would put that one in the place of the chain.
    """
    context = error.__context__
    try:
        raise error
    finally:
        if context is not None:
            error.__context__ = context
        del error, context  # the traceback holds this frame


@overload
def settle(leaving: BaseException, errors: list[BaseException]) -> BaseException: ...


@overload
def settle(leaving: BaseException | None, errors: list[BaseException]) -> BaseException | None: ...


def settle(leaving: BaseException | None, errors: list[BaseException]) -> BaseException | None:
    """Return what must reach the server, None for nothing.

    :param leaving: what was on its way there when the teardowns ran.
    :param errors: what the teardowns raised.

    *errors* is empty afterwards (see :func:`move`).

    All errors of the teardowns leave in one flat group, whose ``__context__`` is *leaving*. A
    BaseException that is no Exception (SystemExit, GreenletExit) is never hidden: it leaves
    itself, *leaving* before one of the teardowns'; what was on its way and the group of the others
    end its ``__context__`` chain.
    """
    if not errors:
        return leaving
    taken: list[BaseException] = []
    move(errors, taken)
    return _settle(leaving, taken)


def _settle(leaving: BaseException | None, errors: list[BaseException]) -> BaseException:
    if leaving is not None and not isinstance(leaving, Exception):
        exit_ = leaving
    else:
        exits = [error for error in errors if not isinstance(error, Exception)]
        if not exits:
            return _group(leaving, errors)
        exit_ = exits[0]
        if leaving is not None:
            _append(exit_, leaving, [])
    rest = [error for error in errors if error is not exit_]
    if rest:
        _append(exit_, BaseExceptionGroup("errors in teardown functions", rest), rest)
    return exit_


def _group(leaving: BaseException | None, errors: list[BaseException]) -> BaseException:
    if leaving is None and len(errors) == 1 and isinstance(errors[0], StrayContextError):
        return errors[0]  # no teardown failed
    group = BaseExceptionGroup("errors in teardown functions", errors)
    if leaving is not None:
        for error in errors:
            _cut(error, {id(leaving)})
        group.__context__ = leaving
    return group


def _append(exit_: BaseException, last: BaseException, members: list[BaseException]) -> None:
    """Put *last*, a group of *members* or one error, at the end of the ``__context__`` chain of *exit_*."""
    chain = [exit_]
    while chain[-1].__context__ is not None and chain[-1].__context__ not in chain:
        chain.append(chain[-1].__context__)
    if last in chain:
        return
    # An error raised while the exit was handled has it as its context: that would be a circle.
    held = {id(error) for error in chain}
    for error in members:
        _cut(error, held)
        _clear_frames(error)
    chain[-1].__context__ = last


def _clear_frames(error: BaseException) -> None:
    """Empty the frames that *error* came through, and those that called them and are done too.

    They were told the exit (``teardown_request(exc)``), which now leads to this error: a cycle.
    """
    trace = error.__traceback__
    if trace is None:
        return
    traceback.clear_frames(trace)
    frame = trace.tb_frame.f_back
    while frame is not None:
        try:
            frame.clear()
        except RuntimeError:  # it still runs, and so do all that called it
            return
        frame = frame.f_back


def _cut(error: BaseException, held: set[int]) -> None:
    """End the ``__context__`` chain of *error* before the first of those in *held*."""
    seen: set[int] = set()
    node = error
    while node.__context__ is not None and id(node) not in seen:
        seen.add(id(node))
        if id(node.__context__) in held:
            node.__context__ = None
            return
        node = node.__context__
