"""What each fault must raise under each worker model, and what it may; a table, and how to compare.

A row holds for one fault under some models. ``must``: each of these invariants has to be violated.
``may``: these are allowed to be, as further symptoms of the same defect. Any other violation is a
false alarm, and where nothing must be raised the whole matrix has to stay silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.verdict import Result, Verdict

MODELS = ("thread", "greenlet", "process")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one fault shows under some worker models."""

    fault: str  # the fault's id; "" for the target without any
    models: tuple[str, ...]
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    why: str = ""


def _these(*invariants: str) -> frozenset[str]:
    return frozenset(invariants)


EXPECTATIONS: tuple[Expectation, ...] = (
    Expectation("", MODELS, why="a right target raises nothing"),
    Expectation(
        "global_request",
        ("thread", "greenlet"),
        must=_these("I1"),
        # Another's context is popped, closed and saved with the own one: nearly every law may break.
        may=_these("I0", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I10", "CYCLE"),
        why="two requests in flight share the module's one slot",
    ),
    Expectation(
        "global_request",
        ("process",),
        why="a process serves one request at a time, so its one slot is never shared",
    ),
    Expectation(
        "tl_unpatched",
        ("greenlet",),
        must=_these("I1"),
        may=_these("I0", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I10", "CYCLE"),
        why="all greenlets of a thread share the thread's slot",
    ),
    Expectation("tl_unpatched", ("thread", "process"), why="a thread's slot is its own"),
    Expectation(
        "app_ctx_for_life",
        MODELS,
        must=_these("I2"),
        may=_these("I1", "I5"),
        why="the second request of a process finds the first one's g",
    ),
    Expectation(
        "auth_on_extension",
        ("thread", "greenlet"),
        must=_these("I4"),
        why="the extension's one attribute is overwritten by the request that came between",
    ),
    Expectation(
        "auth_on_extension",
        ("process",),
        must=_these("I4"),
        why="nothing comes between, but a request whose session fails to open never sets its caller",
    ),
    Expectation("cv_not_reset", MODELS, must=_these("I2"), why="the worker that set it serves the next"),
    Expectation(
        "no_pop_on_exception",
        MODELS,
        must=_these("I0", "I6"),
        may=_these("I1", "I10", "CYCLE"),
        why="the context of a request that failed stays on its worker",
    ),
    Expectation(
        "teardown_error_stops_others",
        MODELS,
        must=_these("I6"),
        # A step that is not reached is missing in the cycle too.
        may=_these("CYCLE"),
        why="the callbacks after the one that raises never run, whoever serves the request",
    ),
    Expectation(
        "except_exception_only",
        MODELS,
        must=_these("I6"),
        may=_these("CYCLE", "I0"),
        why="a BaseException goes past the clean-up",
    ),
    Expectation("base_exception_none", MODELS, must=_these("I6"), why="teardowns are told of no error"),
    Expectation(
        "teardown_before_stream",
        MODELS,
        must=_these("I5", "I6"),
        may=_these("I3"),
        why="the body is sent after its context is gone",
    ),
    Expectation("vary_dropped", MODELS, must=_these("I4"), why="a cache may serve it to another"),
    Expectation("sid_reuse", MODELS, must=_these("I3"), why="an id the client made up is kept"),
    Expectation(
        "server_session_lost_update",
        MODELS,
        must=_these("I3"),
        why="of parallel writers in one session the last one wins",
    ),
    Expectation(
        "session_default_shared",
        MODELS,
        must=_these("I3"),
        may=_these("I4"),
        why="whoever has no session yet is given the shared default",
    ),
    Expectation(
        "module_response",
        ("thread", "greenlet"),
        must=_these("I4"),
        may=_these("I1", "I3", "I8"),
        why="one response object carries the headers of two requests in flight",
    ),
    Expectation("module_response", ("process",), why="nothing else is in flight"),
    Expectation("fork_seed", ("process",), must=_these("I7"), why="preloaded workers inherit one seed"),
    Expectation("fork_seed", ("thread", "greenlet"), why="one process draws from one generator"),
    Expectation(
        "worker_local_state",
        ("process",),
        must=_these("I9"),
        why="a value is known to the worker that took it only",
    ),
    Expectation("worker_local_state", ("thread", "greenlet"), why="there is one process"),
    Expectation(
        "lazy_init_flag_first",
        ("thread", "greenlet"),
        must=_these("I8"),
        # The request that finds nothing there fails, and its teardowns are told so.
        may=_these("I6"),
        why="in the first burst others see the flag before the work is done",
    ),
    Expectation("lazy_init_flag_first", ("process",), why="a process's first request is alone"),
)


def find_expectation(fault: str, model: str) -> Expectation:
    """Return what *fault* must show under *model*.

    :raises LookupError: if the table has no such row; the message says what to do.
    """
    for row in EXPECTATIONS:
        if row.fault == fault and model in row.models:
            return row
    raise LookupError(f"nothing is expected of fault {fault!r} under {model!r}: add a row to EXPECTATIONS")


def raised(results: Iterable[Result]) -> frozenset[str]:
    """Return the invariants that were violated."""
    return frozenset(result.invariant for result in results if result.verdict is Verdict.INVALID)


def compare(fault: str, model: str, results: Iterable[Result]) -> tuple[str, ...]:
    """Return how what was found differs from what was expected, a sentence each; () if it doesn't.

    :raises LookupError: as :func:`find_expectation`.
    """
    expected = find_expectation(fault, model)
    found = raised(results)
    name = f"fault {fault}" if fault else "the target without a fault"
    missed = (f"{name} must raise {one} under {model}, and did not" for one in sorted(expected.must - found))
    wrong = (
        f"{name} raised {one} under {model}, where it must stay silent"
        for one in sorted(found - expected.must - expected.may)
    )
    return (*missed, *wrong)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix of what was found."""

    expected: Expectation
    found: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether every alarm that must ring did, and no other that must not."""
        return self.expected.must <= self.found <= self.expected.must | self.expected.may


def fill_matrix(found: Mapping[tuple[str, str], Iterable[Result]]) -> dict[tuple[str, str], Cell]:
    """Return the matrix of (fault, model) -> cell for what was found in each.

    :raises LookupError: as :func:`find_expectation`.
    """
    return {
        (fault, model): Cell(find_expectation(fault, model), raised(results))
        for (fault, model), results in found.items()
    }
