"""The WSGI application: one request from its environ to its last teardown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import checkpoint, steps, teardown
from .app_context import AppContext
from .dispatch import Dispatch
from .namespace import AppGlobals
from .request_context import RequestContext
from .signatures import Teardown
from .streaming import ContextStream, HeldBody
from .wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PRESERVE = "werkzeug.debug.preserve_context"


class Wsgi(Dispatch):
    """The part of an app that a server calls."""

    request_class: type[Request] = Request
    app_ctx_globals_class: type[AppGlobals] = AppGlobals
    teardown_appcontext_funcs: list[Teardown]

    def app_context(self) -> AppContext:
        """Return a new app context, to be pushed with ``with``."""
        return AppContext(self)

    def request_context(self, environ: WSGIEnvironment) -> RequestContext:
        """Return a new request context for *environ*, to be pushed with ``with``."""
        return RequestContext(self, environ)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; docs/cycle.md has the steps.

        Middleware is put around this method, so that the app stays what it is.

        :raises BaseException: what no handler may answer, and the errors of teardowns.
        """
        ctx = self.request_context(environ)
        error: BaseException | None = None  # what the teardowns are told
        leaving: BaseException | None = None  # what the server gets
        response: Response | None = None
        body: Iterable[bytes] = ()
        try:
            try:
                ctx.begin()
                response = self.full_dispatch_request(ctx)
            except Exception as caught:
                error = caught
                response = self.handle_exception(ctx, caught)
            checkpoint.hook(steps.START_RESPONSE, ctx)
            body = response(environ, start_response)
        except BaseException as caught:
            leaving = caught
            if error is None and response is None:
                error = caught
        try:
            if _PRESERVE in environ:
                environ[_PRESERVE](ctx.app_context)
                environ[_PRESERVE](ctx)
            if ctx.streams and leaving is None and response is not None and not response.is_sequence:
                return self._hold(ctx, error, response, body)
            leaving = teardown.settle(leaving, self._end(ctx, error))
            if leaving is None:
                return body
            teardown.raise_again(leaving)
        finally:
            # Their tracebacks hold this frame, which would hold them: a cycle.
            del error, leaving

    def _end(self, ctx: RequestContext, error: BaseException | None) -> list[BaseException]:
        """End *ctx*; return the errors of its teardowns."""
        if ctx.active:
            return ctx.end(error)
        return [
            RuntimeError(
                "The request's own context was popped while the request was handled. Pop only what"
                " you pushed."
            )
        ]

    @staticmethod
    def _hold(
        ctx: RequestContext,
        error: BaseException | None,
        response: Response,
        body: Iterable[bytes],
    ) -> HeldBody:
        """Leave the context to the streamed body, which ends it."""
        ctx.error = error
        status = response.status_code
        ctx.bodyless = ctx.request.method == "HEAD" or 100 <= status < 200 or status in (204, 304)
        ctx.sole = id(response.response) if isinstance(response.response, ContextStream) else 0
        ctx.hold()
        return HeldBody(body, ctx)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Do :meth:`wsgi_app`, or what middleware was put in its place."""
        return self.wsgi_app(environ, start_response)
