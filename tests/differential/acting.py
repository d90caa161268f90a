"""What the functions of a described app do: acts, values, streams, ends.

Whatever an act raises ends the function, as it would in a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.differential.acts import ACTS
from tests.differential.context_acts import NOTHING
from tests.differential.description import (
    Act,
    AfterThis,
    Does,
    Plain,
    Raises,
    Returns,
    Stream,
    Value,
)
from tests.differential.recording import FAILS, Run
from tests.differential.repairs import Repair
from tests.differential.values import VALUES, fail, name_of

#: The header that marks a response whose body was wrapped by ``stream_with_context``.
STREAM_MARK = ("X-Stream", "with context")


def call(run: Run, by: str, does: Does, text: object = "", given: Any = None) -> Any:
    """Be the function *by*: note the call, do the acts, return or raise; a quiet end returns *given*."""
    run.note(by, text)
    for act in does.acts:
        do(run, by, act)
    if isinstance(does.end, Returns):
        return made(run, by, does.end.value)
    if does.end is not None:
        fail_if_due(run, by, does.end)
    return given


def fail_if_due(run: Run, by: str, raises: Raises) -> None:
    """Raise what *raises* says, if it holds for the current request."""
    if raises.request in {None, run.current}:
        fail(run.api, raises.kind, by, run.abort)


def do(run: Run, by: str, act: Act) -> None:
    """Do one act and note what it found."""
    if isinstance(act, AfterThis):
        run.api.after_this_request(_after_this(run, f"this of {by}", act.does))
        return
    word, _, argument = act.partition(" ")
    try:
        found = ACTS[word](run, argument)
    except AssertionError as error:
        if Repair.NO_SESSION in run.repairs and word.startswith(("session", "flash")):
            run.note(f"{by}: {act}{FAILS}", RuntimeError.__name__)
            raise RuntimeError from None
        run.note(f"{by}: {act}{FAILS}", name_of(error))
        raise
    except Exception as error:
        run.note(f"{by}: {act}{FAILS}", name_of(error))
        raise
    if found is not NOTHING:
        run.note(f"{by}: {act}", found)


def _after_this(run: Run, by: str, does: Does) -> Callable[[Any], Any]:
    calls = 0

    def function(response: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1 and Repair.CALLED_AGAIN in run.repairs:
            return response
        result = call(run, by, does, given=response)
        return result if result is response else run.api.make_response(result)

    return function


# -- values --------------------------------------------------------------------------------------


def made(run: Run, by: str, value: Value) -> Any:
    """Return the value that a description stands for."""
    if isinstance(value, Plain):
        return VALUES[value.kind](run.api)
    if isinstance(value, Stream):
        return _streamed(run, by, value)
    parts = [made(run, by, value.value)]
    if value.status is not None:
        parts.append(value.status)
    if value.headers:
        parts.append(dict(value.headers) if len(value.headers) == 1 else list(value.headers))
    return tuple(parts)


def _streamed(run: Run, by: str, stream: Stream) -> Any:
    def body() -> Iterator[str | bytes]:
        word = f"body of {by}"
        run.note(word)
        try:
            for act in stream.acts:
                do(run, word, act)
            yield from stream.chunks
            run.note(f"{word} ends")
            if stream.fails is not None:
                fail_if_due(run, word, stream.fails)
        finally:
            run.note(f"{word} left")

    made_body: Any
    headers = []
    if not stream.context:
        made_body = body()
    else:
        headers = [STREAM_MARK]
        wrap = run.api.stream_with_context
        made_body = wrap(body)() if stream.decorated else wrap(body())
    if stream.bare:
        return (made_body, stream.status, headers)
    response = run.api.Response(made_body, stream.status, headers)
    response.call_on_close(lambda: run.note(f"closed {by}"))
    return response
