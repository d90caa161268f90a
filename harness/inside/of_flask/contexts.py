"""Flask's two kinds of context: what is pushed and popped, by whom, and when its count turns.

The rule this file guards: *the variable is the witness.* Whether a context is current is asked of Flask's own
ContextVar at each end of a push and a pop, and never concluded from what a call should have done: a push that
fails half-way leaves a context behind, and that is what is looked for.

On each context stands what the looks read: ``crosstalk_activation`` (0 until its first push), ``crosstalk_g``
or ``crosstalk_session`` (whose they are), ``crosstalk_depth`` (pushes that were not popped yet),
``crosstalk_open`` (its push was recorded, its pop was not) and ``crosstalk_entering`` (its count just went
from 0 to 1). No context refers to another through these.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from harness.blackbox.carrying import caller_of
from harness.history.canary import ABSENT, UNMARKED
from harness.history.steps import Step
from harness.inside.locality import Here, Locality
from harness.inside.recording import StepHook
from harness.inside.sight import OP_KEY, WORD_KEY
from harness.target import Contexts

from .owners import Owners
from .patching import Patches

_NOBODY_S = (ABSENT, UNMARKED)
_APP_PUSH, _APP_POP = Step.APP_CONTEXT_PUSH.label, Step.APP_CONTEXT_POP.label
_REQUEST_PUSH, _REQUEST_POP = Step.REQUEST_CONTEXT_PUSH.label, Step.REQUEST_CONTEXT_POP.label
_PUSHED, _POPPED = Step.APPCONTEXT_PUSHED.label, Step.APPCONTEXT_POPPED.label
_MATCH = Step.MATCH_REQUEST.label


class Lives:
    """Follows the contexts of some applications through their pushes and pops.

    :param hook: records a step of a context.
    """

    def __init__(
        self, apps: frozenset[Any], contexts: Contexts, locality: Locality, hook: StepHook, patches: Patches
    ) -> None:
        self._apps = apps
        self._app_var, self._request_var = contexts.app_var, contexts.request_var
        self.here = locality.here
        self.hook = hook
        #: Returns the current request context, None without one; asked for at every step.
        self.current: Callable[[], Any] = partial(contexts.request_var.get, None)
        self._owners = Owners()
        self._patches = patches

    def follow(self, app_context: type, request_context: type) -> None:
        """Wrap Flask's classes; contexts of other applications go by untouched."""
        self._request_class = request_context
        # Since 3.1 asking a context for its session marks that as read.
        self._session_name = "_session" if hasattr(request_context, "session") else "session"
        wrap = self._patches.wrap
        wrap(app_context, "push", self._push_app)
        wrap(app_context, "pop", self._pop_app)
        wrap(request_context, "push", self._push_request)
        wrap(request_context, "pop", self._pop_request)
        wrap(request_context, "match_request", self._match)

    def popping(self, *, request: bool) -> Any:
        """Return the context of this kind that is being popped here for the last time; None if none is."""
        context = self.here().leaving
        if context is None or isinstance(context, self._request_class) is not request:
            return None
        return context if context.crosstalk_depth == 0 and context.crosstalk_open else None

    # app contexts

    def _push_app(self, push: Callable[..., Any]) -> Callable[..., Any]:
        def pushing(context: Any, *args: Any, **named: Any) -> Any:
            if context.app not in self._apps:
                return push(context, *args, **named)
            self._count_push(context)
            try:
                return push(context, *args, **named)
            finally:
                # Recorded as its signal was about to be sent; here only if no signal was.
                self.app_pushed(signal=False)
                self._uncount(context, self._app_var)

        return pushing

    def app_pushed(self, *, signal: bool = True) -> None:
        """Record that the current app context was pushed, if its count went from 0 to 1 just now."""
        context = self._app_var.get(None)
        if not getattr(context, "crosstalk_entering", False):
            return
        if not context.crosstalk_open:
            here = self.here()
            owner = UNMARKED if here.number in _NOBODY_S else here.number
            with suppress(Exception):  # the target is never failed
                owner = self._owners.first(context.g, owner)
            # One that nobody had before is empty as far as anybody else goes.
            context.crosstalk_g = ABSENT if owner == here.number else owner
            context.crosstalk_open = True
            self.hook(_APP_PUSH, context)
            context.crosstalk_g = owner
        if signal:
            self.hook(_PUSHED, context)

    def _pop_app(self, pop: Callable[..., Any]) -> Callable[..., Any]:
        def popping(context: Any, *args: Any, **named: Any) -> Any:
            if context.app not in self._apps or not hasattr(context, "crosstalk_depth"):
                return pop(context, *args, **named)
            here = self.here()
            outer = here.leaving
            if isinstance(outer, self._request_class):
                self._left(outer, self._request_var, _REQUEST_POP)
            self._begin_pop(here, context)
            try:
                return pop(context, *args, **named)
            finally:
                self._left(context, self._app_var, _APP_POP)
                here.leaving = outer

        return popping

    def app_popped(self) -> None:
        """Record that the app context being popped is gone, as its signal is about to be sent."""
        context = self.popping(request=False)
        if context is not None:
            self._left(context, self._app_var, _APP_POP)
            self.hook(_POPPED, context)

    # request contexts

    def _push_request(self, push: Callable[..., Any]) -> Callable[..., Any]:
        def pushing(context: Any, *args: Any, **named: Any) -> Any:
            if context.app not in self._apps:
                return push(context, *args, **named)
            self._count_push(context)
            try:
                return push(context, *args, **named)
            finally:
                self.request_pushed(context)
                if context.crosstalk_entering:
                    self.find_session(context)
                self._uncount(context, self._request_var)

        return pushing

    def request_pushed(self, context: Any) -> None:
        """Record that *context* was pushed, if it is current and its count went from 0 to 1 just now."""
        if not getattr(context, "crosstalk_entering", False) or context.crosstalk_open:
            return
        if self._request_var.get(None) is not context:
            return
        here = self.here()
        with suppress(Exception):
            environ = context.request.environ
            if WORD_KEY not in environ:
                # A request within a request (a test client's, test_request_context's) belongs to that one.
                environ[OP_KEY], environ[WORD_KEY] = here.number, here.op
        context.crosstalk_open = True
        self.hook(_REQUEST_PUSH, context)

    def find_session(self, context: Any) -> None:
        """See whose the session of *context* is; one that another client was handed is that client's."""
        with suppress(Exception):
            session = vars(context).get(self._session_name)
            number = self.here().number
            # Only what is a dict can be asked whether it is empty without being marked as read.
            if number in _NOBODY_S or not isinstance(session, dict) or not dict.__len__(session):
                return
            owner = self._owners.first(session, number)
            context.crosstalk_session = ABSENT if caller_of(owner) == caller_of(number) else owner

    def _match(self, match: Callable[..., Any]) -> Callable[..., Any]:
        def matching(context: Any, *args: Any, **named: Any) -> Any:
            if getattr(context, "crosstalk_entering", False):
                self.request_pushed(context)
                self.find_session(context)
                context.crosstalk_entering = False
                self.hook(_MATCH, context)
            return match(context, *args, **named)

        return matching

    def _pop_request(self, pop: Callable[..., Any]) -> Callable[..., Any]:
        def popping(context: Any, *args: Any, **named: Any) -> Any:
            if context.app not in self._apps or not hasattr(context, "crosstalk_depth"):
                return pop(context, *args, **named)
            here = self.here()
            outer = here.leaving
            self._begin_pop(here, context)
            try:
                return pop(context, *args, **named)
            finally:
                self._left(context, self._request_var, _REQUEST_POP)
                here.leaving = outer

        return popping

    # both

    @staticmethod
    def _count_push(context: Any) -> None:
        depth = getattr(context, "crosstalk_depth", 0)
        if depth == 0:
            if not hasattr(context, "crosstalk_activation"):
                context.crosstalk_activation = 0
                context.crosstalk_session = ABSENT
                context.crosstalk_first_after = None
            context.crosstalk_open = False
        context.crosstalk_entering = depth == 0
        context.crosstalk_depth = depth + 1

    @staticmethod
    def _uncount(context: Any, variable: Any) -> None:
        """End a push; one that failed before it set the variable was none."""
        if context.crosstalk_depth == 1 and not context.crosstalk_open and variable.get(None) is not context:
            context.crosstalk_depth = 0
        context.crosstalk_entering = False

    @staticmethod
    def _begin_pop(here: Here, context: Any) -> None:
        context.crosstalk_depth = max(context.crosstalk_depth - 1, 0)
        if context.crosstalk_depth:
            # Its signal is sent all the same, and ends nothing.
            here.popped = 0
        here.leaving = context

    def _left(self, context: Any, variable: Any, step: str) -> None:
        """Record that *context* is no longer current, once, if its count went back to 0."""
        if context.crosstalk_depth == 0 and context.crosstalk_open and variable.get(None) is not context:
            context.crosstalk_open = False
            self.hook(step, context)
