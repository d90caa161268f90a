"""What views call to make their answer: ``abort``, ``redirect``, ``jsonify`` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug import utils
from werkzeug.exceptions import abort
from werkzeug.wrappers import Response as WerkzeugResponse

from . import globals as globals_
from .signatures import Function
from .wrappers import Response

if TYPE_CHECKING:
    from .app import App

__all__ = ["abort", "after_this_request", "jsonify", "make_response", "redirect", "url_for"]


def redirect(
    location: str,
    code: int = 302,
    Response: type[Response] | None = None,  # noqa: N803  # Werkzeug's and Flask's name for it
) -> WerkzeugResponse:
    """Return a response that sends the client to *location*, of the current app's class."""
    if Response is None:
        context = globals_.app_var.get(None)
        if context is not None:
            app: App = context.app
            return app.redirect(location, code)
    return utils.redirect(location, code, Response=Response)


def make_response(*args: Any) -> Response:
    """Return the response a view would be answered with for returning *args*."""
    app: App = globals_.find_app()
    if not args:
        return app.response_class()
    return app.make_response(args[0] if len(args) == 1 else args)


def jsonify(*args: Any, **kwargs: Any) -> Response:
    """Return a JSON response that carries the one argument, a list of several, or a dict."""
    app: App = globals_.find_app()
    return app.json.response(*args, **kwargs)


def url_for(endpoint: str, **values: Any) -> str:
    """Return the URL of an *endpoint*; see :meth:`targetapp.framework.urls.Urls.url_for`."""
    app: App = globals_.find_app()
    return app.url_for(endpoint, **values)


def after_this_request(function: Function) -> Function:
    """Call *function* with the response of this request, once; it returns that or another one.

    :raises RuntimeError: outside a request context.
    """
    context = globals_.request_var.get(None)
    if context is None:
        raise RuntimeError(
            "after_this_request was called outside of a request context: use it in a view or in a"
            " function that a view calls."
        )
    context.after_this_request.append(function)
    return function
