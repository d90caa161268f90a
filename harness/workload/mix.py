"""How often each kind of item is drawn; a table, and the ways to narrow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TypeAlias

from harness.history.scenarios import Scenario

Mix: TypeAlias = Mapping[Scenario, int]

#: Weights of items, not of operations: a PUT brings its GET, a pipeline is three, a group
#: (in one session, of the backend) four.
#: COLD_START is never drawn, it is every client's first item; GET follows PUT. Either may be asked for
#: alone, and then it is drawn.
#: Errors are rare enough to leave most workers in peace and common enough to poison many.
DEFAULT_MIX: Mix = MappingProxyType(
    {
        Scenario.COLD_START: 0,
        Scenario.ECHO: 20,
        Scenario.ECHO_FORM: 8,
        Scenario.ECHO_JSON: 8,
        Scenario.LOGIN: 2,
        Scenario.SESSION_APPEND: 12,
        Scenario.SESSION_READ: 6,
        Scenario.SESSION_PARALLEL: 3,
        Scenario.SESSION_UNKNOWN: 2,
        Scenario.ISSUE_ID: 4,
        Scenario.PUT: 4,
        Scenario.GET: 0,
        Scenario.NESTED_APP_CONTEXT: 4,
        Scenario.HEAD: 2,
        Scenario.OPTIONS: 2,
        Scenario.NOT_FOUND: 2,
        Scenario.METHOD_NOT_ALLOWED: 2,
        Scenario.HANDLED_ERROR: 3,
        Scenario.UNHANDLED_ERROR: 2,
        Scenario.ABORT: 2,
        Scenario.TEARDOWN_ERROR: 2,
        Scenario.BASE_EXCEPTION: 1,
        Scenario.STREAM: 4,
        Scenario.STREAM_DISCONNECT: 1,
        Scenario.PIPELINED: 2,
        Scenario.UNREAD_BODY: 3,
        Scenario.BACKEND: 3,
        Scenario.BACKEND_CANCEL: 1,
        Scenario.SHARED_PAGE: 3,
        Scenario.STATIC: 3,
        Scenario.SESSION_OPEN_ERROR: 2,
        Scenario.JOB: 3,
    }
)

#: What a target without the outermost wrapper must not be sent: under real servers a
#: BaseException kills workers, resets neighbours or hangs the client. There it is a nemesis.
UNGUARDED = frozenset({Scenario.BASE_EXCEPTION, Scenario.BACKEND_CANCEL})


#: What the whole mix leaves out under a worker model. A worker that serves one request at a time is
#: asked what its requests share; a pool's thread beside it shares the process with the one, as no
#: other request does, and is looked at when somebody names it.
LEFT_OUT: Mapping[str, frozenset[Scenario]] = {"process": frozenset({Scenario.JOB})}


class UnknownScenarioError(LookupError):
    """A scenario was named that the mix does not have; the message lists those it has."""


def _named(names: Collection[str]) -> frozenset[Scenario]:
    known = {scenario.name.lower(): scenario for scenario in DEFAULT_MIX}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UnknownScenarioError(
            f"unknown scenario {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    return frozenset(known[name] for name in names)


def whole_mix(model: str) -> tuple[str, ...]:
    """Return the names of the whole mix under a worker model, for :func:`make_mix`."""
    left_out = LEFT_OUT.get(model, frozenset())
    return tuple(scenario.name.lower() for scenario in DEFAULT_MIX if scenario not in left_out)


def make_mix(
    only: Collection[str] = (), without: Collection[str] = (), *, guarded: bool = True
) -> dict[Scenario, int]:
    """Return the default mix, narrowed to the scenarios *only* (all if empty) less *without*.

    :param only: lower-case names, such as ``session_append``. Without ``cold_start`` among them no
        client begins with its burst.
    :param guarded: False for a target without the outermost wrapper, see :data:`UNGUARDED`.
    :raises UnknownScenarioError: for a name that is no scenario of the mix.
    :raises ValueError: if nothing is left.
    """
    kept = (_named(only) or frozenset(DEFAULT_MIX)) - _named(without)
    if not guarded:
        kept -= UNGUARDED
    mix = {scenario: weight for scenario, weight in DEFAULT_MIX.items() if scenario in kept}
    if not mix:
        raise ValueError("no scenario is left to send; name others")
    return mix if any(mix.values()) else dict.fromkeys(mix, 1)
