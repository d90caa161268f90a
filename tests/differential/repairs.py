"""How Flask is made to behave as the project does, point by point.

Where the project deviates on purpose, Flask's own result can't be compared. But Flask can be run
once more with just that point repaired from outside (a callback that does nothing the second
time, a teardown that does not raise), and *that* must be the project's result, in full. A repair
is only switched on after the defect showed in what Flask did; ``deviations.py`` has the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from tests.differential.values import chain_of, group_name, links_of, name_of


class Repair(StrEnum):
    """What is repaired, by what Flask does wrong."""

    G_SHARED = "an active app context is reused"
    TEARDOWN_STOPS = "an error in a teardown stops the others"
    PUSHED_FAILS = "an error of an appcontext_pushed receiver leaves the context"
    TORN_DOWN_TWICE = "a streamed body is torn down early, or twice"
    BODIES_CROSS = "interleaved bodies see each other's request"
    CALLED_AGAIN = "after_this_request functions run again"
    NOTHING_SAVED = "no session is saved"
    MERE_LOOK = "looking at a session's state counts as reading it"
    NO_VIEW = "a rule without a view is a KeyError"
    NO_SESSION = "using a session that was not opened is an AssertionError"
    NO_ADAPTER = "building a URL for an untrusted host is an AttributeError"
    PUSH_FAILS = "a context whose push fails stays pushed"
    NEW = "no session is ever new"
    STRAY = "a context left pushed diverts what follows"


def leaving_chain(leaving: BaseException | None, errors: Sequence[BaseException]) -> tuple[str, ...]:
    """Return the names of what must leave, and of what each was raised in the handling of.

    The project's rule, said once more and not by its code: the errors of teardowns leave as one
    flat group; a lone StrayContextError as itself. A BaseException that is no Exception leaves itself,
    what was on its way before one of a teardown, and the group of the others ends its chain.

    :param leaving: what was on its way, None for nothing.
    :param errors: what the teardowns raised, in order.
    """
    if not errors:
        return () if leaving is None else chain_of(leaving)
    exits = [error for error in (leaving, *errors) if error is not None and not isinstance(error, Exception)]
    if leaving is None and [type(error).__name__ for error in errors] == ["StrayContextError"]:
        return ("StrayContextError",)  # no teardown failed
    if not exits:
        return (group_name(map(name_of, errors)), *links_of(leaving))
    rest = [error for error in errors if error is not exits[0]]
    return (*chain_of(exits[0]), *([group_name(map(name_of, rest))] if rest else ()))


def join(leaving: BaseException | None, errors: Sequence[BaseException]) -> BaseException:
    """Return what leaves, by the same rule, if *leaving* was on its way and teardowns raised *errors*."""
    exits = [error for error in (leaving, *errors) if error is not None and not isinstance(error, Exception)]
    if not exits:
        group = BaseExceptionGroup("teardowns", errors)
        group.__context__ = leaving
        return group
    chain = [exits[0]]
    while chain[-1].__context__ is not None:
        chain.append(chain[-1].__context__)
    rest = [error for error in errors if error is not exits[0]]
    if leaving is not None and leaving not in chain:
        chain[-1].__context__ = leaving
        chain.append(leaving)
    if rest:
        chain[-1].__context__ = BaseExceptionGroup("teardowns", rest)
    return exits[0]
