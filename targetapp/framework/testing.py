"""The test client: Werkzeug's, with the app's defaults, sessions and contexts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import copy
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from werkzeug.test import Client as WerkzeugClient
from werkzeug.test import EnvironBuilder as WerkzeugEnvironBuilder
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request as WerkzeugRequest

from .sessions import SessionMixin
from .wsgi import Wsgi

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_USER_AGENT = f"Werkzeug/{version('werkzeug')}"


class EnvironBuilder(WerkzeugEnvironBuilder):
    """Builds a request to an app, at the app's own address unless another is given."""

    def __init__(
        self,
        app: Wsgi,
        path: str = "/",
        base_url: str | None = None,
        subdomain: str | None = None,
        url_scheme: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if base_url is not None and (subdomain or url_scheme):
            raise TypeError("Give either 'base_url', or 'subdomain' and 'url_scheme'.")
        if base_url is None:
            config = app.config
            host = config["SERVER_NAME"] or "localhost"
            if subdomain:
                host = f"{subdomain}.{host}"
            url = urlsplit(path)
            scheme = url.scheme or url_scheme or config["PREFERRED_URL_SCHEME"]
            root = config["APPLICATION_ROOT"].lstrip("/")
            base_url = f"{scheme}://{url.netloc or host}/{root}"
            path = f"{url.path}?{url.query}" if url.query else url.path
        self.app = app
        super().__init__(path, base_url, *args, **kwargs)

    def json_dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return *obj* as the app writes JSON."""
        return self.app.json.dumps(obj, **kwargs)


class Client(WerkzeugClient):
    """A client that calls the app directly.

    In a ``with`` block the contexts of the last request stay pushed until the next request or the
    end of the block, so that a test can look at ``request``, ``session`` and ``g``.
    """

    application: Wsgi

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base: dict[str, Any] = {
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_USER_AGENT": _USER_AGENT,
        }
        self.preserve_context = False
        self._new_contexts: list[AbstractContextManager[Any]] = []
        self._preserved = ExitStack()

    @contextmanager
    def session_transaction(self, *args: Any, **kwargs: Any) -> Iterator[SessionMixin]:
        """Open the client's session, to be changed in a ``with`` block; save it after the block.

        The arguments are those of ``test_request_context``.

        :raises TypeError: if the client keeps no cookies.
        :raises RuntimeError: if no session could be opened.
        """
        if self._cookies is None:
            raise TypeError("A client without cookies has no session: use_cookies=True.")
        app = self.application
        builder = EnvironBuilder(app, *args, **kwargs)
        try:
            environ = builder.get_environ()
        finally:
            builder.close()
        self._add_cookies_to_wsgi(environ)
        context = app.request_context(environ)
        interface = app.session_interface
        with context:
            session = interface.open_session(app, context.request)
        if session is None:
            raise RuntimeError("No session could be opened. Is the app's secret_key set?")
        yield session
        response = app.response_class()
        if interface.is_null_session(session):
            return
        with context:
            interface.save_session(app, session, response)
        self._update_cookies_from_response(
            context.request.host.partition(":")[0],
            context.request.path,
            response.headers.getlist("Set-Cookie"),
        )

    def _environ(self, other: WSGIEnvironment) -> WSGIEnvironment:
        environ = {**self.environ_base, **other}
        if self.preserve_context:
            environ["werkzeug.debug.preserve_context"] = self._new_contexts.append
        return environ

    def _make_request(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> WerkzeugRequest:
        first = args[0] if args else None
        if isinstance(first, WerkzeugEnvironBuilder):
            builder = copy(first)
            builder.environ_base = self._environ({**(builder.environ_base or {})})
            return builder.get_request()
        if isinstance(first, dict):
            made = EnvironBuilder.from_environ(first, app=self.application, environ_base=self._environ({}))
            return made.get_request()
        if isinstance(first, WerkzeugRequest):
            request = copy(first)
            request.environ = self._environ(request.environ)
            return request
        kwargs["environ_base"] = self._environ(kwargs.get("environ_base", {}))
        own = EnvironBuilder(self.application, *args, **kwargs)
        try:
            return own.get_request()
        finally:
            own.close()

    def open(
        self,
        *args: Any,
        buffered: bool = False,
        follow_redirects: bool = False,
        **kwargs: Any,
    ) -> TestResponse:
        """Make a request.

        The arguments are a path and those of :class:`EnvironBuilder`, or one builder, environ or
        request.
        """
        request = self._make_request(args, kwargs)
        self._preserved.close()
        response = super().open(request, buffered=buffered, follow_redirects=follow_redirects)
        response.json_module = self.application.json  # type: ignore[assignment]
        contexts, self._new_contexts[:] = list(self._new_contexts), []
        for context in contexts:
            self._preserved.enter_context(context)
        return response

    def __enter__(self) -> Self:
        if self.preserve_context:
            raise RuntimeError("The test client is in a 'with' block already: use another one.")
        self.preserve_context = True
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.preserve_context = False
        self._preserved.close()
