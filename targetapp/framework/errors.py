"""Errors on their way to an answer: which handler, which response, and who hears of it."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest, BadRequestKeyError, HTTPException, InternalServerError
from werkzeug.routing import RoutingException

from . import checkpoint, steps
from .answers import Answers
from .request_context import RequestContext
from .signals import got_request_exception
from .signatures import ErrorHandler, ReturnValue
from .wrappers import Response, answering_scopes


class Errors(Answers):
    """The part of an app that answers errors."""

    def find_error_handler(self, ctx: RequestContext, error: Exception) -> ErrorHandler | None:
        """Return the handler for *error*: by status first, then by class.

        Inside each, the blueprints inner to outer, then the app; inside each, the nearest class.
        """
        spec = self.error_handler_spec
        if not spec:
            return None
        kind = type(error)
        code = kind.code if issubclass(kind, HTTPException) else None
        scopes = answering_scopes(ctx.request.endpoint)
        for key in (code, None) if code is not None else (None,):
            for scope in scopes:
                by_code = spec.get(scope)
                by_class = by_code and by_code.get(key)
                if by_class:
                    for base in kind.__mro__:
                        handler = by_class.get(base)
                        if handler is not None:
                            return handler
        return None

    def trap_http_exception(self, error: Exception) -> bool:
        """Tell whether an HTTP error is to be treated like any other exception."""
        if self.config["TRAP_HTTP_EXCEPTIONS"]:
            return True
        trap = self.config["TRAP_BAD_REQUEST_ERRORS"]
        if trap is None:
            return self.debug and isinstance(error, BadRequestKeyError)
        return bool(trap) and isinstance(error, BadRequest)

    def handle_http_exception(self, ctx: RequestContext, error: HTTPException) -> ReturnValue:
        """Return the handler's answer, or the error itself: it is a response.

        Errors without a status (``abort(response)``) and redirects of the routing have no handler.
        """
        if error.code is None or isinstance(error, RoutingException):
            return error
        handler = self.find_error_handler(ctx, error)
        return error if handler is None else handler(error)

    def handle_user_exception(self, ctx: RequestContext, error: Exception) -> ReturnValue:
        """Return the answer to an error of a hook or the view; raise it if nobody has one."""
        checkpoint.hook(steps.HANDLE_USER_EXCEPTION, ctx)
        if isinstance(error, BadRequestKeyError) and (self.debug or self.config["TRAP_BAD_REQUEST_ERRORS"]):
            error.show_exception = True
        if isinstance(error, HTTPException) and not self.trap_http_exception(error):
            return self.handle_http_exception(ctx, error)
        handler = self.find_error_handler(ctx, error)
        if handler is not None:
            return handler(error)
        try:
            raise error
        finally:
            # The traceback holds this frame, which would hold the error: a cycle.
            del error

    def handle_exception(self, ctx: RequestContext, error: Exception) -> Response:
        """Return the 500 for an error nobody handled, made by the handler for 500 if there is one.

        :raises Exception: *error*, in tests and in debug mode (``PROPAGATE_EXCEPTIONS``).
        """
        checkpoint.hook(steps.HANDLE_EXCEPTION, ctx)
        got_request_exception.send(self, exception=error)
        propagate = self.config["PROPAGATE_EXCEPTIONS"]
        if propagate is None:
            propagate = self.testing or self.debug
        if propagate:
            try:
                raise error
            finally:
                del error
        self.log_exception(ctx, error)
        answer: ReturnValue = InternalServerError(original_exception=error)
        handler = self.find_error_handler(ctx, answer)
        if handler is not None:
            answer = handler(answer)
        if isinstance(error, HTTPException):
            # It may be one object that the program raises again and again.
            ctx.answered.append(error)
        return self.finalize_request(ctx, answer, from_error_handler=True)

    def log_exception(self, ctx: RequestContext, error: Exception) -> None:
        """Log an error that becomes a 500."""
        request = ctx.request
        self.logger.error("Exception on %s [%s]", request.path, request.method, exc_info=error)
