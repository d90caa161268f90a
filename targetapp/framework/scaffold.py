"""What apps and blueprints share: registering routes, hooks and error handlers.

Rule: everything is registered before the first request (before the registration, for a
blueprint). Later it would hold for some requests, threads or processes and not for others.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, cast

from werkzeug.exceptions import HTTPException, default_exceptions

from .signatures import (
    AfterRequest,
    BeforeRequest,
    ErrorHandler,
    Function,
    Scope,
    Teardown,
    UrlDefaults,
    UrlValuePreprocessor,
    View,
)


def setupmethod(method: Function) -> Function:
    """Make *method* refuse to run once the set-up is over."""

    @wraps(method)
    def checked(self: Scaffold, /, *args: Any, **kwargs: Any) -> Any:
        self.check_setup(method.__name__)
        return method(self, *args, **kwargs)

    return cast("Function", checked)


def endpoint_of(view_func: View | None) -> str:
    """Return the endpoint a view gets if none is said: its name.

    :raises TypeError: if there is no view to name it after.
    """
    if view_func is None:
        raise TypeError("Give an endpoint or a view function: the URL rule needs a name.")
    return str(view_func.__name__)


def exception_class_and_code(what: type[Exception] | int) -> tuple[type[Exception], int | None]:
    """Return the class that a handler is for, and its HTTP status, None if it has none.

    :raises ValueError: for a status that Werkzeug has no exception for, or no Exception class.
    :raises TypeError: for an instance.
    """
    if isinstance(what, int):
        if what not in default_exceptions:
            raise ValueError(
                f"{what} is no HTTP error status that has an exception: register a handler for a"
                " subclass of HTTPException with that code."
            )
        return default_exceptions[what], what
    if isinstance(what, BaseException):
        raise TypeError(f"{what!r} is an instance: register a handler for its class.")
    if not issubclass(what, Exception):
        # ValueError, as in Flask.
        raise ValueError(f"{what.__name__} is no Exception and can't be handled.")  # noqa: TRY004
    return what, what.code if issubclass(what, HTTPException) else None


def find_root(import_name: str) -> str:
    """Return the folder of the module *import_name*, the working directory if it has no file."""
    file = getattr(sys.modules.get(import_name), "__file__", None)
    return os.fspath(Path(file).resolve().parent) if file else str(Path.cwd())


class Scaffold:
    """The registrations of an app, or of a blueprint until it is registered."""

    name: str

    def __init__(self, import_name: str, root_path: str | None = None) -> None:
        self.import_name = import_name
        #: The folder that relative paths start from.
        self.root_path = root_path or find_root(import_name)
        #: By endpoint.
        self.view_functions: dict[str, View] = {}
        #: By scope, then HTTP status or None, then class.
        self.error_handler_spec: dict[Scope, dict[int | None, dict[type[Exception], ErrorHandler]]] = (
            defaultdict(lambda: defaultdict(dict))
        )
        self.before_request_funcs: dict[Scope, list[BeforeRequest]] = defaultdict(list)
        self.after_request_funcs: dict[Scope, list[AfterRequest]] = defaultdict(list)
        self.teardown_request_funcs: dict[Scope, list[Teardown]] = defaultdict(list)
        self.url_value_preprocessors: dict[Scope, list[UrlValuePreprocessor]] = defaultdict(list)
        self.url_default_functions: dict[Scope, list[UrlDefaults]] = defaultdict(list)

    def check_setup(self, method: str) -> None:
        """Refuse *method* if the set-up is over; :raises AssertionError: then."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    # -- routes --------------------------------------------------------------------------------

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Route a URL *rule* to an endpoint and, if given, the endpoint to a view.

        :param options: of Werkzeug's ``Rule``: ``methods``, ``defaults``, ``strict_slashes``, ...
        """
        raise NotImplementedError

    @setupmethod
    def route(self, rule: str, **options: Any) -> Callable[[Function], Function]:
        """Route a URL *rule* to the decorated view; the options are those of :meth:`add_url_rule`."""

        def register(view: Function) -> Function:
            endpoint = options.pop("endpoint", None)
            self.add_url_rule(rule, endpoint, view, **options)
            return view

        return register

    def _method_route(
        self, method: str, rule: str, options: dict[str, Any]
    ) -> Callable[[Function], Function]:
        if "methods" in options:
            raise TypeError("This decorator is for one method: use route() with 'methods'.")
        return self.route(rule, methods=[method], **options)

    @setupmethod
    def get(self, rule: str, **options: Any) -> Callable[[Function], Function]:
        """Do :meth:`route` for GET."""
        return self._method_route("GET", rule, options)

    @setupmethod
    def post(self, rule: str, **options: Any) -> Callable[[Function], Function]:
        """Do :meth:`route` for POST."""
        return self._method_route("POST", rule, options)

    @setupmethod
    def put(self, rule: str, **options: Any) -> Callable[[Function], Function]:
        """Do :meth:`route` for PUT."""
        return self._method_route("PUT", rule, options)

    @setupmethod
    def delete(self, rule: str, **options: Any) -> Callable[[Function], Function]:
        """Do :meth:`route` for DELETE."""
        return self._method_route("DELETE", rule, options)

    @setupmethod
    def patch(self, rule: str, **options: Any) -> Callable[[Function], Function]:
        """Do :meth:`route` for PATCH."""
        return self._method_route("PATCH", rule, options)

    @setupmethod
    def endpoint(self, endpoint: str) -> Callable[[Function], Function]:
        """Make the decorated function the view of an *endpoint*."""

        def register(view: Function) -> Function:
            self.view_functions[endpoint] = view
            return view

        return register

    # -- hooks ---------------------------------------------------------------------------------

    @setupmethod
    def before_request(self, function: Function) -> Function:
        """Call *function* before the view; what it returns, if not None, is the answer."""
        self.before_request_funcs[None].append(function)
        return function

    @setupmethod
    def after_request(self, function: Function) -> Function:
        """Call *function* with the response; it returns that or another one."""
        self.after_request_funcs[None].append(function)
        return function

    @setupmethod
    def teardown_request(self, function: Function) -> Function:
        """Call *function* with the unhandled error, or None, when the request context ends."""
        self.teardown_request_funcs[None].append(function)
        return function

    @setupmethod
    def url_value_preprocessor(self, function: Function) -> Function:
        """Call *function* with the endpoint and the view's arguments before all other hooks."""
        self.url_value_preprocessors[None].append(function)
        return function

    @setupmethod
    def url_defaults(self, function: Function) -> Function:
        """Call *function* with the endpoint and the values of each URL to be built."""
        self.url_default_functions[None].append(function)
        return function

    # -- error handlers ------------------------------------------------------------------------

    @setupmethod
    def errorhandler(self, what: type[Exception] | int) -> Callable[[Function], Function]:
        """Answer an exception class, or an HTTP status, with the decorated function."""

        def register(function: Function) -> Function:
            self.register_error_handler(what, function)
            return function

        return register

    @setupmethod
    def register_error_handler(self, what: type[Exception] | int, function: ErrorHandler) -> None:
        """Answer an exception class, or an HTTP status, with *function*."""
        exception_class, code = exception_class_and_code(what)
        self.error_handler_spec[None][code][exception_class] = function
