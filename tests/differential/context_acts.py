"""Acts that push contexts by hand: around some code, in a copy, or without popping them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.differential.recording import FAILS, NAME_KEY, Run
from tests.differential.repairs import Repair, join
from tests.differential.values import Boom, name_of

#: What an act returns that has nothing to tell.
NOTHING = object()
#: What is shown while a made-up request is current.
MADE_UP = "Rmade up"
#: The events that say where a deviation may show.
INSIDE, PUSH_FAILS, LEFT = "a context inside", f"push{FAILS}", "leaves a context pushed"


def push(run: Run, context: Any) -> None:
    """Push *context*; under repairs, pop it again if that fails."""
    try:
        context.__enter__()
    except BaseException as error:
        if Repair.PUSH_FAILS in run.repairs:
            _push_failed(run, context, error)
        run.note(PUSH_FAILS, name_of(error))
        raise
    pending, run.pending = run.pending, None
    if pending is not None:
        _push_failed(run, context, pending)


def _push_failed(run: Run, context: Any, error: BaseException) -> NoReturn:
    """Pop *context*, and raise what leaves then."""
    before, run.kept = run.kept, []
    context.pop(error)
    errors, run.kept = run.kept, before
    leaving = join(error, errors) if errors else error
    run.note(PUSH_FAILS, name_of(leaving))
    raise leaving


def _within(run: Run, context: Any, word: str, fails: bool) -> None:
    push(run, context)
    try:
        run.note(word)
        if fails:
            raise Boom(word)
    except Boom as error:
        context.__exit__(type(error), error, error.__traceback__)
        raise
    context.__exit__(None, None, None)


def made_up(run: Run, path: str) -> Any:
    """Return a request context of a made-up request."""
    return run.app.test_request_context(path, environ_overrides={NAME_KEY: MADE_UP[1:]})


def inside_app(run: Run, fails: str) -> object:
    """Do something in an app context."""
    run.all_torn_down(lambda: _within(run, run.app.app_context(), "in an app context", bool(fails)))
    return NOTHING


def inside_request(run: Run, path: str) -> object:
    """Do something in another request context."""
    path, _, fails = path.partition(" ")
    _apart(run, lambda: _within(run, made_up(run, path), "in a request context", bool(fails)))
    return NOTHING


def _copy(run: Run) -> Callable[[], None]:
    """Return what runs in a copy of the request context; under a repair, pushed as :func:`push` does."""
    ran: list[bool] = []

    def inside() -> None:
        ran.append(True)
        run.note("in the copy")

    if Repair.PUSH_FAILS in run.repairs:
        context = run.framework.request_var.get().copy()

        def by_hand() -> None:
            push(run, context)
            try:
                inside()
            except BaseException as error:
                context.__exit__(type(error), error, error.__traceback__)
                raise
            context.__exit__(None, None, None)

        return by_hand
    copy = run.api.copy_current_request_context(inside)

    def by_framework() -> None:
        try:
            copy()
        except BaseException as error:
            if not ran:
                run.note(PUSH_FAILS, name_of(error))
            raise

    return by_framework


def copied(run: Run, where: str) -> object:
    """Do something in a copy of the request context, here or on a thread."""
    function = _copy(run)
    if where != "thread":
        _apart(run, function)
        return NOTHING
    error: list[BaseException] = []

    def work() -> None:
        try:
            run.all_torn_down(function)
        except BaseException as caught:
            error.append(caught)

    run.on_a_thread(work)
    return name_of(error[0]) if error else NOTHING


def _apart(run: Run, function: Callable[[], None]) -> None:
    """Call *function*; under a repair, where no app context is current."""
    run.note(INSIDE)
    if Repair.G_SHARED in run.repairs:
        with run.app_hidden():
            run.all_torn_down(function)
    else:
        run.all_torn_down(function)


# -- left pushed ---------------------------------------------------------------------------------


class StrayContextError(RuntimeError):
    """Stands for the project's error of the same name."""


@dataclass
class Stray:
    """Under a repair: a context that was left pushed, and what is taken from its request until the end."""

    context: Any
    app_context: Any
    #: What it makes current, as it is shown in events.
    state: str


def leave(run: Run, path: str) -> object:
    """Push a context and forget it: an app context, or a request context if there is a *path*."""
    run.note(LEFT)
    context = made_up(run, path) if path else run.app.app_context()
    if Repair.STRAY not in run.repairs:
        push(run, context)
        return NOTHING
    with run.app_hidden():
        before, run.instead = run.instead, None
        # A request that was left before is current until another one is: its push says so first.
        run.request_instead = MADE_UP if before is not None and before.endswith(MADE_UP) else ""
        try:
            push(run, context)
        except BaseException:
            run.instead, run.request_instead = before, ""  # what was left before is current again
            raise
        state, run.request_instead = run.state(), ""
        run.strays.append(Stray(context, _detach(run, context), state))
    run.instead = run.strays[-1].state
    return NOTHING


def _detach(run: Run, context: Any) -> Any:
    """Take one of Flask's contexts out of the variables without popping it; return its app context."""
    token = context._cv_tokens.pop()
    if isinstance(token, tuple):
        request_token, context = token
        run.framework.request_var.reset(request_token)
        token = context._cv_tokens.pop()
    run.framework.app_var.reset(token)
    return context


def _attach(run: Run, stray: Stray) -> None:
    """Put it back where it was, so that it can be popped."""
    stray.app_context._cv_tokens.append(run.framework.app_var.set(stray.app_context))
    if stray.app_context is not stray.context:
        token = run.framework.request_var.set(stray.context)
        stray.context._cv_tokens.append((token, stray.app_context))


def stray_method(run: Run) -> str:
    """Return the method of the request that was left pushed last, and is the current one; '' if none was."""
    requests = [stray.context.request for stray in run.strays if stray.app_context is not stray.context]
    return str(requests[-1].method) if requests else ""


def end_strays(run: Run) -> list[BaseException]:
    """Pop what was left, the latest first, told what the request's teardowns were; return the errors."""
    errors: list[BaseException] = []
    for stray in reversed(run.strays):
        before, run.kept = run.kept, []
        _attach(run, stray)
        try:
            stray.context.pop(run.told)
        except BaseException as error:  # of a teardown that was not repaired, yet
            run.kept.append(error)
        errors += [*run.kept, StrayContextError()]
        run.kept = before
    run.strays.clear()
    return errors
