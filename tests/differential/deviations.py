"""The accepted deviations from Flask 3.1.3: one row each, and nothing else may differ.

A row applies only where its defect *showed* in what Flask did. Then Flask runs again with the
row's repair (``repairs.py``), what can't be repaired from outside is put right in the result
(*normalise*), and the outcome must be the project's in full. Rows are normalised in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.differential.acting import STREAM_MARK
from tests.differential.context_acts import INSIDE, LEFT, PUSH_FAILS
from tests.differential.description import Ask, Case
from tests.differential.recording import CALL, CHUNK, CLOSE, DROP, FAILS, RETURNED, STEPS, Event
from tests.differential.repairs import Repair
from tests.differential.serving import Result, begun, bodyless

#: What Flask did with one request; tells whether the defect showed.
Shows = Callable[[Case, Ask, Result], bool]
#: What Flask did with one request; returns what the project must do.
Normalise = Callable[[Ask, Result], Result]


@dataclass(frozen=True)
class Deviation:
    """A row. *point* is its row in the deviations of docs/cycle.md."""

    repair: Repair
    point: str
    reason: str
    shows: Shows
    normalise: Normalise = lambda _, result: result


def _words(result: Result) -> list[str]:
    return [event.word for event in result.log]


#: Events of a teardown that say what it was told, by the begin of their words.
_TOLD = ("teardown_", "signal tearing", "signal app_tearing")


# -- when a defect showed ------------------------------------------------------------------------


def _used_inside(case: Case, ask: Ask, result: Result) -> bool:
    """Tell whether a context was pushed while an app context of the same app was active."""
    return ask.around or INSIDE in _words(result)


def _teardown_failed(case: Case, ask: Ask, result: Result) -> bool:
    return any(
        word.endswith(FAILS)
        and word.startswith((*_TOLD, "close request", "signal popped"))
        and ":" not in word
        for word in _words(result)
    )


def _pushed_failed(case: Case, ask: Ask, result: Result) -> bool:
    return f"signal pushed{FAILS}" in _words(result)


def _streaming(case: Case, ask: Ask, result: Result) -> bool:
    return STREAM_MARK in result.headers


def _crossing(case: Case, ask: Ask, result: Result) -> bool:
    return case.interleaved and STREAM_MARK in result.headers


def _called_again(case: Case, ask: Ask, result: Result) -> bool:
    called = [word for word in _words(result) if word.startswith("this of ") and ":" not in word]
    return len(called) > len(set(called))


def _saved_nothing(case: Case, ask: Ask, result: Result) -> bool:
    return any(event.word == "save session" and event.text == "None" for event in result.log)


def _failed(acts: tuple[str, ...], *classes: type[Exception]) -> Shows:
    """Return whether one of *acts* failed with one of *classes*."""
    names = {each.__name__ for each in classes}

    def shows(case: Case, ask: Ask, result: Result) -> bool:
        return any(
            (event.text in names or Exception in classes)
            and event.word.endswith(FAILS)
            and event.word.partition(": ")[2].startswith(acts)
            for event in result.log
        )

    return shows


def _noted(word: str) -> Shows:
    """Return whether this event is there."""

    def shows(case: Case, ask: Ask, result: Result) -> bool:
        return any(event.word.endswith(word) for event in result.log)

    return shows


def _no_view(case: Case, ask: Ask, result: Result) -> bool:
    return any("KeyError" in event.text for event in result.log) or any(
        "KeyError" in name for _, names in result.left for name in names
    )


# -- what can't be repaired from outside ---------------------------------------------------------


def torn_down_once(ask: Ask, result: Result) -> Result:
    """Keep one teardown for a streamed body: after it, told what the request, or else the body, raised.

    Flask tears down at the return, pushes again when the body begins, tears down again when it
    ends, and between two chunks leaves the context to the server's thread.
    """
    if STREAM_MARK not in result.headers or CALL in dict(result.left):
        return result
    returned = _words(result).index(RETURNED)
    start = _words(result).index("start response") + 1
    outside = result.log[returned].state
    before, early, late = result.log[:start], result.log[start:returned], result.log[returned:]
    told = next((event.text for event in early if event.word.startswith(_TOLD)), "None")
    if begun(late):
        late = tuple(_retold(event, told) for event in _without_push(late))
    else:
        if told == "None" and not bodyless(ask, result):
            early = tuple(_retold(event, "GeneratorExit") for event in early)
        end = next(number for number, event in enumerate(late) if event.word in {CLOSE, DROP}) + 1
        late = (*late[:end], *early, *late[end:])
    # Another thread has nothing to begin with.
    states = {step: "-" if ask.thread and step != RETURNED else outside for step in STEPS}
    late = tuple(event._replace(state=states.get(event.word, event.state)) for event in late)
    return replace(result, log=(*before, *late))


def _retold(event: Event, told: str) -> Event:
    """Return *event* with the error *told*, if it says one and it is not None."""
    says = event.word.startswith(_TOLD) and ":" not in event.word and not event.word.endswith(FAILS)
    return event._replace(text=told) if says and told != "None" else event


def _without_push(late: tuple[Event, ...]) -> Iterator[Event]:
    """Leave out that the app context was pushed again when the body began."""
    beginning = False
    for event in late:
        if event.word == CHUNK:
            beginning = True
        elif event.word.startswith("body of"):
            beginning = False
        if not (beginning and event.word.startswith("signal pushed")):
            yield event


#: Sources: each "showed" measured on Flask 3.1.3; section 4 of the cycle's table is in docs/cycle.md.
DEVIATIONS = (
    Deviation(
        Repair.G_SHARED,
        "an app context of the same app is active already *",
        "what one request leaves on g must not meet the next",
        _used_inside,
    ),
    Deviation(
        Repair.TEARDOWN_STOPS,
        "a teardown callback, a receiver of a teardown signal or `request.close` raises *",
        "a resource must not depend on a stranger's callback",
        _teardown_failed,
    ),
    Deviation(
        Repair.PUSHED_FAILS,
        "a receiver of `appcontext_pushed` raises",
        "the context would stay on the worker and meet the next request",
        _pushed_failed,
    ),
    Deviation(
        Repair.BODIES_CROSS,
        "its body on another thread or greenlet, two bodies interleaved, a context pushed inside it",
        "the first body would see the second's request",
        _crossing,
    ),
    Deviation(
        Repair.TORN_DOWN_TWICE,
        "`stream_with_context`",
        "a body needs its resources until it ends, and they are freed once",
        _streaming,
        torn_down_once,
    ),
    Deviation(
        Repair.CALLED_AGAIN,
        "finalization is repeated after an error",
        "a function for this request, once, is called once",
        _called_again,
    ),
    Deviation(
        Repair.NOTHING_SAVED,
        "`open_session` raised",
        "there is nothing to save, and the error of trying hid the signal",
        _saved_nothing,
    ),
    Deviation(
        Repair.MERE_LOOK,
        "a session is *accessed*",
        "a response that does not depend on the session may be cached",
        lambda *seen: _noted("session.peek")(*seen) or _noted("session.new")(*seen),
    ),
    Deviation(
        Repair.NEW,
        "`session.new`",
        "it is documented to tell",
        _noted("session.new"),
    ),
    Deviation(
        Repair.PUSH_FAILS,
        "the same, when a context is pushed by hand, or `open_session` raises there",
        "nobody else could pop it",
        _noted(PUSH_FAILS),
    ),
    Deviation(
        Repair.STRAY,
        "a view leaves a context pushed",
        "what follows belongs to the request, and so do its resources",
        _noted(LEFT),
    ),
    Deviation(
        Repair.NO_VIEW,
        "a rule without a view",
        "a KeyError says nothing about what to do",
        _no_view,
    ),
    Deviation(
        Repair.NO_SESSION,
        "a session that was not opened is used",
        "an AssertionError says nothing about what to do",
        _failed(("session.", "flash"), AssertionError),
    ),
    Deviation(
        Repair.NO_ADAPTER,
        "a URL is built for a host that is not trusted",
        "an AttributeError says nothing about what to do",
        _failed(("url ",), AttributeError),
    ),
)
