"""What a right target and its clients write for one operation of each scenario.

Used to make histories by the million, for measuring checkers and for testing that they stay silent.
A script says in which order; canaries are 1 where the operation's own belongs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.history.columns import CLIENT_DTYPE, SERVER_DTYPE, Records
from harness.history.layout import App, Callback, Field, Kind, Look, Outcome
from harness.history.scenarios import LEGAL, Scenario
from harness.history.steps import APP_CONTEXT_STEPS, POPS, PUSHES, Step

_OPENING = (
    *(Step.APP_CONTEXT_PUSH, Step.APPCONTEXT_PUSHED, Step.REQUEST_CONTEXT_PUSH, Step.OPEN_SESSION),
    *(Step.MATCH_REQUEST, Step.REQUEST_STARTED, Step.URL_VALUE_PREPROCESSOR, Step.BEFORE_REQUEST),
    *(Step.DISPATCH_REQUEST, Step.VIEW),
)
_ANSWERING = (
    *(Step.MAKE_RESPONSE, Step.AFTER_THIS_REQUEST, Step.AFTER_REQUEST, Step.SAVE_SESSION),
    *(Step.REQUEST_FINISHED, Step.START_RESPONSE),
)
_APP_CLOSING = (
    *(Step.TEARDOWN_APPCONTEXT, Callback.TEARDOWN_APPCONTEXT_FIRST, Callback.TEARDOWN_APPCONTEXT_LAST),
    *(Step.APPCONTEXT_TEARING_DOWN, Callback.APPCONTEXT_TEARING_DOWN),
    *(Step.APP_CONTEXT_POP, Step.APPCONTEXT_POPPED, Callback.APPCONTEXT_POPPED),
)
_CLOSING = (
    *(Step.TEARDOWN_REQUEST, Callback.TEARDOWN_REQUEST_FIRST, Callback.TEARDOWN_REQUEST_LAST),
    *(Step.REQUEST_TEARING_DOWN, Callback.REQUEST_TEARING_DOWN, Step.REQUEST_CLOSE),
    *(Step.REQUEST_CONTEXT_POP, *_APP_CLOSING),
)
_ABOUT_APP = {word.name for word in (*APP_CONTEXT_STEPS, *_APP_CLOSING)}
_CHUNKS = (Look.STREAM_CHUNK, Kind.CHUNK) * 3
Word = Kind | Step | Callback | Look

#: What the view of a scenario does, between VIEW and the answer.
_VIEWS: dict[Scenario, tuple[Word, ...]] = {
    Scenario.NESTED_APP_CONTEXT: (
        *(Look.VIEW_BEFORE_YIELD, Step.APP_CONTEXT_PUSH, Step.APPCONTEXT_PUSHED),
        *(Look.NESTED_APP_CONTEXT, *_APP_CLOSING, Look.VIEW_AFTER_YIELD),
    ),
    Scenario.UNHANDLED_ERROR: (Step.HANDLE_USER_EXCEPTION, Step.HANDLE_EXCEPTION),
    Scenario.ISSUE_ID: (),
    Scenario.STREAM: (),
}
_LOOKS = (Look.VIEW_BEFORE_YIELD, Look.VIEW_AFTER_YIELD)


def script(scenario: Scenario) -> tuple[Word, ...]:
    """Return what the target of the reference framework writes for one operation, in order."""
    view = _VIEWS.get(scenario, _LOOKS)
    opening, answering = (Kind.ENTER, *_OPENING, *view), _ANSWERING
    if LEGAL[scenario].streams:
        return (*opening, *answering, Kind.RETURN, *_CHUNKS, *_CLOSING, Kind.EXIT)
    return (*opening, *answering, *_CLOSING, Kind.RETURN, Kind.EXIT)


class _Contexts:
    """What is current while a script is written out; 1 stands for the operation's own canary."""

    def __init__(self) -> None:
        self.stack: list[int] = []  # activations of app contexts, innermost last
        self.request = 0  # the request context's activation
        self.pushed = 0
        self.popped = 0
        self.session = 0
        self.marked: set[int] = set()  # app contexts whose g the view has written to

    def push(self, step: Step) -> int:
        self.pushed += 1
        if step is Step.REQUEST_CONTEXT_PUSH:
            self.request = self.pushed
        else:
            self.stack.append(self.pushed)
        return self.pushed

    def pop(self, step: Step) -> int:
        if step is Step.REQUEST_CONTEXT_POP:
            self.popped, self.request, self.session = self.request, 0, 0
        else:
            self.popped = self.stack.pop()
        return self.popped

    def activation(self, word: Word) -> int:
        if word.name == Step.APPCONTEXT_POPPED.name:
            return self.popped
        # By name: members of different enumerations are equal where their numbers are.
        return self.stack[-1] if word.name in _ABOUT_APP and self.stack else self.request


def write_script(words: tuple[Word, ...], scenario: Scenario) -> Records:
    """Return the records of a script; canaries are 1 where the operation's own belongs.

    ``session`` is 1 for the session's canary, ``value`` too where it holds that; activations
    count from 1.
    """
    records = np.zeros(len(words), SERVER_DTYPE)
    contexts = _Contexts()
    outcome = LEGAL[scenario].outcomes[0]
    for record, word in zip(records, words, strict=True):
        kind, activation = _place(contexts, word)
        record["kind"] = kind
        record["point"] = 0 if isinstance(word, Kind) else word
        record["activation"] = activation
        teardown = kind is Kind.TEARDOWN
        nested = bool(contexts.request) and len(contexts.stack) > 1
        record["detail"] = (Outcome.NONE if nested else outcome) if teardown else scenario
        record["value"] = 0 if teardown else 1
        if not isinstance(word, Kind):
            record["request"] = bool(contexts.request)
            record["session"] = contexts.session
            record["g"] = bool(contexts.stack) and contexts.stack[-1] in contexts.marked
            record["app"] = App.TARGET if contexts.stack else App.NONE
        if word is Step.OPEN_SESSION:
            contexts.session = 1
        if word is Step.VIEW:
            contexts.marked.add(contexts.stack[-1])
    return records


def _place(contexts: _Contexts, word: Word) -> tuple[Kind, int]:
    """Return the kind of a word's record and the activation it is about."""
    if isinstance(word, Kind):
        return word, 0
    if isinstance(word, Step):
        if word in PUSHES:
            return Kind.PUSH, contexts.push(word)
        if word in POPS:
            return Kind.POP, contexts.pop(word)
        return Kind.STEP, contexts.activation(word)
    kind = Kind.TEARDOWN if isinstance(word, Callback) else Kind.LOOK
    return kind, contexts.activation(word)


class _Observed(NamedTuple):
    """A field that the client observes; what is expected is 1 for its own canary, else a number."""

    field: Field
    detail: int = 0
    own: bool = True
    number: int = 0


_SEEN = (
    _Observed(Field.PATH, 0),
    _Observed(Field.PATH, 1),
    _Observed(Field.G, 1),
    _Observed(Field.G_FRESH, own=False),
    _Observed(Field.RESPONSE_HEADER),
    _Observed(Field.BODY_PARSED, own=False, number=1),
)
_FIELDS: dict[Scenario, tuple[_Observed, ...]] = {
    Scenario.ISSUE_ID: (*_SEEN[:5], _Observed(Field.ISSUED_ID, own=False)),
    Scenario.STREAM: (*(_Observed(Field.CHUNK),) * 3, _Observed(Field.CHUNK_COUNT, own=False, number=3)),
}


def write_client(scenario: Scenario) -> Records:
    """Return the client's records of one operation, each observation as it was expected.

    ``spare`` is 1 where ``expected`` and ``value`` are the operation's own canary.
    """
    fields = _FIELDS.get(scenario, _SEEN)
    records = np.zeros(len(fields) + 2, CLIENT_DTYPE)
    records["scenario"] = scenario
    records["kind"] = [Kind.INVOKE, *(Kind.OBSERVE for _ in fields), Kind.OK]
    records["point"][1:-1] = [seen.field for seen in fields]
    records["detail"][1:-1] = [seen.detail for seen in fields]
    records["spare"][1:-1] = [seen.own for seen in fields]
    for column in ("expected", "value"):
        records[column][1:-1] = [seen.number for seen in fields]
    records["value"][-1] = LEGAL[scenario].statuses[0]
    return records
