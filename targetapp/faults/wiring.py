"""How a fault gets between the probes and their app: around a view, behind the response, around the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from targetapp.framework import App, Response
from targetapp.framework.request_context import RequestContext

View = Callable[..., Any]


def use_contexts(app: App, context_class: type[RequestContext]) -> None:
    """Make *app* push request contexts of another class."""
    app.request_context = lambda environ: context_class(app, environ)  # type: ignore[method-assign]


def through_views(app: App, endpoint: str, around: Callable[[View], View]) -> None:
    """Put *around* about the views of an endpoint, for either kind of session."""
    for name in (endpoint, f"server_{endpoint}"):
        app.view_functions[name] = around(app.view_functions[name])


def answer_with(app: App, header: str, value: Callable[[], str]) -> None:
    """Have each response say *value* in a header, after the probes said theirs."""

    def answer(response: Response) -> Response:
        response.headers[header] = value()
        return response

    # First in the list runs last.
    app.after_request_funcs[None].insert(0, answer)
