"""From the open session to the response: hooks on the way in, the view, the error handlers."""

from __future__ import annotations

from werkzeug.exceptions import NotFound

from . import checkpoint, steps
from .errors import Errors
from .request_context import RequestContext
from .signals import request_started
from .signatures import ReturnValue
from .wrappers import Response, asking_scopes


class Dispatch(Errors):
    """The part of an app that calls views."""

    _got_first_request = False

    def full_dispatch_request(self, ctx: RequestContext) -> Response:
        """Return the response to the request of *ctx*, which is current.

        :raises Exception: what no error handler answers.
        """
        self._got_first_request = True
        try:
            if ctx.kept is not None:
                ctx.raise_kept()
            checkpoint.hook(steps.REQUEST_STARTED, ctx)
            if request_started.receivers:
                request_started.send(self)
            rv = self.preprocess_request(ctx)
            if rv is None:
                rv = self.dispatch_request(ctx)
        except Exception as error:
            rv = self.handle_user_exception(ctx, error)
            ctx.answered.append(error)
        return self.finalize_request(ctx, rv)

    def preprocess_request(self, ctx: RequestContext) -> ReturnValue | None:
        """Run the URL value preprocessors and the ``before_request`` functions.

        :returns: what the first ``before_request`` function that does not return None returns: it
            stands for the view's, and nothing else is called.
        """
        request = ctx.request
        endpoint = request.endpoint
        scopes = asking_scopes(endpoint)
        checkpoint.hook(steps.URL_VALUE_PREPROCESSOR, ctx)
        preprocessors_by_scope = self.url_value_preprocessors
        if preprocessors_by_scope:
            for scope in scopes:
                for preprocessor in preprocessors_by_scope.get(scope, ()):
                    preprocessor(endpoint, request.view_args)
        checkpoint.hook(steps.BEFORE_REQUEST, ctx)
        functions_by_scope = self.before_request_funcs
        if functions_by_scope:
            for scope in scopes:
                for function in functions_by_scope.get(scope, ()):
                    rv = function()
                    if rv is not None:
                        return rv
        return None

    def dispatch_request(self, ctx: RequestContext) -> ReturnValue:
        """Raise why no rule matched, answer OPTIONS, or call the view."""
        checkpoint.hook(steps.DISPATCH_REQUEST, ctx)
        request = ctx.request
        rule = request.url_rule
        if request.routing_exception is not None or rule is None:
            raise request.routing_exception or NotFound
        if request.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
            return self.make_default_options_response(ctx)
        view = self.view_functions.get(rule.endpoint)
        if view is None:
            raise LookupError(
                f"The URL rule {rule.rule!r} leads to the endpoint {rule.endpoint!r}, which has no"
                " view function: register one with @app.endpoint or add_url_rule."
            )
        checkpoint.hook(steps.VIEW, ctx)
        return view(**(request.view_args or {}))

    def make_default_options_response(self, ctx: RequestContext) -> Response:
        """Return an empty response that lists the methods of the URL."""
        response = self.response_class()
        if ctx.url_adapter is not None:
            response.allow.update(ctx.url_adapter.allowed_methods())
        return response
