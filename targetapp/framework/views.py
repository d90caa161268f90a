"""Views as classes; one object per request unless the class says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, ClassVar

from . import globals as globals_
from .signatures import ReturnValue
from .signatures import View as ViewFunction

_METHODS = frozenset({"get", "post", "head", "options", "delete", "put", "trace", "patch"})


class View:
    """A view whose :meth:`dispatch_request` answers; :meth:`as_view` makes a function of it."""

    #: The methods that its rules allow; None for GET.
    methods: ClassVar[Collection[str] | None] = None
    provide_automatic_options: ClassVar[bool | None] = None
    #: Put around the view function, the first innermost.
    decorators: ClassVar[list[Callable[..., Any]]] = []
    #: Whether each request gets an object of its own. If not, nothing of a request may be kept
    #: on ``self``: all requests share it.
    init_every_request: ClassVar[bool] = True

    def dispatch_request(self, **arguments: Any) -> ReturnValue:
        """Answer the request."""
        raise NotImplementedError

    @classmethod
    def as_view(cls, name: str, *class_args: Any, **class_kwargs: Any) -> ViewFunction:
        """Return a view function called *name* that passes the request to an object of this class."""
        shared = None if cls.init_every_request else cls(*class_args, **class_kwargs)

        def view(**arguments: Any) -> ReturnValue:
            instance = cls(*class_args, **class_kwargs) if shared is None else shared
            return instance.dispatch_request(**arguments)

        function: Any = view
        for decorator in cls.decorators:
            function.__name__ = name
            function.__module__ = cls.__module__
            function = decorator(function)
        function.view_class = cls
        function.__name__ = name
        function.__doc__ = cls.__doc__
        function.__module__ = cls.__module__
        function.methods = cls.methods
        function.provide_automatic_options = cls.provide_automatic_options
        made: ViewFunction = function
        return made


class MethodView(View):
    """A view with a method for each HTTP method: ``get``, ``post``, ..."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "methods" not in cls.__dict__:
            methods: set[str] = set()
            for base in cls.__bases__:
                methods.update(getattr(base, "methods", None) or ())
            methods.update(name.upper() for name in _METHODS if hasattr(cls, name))
            if methods:
                cls.methods = methods

    def dispatch_request(self, **arguments: Any) -> ReturnValue:
        """Answer with the method of the request's; HEAD with ``get`` if there is no ``head``."""
        method = globals_.find_request().method.lower()
        handler = getattr(self, method, None)
        if handler is None and method == "head":
            handler = getattr(self, "get", None)
        if handler is None:
            raise NotImplementedError(f"{type(self).__name__} has no method {method!r}.")
        return handler(**arguments)
