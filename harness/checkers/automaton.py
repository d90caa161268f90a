"""The request cycle as an automaton: which step may follow which, for each kind of context.

Tables, from /docs/cycle.md: the reference framework's normal order and its exceptional paths. Each
context (activation) goes through its own; nested ones are independent, except that an app context
ends after the request contexts that were pushed on it. A step that repeats, one that is left out
and one out of order all break the law.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.history.steps import APP_CONTEXT_STEPS, Step

_S = Step

#: An app context's life.
APP: Final[Mapping[Step, frozenset[Step]]] = {
    _S.APP_CONTEXT_PUSH: frozenset({_S.APPCONTEXT_PUSHED}),
    _S.APPCONTEXT_PUSHED: frozenset({_S.TEARDOWN_APPCONTEXT}),
    _S.TEARDOWN_APPCONTEXT: frozenset({_S.APPCONTEXT_TEARING_DOWN}),
    _S.APPCONTEXT_TEARING_DOWN: frozenset({_S.APP_CONTEXT_POP}),
    _S.APP_CONTEXT_POP: frozenset({_S.APPCONTEXT_POPPED}),
    _S.APPCONTEXT_POPPED: frozenset(),
}

#: An Exception raised in 8-12 of the cycle, and one that nobody handled.
_USER: Final = frozenset({_S.HANDLE_USER_EXCEPTION})
_ANY: Final = frozenset({_S.HANDLE_EXCEPTION})

#: A request context until its teardown, as long as no error went unhandled. TEARDOWN_REQUEST is
#: added to every row: a BaseException goes there from anywhere.
_UNTIL_ERROR: Final[Mapping[Step, frozenset[Step]]] = {
    _S.REQUEST_CONTEXT_PUSH: frozenset({_S.OPEN_SESSION}),
    # An untrusted host is known before matching; an appcontext_pushed receiver's error is kept
    # until here and handled like one of step 8.
    _S.OPEN_SESSION: _USER | _ANY | {_S.MATCH_REQUEST, _S.REQUEST_STARTED},
    _S.MATCH_REQUEST: _USER | _ANY | {_S.REQUEST_STARTED},
    _S.REQUEST_STARTED: _USER | {_S.URL_VALUE_PREPROCESSOR},
    _S.URL_VALUE_PREPROCESSOR: _USER | {_S.BEFORE_REQUEST},
    _S.BEFORE_REQUEST: _USER | {_S.DISPATCH_REQUEST, _S.MAKE_RESPONSE},  # it may answer by itself
    _S.DISPATCH_REQUEST: _USER | {_S.VIEW, _S.MAKE_RESPONSE},  # OPTIONS is answered without a view
    _S.VIEW: _USER | {_S.MAKE_RESPONSE},
    _S.HANDLE_USER_EXCEPTION: _ANY | {_S.MAKE_RESPONSE},
    _S.MAKE_RESPONSE: _ANY | {_S.AFTER_THIS_REQUEST},
    _S.AFTER_THIS_REQUEST: _ANY | {_S.AFTER_REQUEST},
    _S.AFTER_REQUEST: _ANY | {_S.SAVE_SESSION, _S.REQUEST_FINISHED},  # a null session is not saved
    _S.SAVE_SESSION: _ANY | {_S.REQUEST_FINISHED},
    _S.REQUEST_FINISHED: _ANY | {_S.START_RESPONSE},
    _S.HANDLE_EXCEPTION: frozenset({_S.MAKE_RESPONSE}),
    _S.START_RESPONSE: frozenset(),
}
#: The same after HANDLE_EXCEPTION: what fails now is logged and skipped, the response kept as it
#: is; an error in making it reaches the server.
_AFTER_ERROR: Final[Mapping[Step, frozenset[Step]]] = {
    _S.MAKE_RESPONSE: frozenset({_S.AFTER_THIS_REQUEST}),
    _S.AFTER_THIS_REQUEST: frozenset({_S.AFTER_REQUEST, _S.START_RESPONSE}),
    _S.AFTER_REQUEST: frozenset({_S.SAVE_SESSION, _S.REQUEST_FINISHED, _S.START_RESPONSE}),
    _S.SAVE_SESSION: frozenset({_S.REQUEST_FINISHED, _S.START_RESPONSE}),
    _S.REQUEST_FINISHED: frozenset({_S.START_RESPONSE}),
    _S.START_RESPONSE: frozenset(),
}
#: Its teardown, the same on every path: whatever raises in it, all of it runs.
_TEARDOWN: Final[Mapping[Step, frozenset[Step]]] = {
    _S.TEARDOWN_REQUEST: frozenset({_S.REQUEST_TEARING_DOWN}),
    _S.REQUEST_TEARING_DOWN: frozenset({_S.REQUEST_CLOSE}),
    _S.REQUEST_CLOSE: frozenset({_S.REQUEST_CONTEXT_POP}),
    _S.REQUEST_CONTEXT_POP: frozenset(),
}


def _with_teardown(table: Mapping[Step, frozenset[Step]]) -> dict[Step, frozenset[Step]]:
    return {step: after | {_S.TEARDOWN_REQUEST} for step, after in table.items()} | dict(_TEARDOWN)


REQUEST: Final = _with_teardown(_UNTIL_ERROR)
REQUEST_AFTER_ERROR: Final = _with_teardown(_AFTER_ERROR)


def _skipping(step: Step) -> frozenset[Step]:
    """Return the steps that may follow if what announces those in between was overridden.

    An application may override any method of Flask's, so that a step may be missing before the response, but
    none comes back. A request that never started has no response: that of a request pushed on it is not its.
    """
    if step >= Step.START_RESPONSE:
        return frozenset()
    last = Step.START_RESPONSE if step >= Step.REQUEST_STARTED else Step.REQUEST_STARTED
    return frozenset(
        {each for each in Step if step < each <= last} | {Step.START_RESPONSE, Step.HANDLE_EXCEPTION}
    )


#: The last step of each kind of context.
LAST: Final = frozenset({_S.APPCONTEXT_POPPED, _S.REQUEST_CONTEXT_POP})


def following(
    step: Step, *, failed: bool = False, again: bool = False, visited: bool = False
) -> frozenset[Step]:
    """Return what may follow *step* in its context.

    :param failed: HANDLE_EXCEPTION came before.
    :param again: the operation had a request context before this one. Flask 3.1.3 activates one
        again for a stream, keeps its session and matches its URL once more.
    :param visited: it is an application of a user's, see :func:`_skipping`.
    """
    if step in APP_CONTEXT_STEPS:
        return APP[step]
    if visited:
        return REQUEST[step] | _skipping(step)  # what may follow after an error, or again, is among them
    if again and step is _S.REQUEST_CONTEXT_PUSH:
        return REQUEST[step] | {_S.MATCH_REQUEST}
    return REQUEST_AFTER_ERROR[step] if failed and step in REQUEST_AFTER_ERROR else REQUEST[step]
