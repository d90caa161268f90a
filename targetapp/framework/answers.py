"""From what a view returned to the response that is sent: ``make_response`` and finalization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from . import checkpoint, steps
from . import globals as globals_
from .jsonio import JSONProvider
from .request_context import RequestContext
from .sessions import SessionInterface
from .signals import request_finished
from .signatures import ReturnValue
from .urls import Urls
from .wrappers import Response, answering_scopes

_RETURN_TYPES = (
    "a str, bytes, dict, list, an iterator of str or bytes, a response, a WSGI callable, or a tuple"
    " of one of these with a status, headers, or both"
)


class Answers(Urls):
    """The part of an app that makes responses and runs the hooks on the way out."""

    response_class: type[Response] = Response
    session_interface: SessionInterface
    json: JSONProvider

    def make_response(self, rv: ReturnValue) -> Response:
        """Return the response that a view's return value stands for.

        :raises TypeError: if it stands for none.
        """
        response_class = self.response_class
        if isinstance(rv, str):  # by far the most
            return response_class(rv)
        status: Any = None
        headers: Any = None
        if isinstance(rv, tuple):
            rv, status, headers = self._take_apart(rv)
        if rv is None:
            raise TypeError(
                f"The view of the endpoint {self._endpoint()!r} returned None, or ended without a"
                f" return. It must return {_RETURN_TYPES}."
            )
        if not isinstance(rv, response_class):
            if isinstance(rv, (str, bytes, bytearray, Iterator)):
                body: Any = rv
                return response_class(body, status=status, headers=headers)
            if isinstance(rv, (dict, list)):
                rv = self.json.response(rv)
            else:
                rv = self._coerce(rv)
        response: Response = rv
        if status is not None:
            if isinstance(status, (str, bytes, bytearray)):
                response.status = status if isinstance(status, str) else status.decode("latin-1")
            else:
                response.status_code = status
        if headers:
            response.headers.update(headers)
        return response

    @staticmethod
    def _take_apart(rv: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        """Return body, status and headers of a tuple, None for what it does not have."""
        if len(rv) == 3:
            return rv
        if len(rv) == 2:
            body, other = rv
            if isinstance(other, (Headers, dict, tuple, list)):
                return body, None, other
            return body, other, None
        raise TypeError(
            f"A view returned a tuple of {len(rv)}: it must be (body, status, headers),"
            " (body, status) or (body, headers)."
        )

    def _coerce(self, rv: Any) -> Response:
        """Return the response of another response class, an HTTP error, or a WSGI callable."""
        if isinstance(rv, WerkzeugResponse) or callable(rv):
            environ = globals_.current_request_context().request.environ
            if isinstance(rv, HTTPException):
                # Called as WSGI it would do the same, and its body would be no sequence any more.
                rv = rv.get_response(environ)
            try:
                return cast("Response", self.response_class.force_type(rv, environ))
            except TypeError as error:
                raise TypeError(
                    f"The view of the endpoint {self._endpoint()!r} returned a"
                    f" {type(rv).__name__} that is no WSGI callable ({error})."
                    f" It must return {_RETURN_TYPES}."
                ) from None
        raise TypeError(
            f"The view of the endpoint {self._endpoint()!r} returned a {type(rv).__name__}."
            f" It must return {_RETURN_TYPES}."
        )

    @staticmethod
    def _endpoint() -> str | None:
        context = globals_.request_var.get(None)
        endpoint: str | None = None if context is None else context.request.endpoint
        return endpoint

    def finalize_request(
        self, ctx: RequestContext, rv: ReturnValue, from_error_handler: bool = False
    ) -> Response:
        """Make the response and run everything that follows the view.

        :param from_error_handler: whether this is the answer to an unhandled error: then an error
            in what follows is logged, and the response kept as it is.
        """
        checkpoint.hook(steps.MAKE_RESPONSE, ctx)
        response = self.make_response(rv)
        try:
            response = self.process_response(ctx, response)
            checkpoint.hook(steps.REQUEST_FINISHED, ctx)
            if request_finished.receivers:
                request_finished.send(self, response=response)
        except Exception:
            if not from_error_handler:
                raise
            self.logger.exception("Finalizing the answer to an error failed with another error")
        return response

    def process_response(self, ctx: RequestContext, response: Response) -> Response:
        """Run the ``after_*`` functions and save the session; return what they made of *response*."""
        checkpoint.hook(steps.AFTER_THIS_REQUEST, ctx)
        waiting = ctx.after_this_request
        while waiting:
            # Taken out first: should finalization be repeated after an error, none runs again.
            response = waiting.pop(0)(response)
        checkpoint.hook(steps.AFTER_REQUEST, ctx)
        functions_by_scope = self.after_request_funcs
        if functions_by_scope:
            for scope in answering_scopes(ctx.request.endpoint):
                for function in reversed(functions_by_scope.get(scope, ())):
                    response = function(response)
        session = ctx.session
        interface = self.session_interface
        if session is not None and not interface.is_null_session(session):
            checkpoint.hook(steps.SAVE_SESSION, ctx)
            interface.save_session(self, session, response)
        return response
