"""The application class: set-up, configuration, and everything its base classes do.

The parts of the cycle are its base classes, one file each, in the order in which they need each
other: scaffold, static_files, settings, urls, answers, errors, dispatch, wsgi.
"""

from __future__ import annotations

import os
from collections.abc import ValuesView
from typing import Any

from werkzeug import utils
from werkzeug.wrappers import Response as WerkzeugResponse

from .blueprints import Blueprint
from .cookie_sessions import SecureCookieSessionInterface
from .jsonio import JSONProvider
from .request_context import RequestContext
from .scaffold import setupmethod
from .sessions import SessionInterface
from .signatures import Function, Teardown
from .testing import Client, EnvironBuilder
from .wsgi import Wsgi


class App(Wsgi):
    """A WSGI application: routes to views, with hooks, sessions and error handlers around them.

    :param import_name: the module the app belongs to, usually ``__name__``.
    :param static_folder: a folder, relative to that module's, served under *static_url_path*
        (by default its name); None for no static route.
    :param host_matching: whether rules name the host they are for.
    :param subdomain_matching: whether rules may name a subdomain of ``SERVER_NAME``.
    """

    json_provider_class: type[JSONProvider] = JSONProvider
    test_client_class: type[Client] = Client

    def __init__(
        self,
        import_name: str,
        *,
        static_url_path: str | None = None,
        static_folder: str | os.PathLike[str] | None = "static",
        static_host: str | None = None,
        host_matching: bool = False,
        subdomain_matching: bool = False,
        root_path: str | None = None,
    ) -> None:
        super().__init__(
            import_name,
            root_path,
            host_matching=host_matching,
            subdomain_matching=subdomain_matching,
        )
        self.session_interface: SessionInterface = SecureCookieSessionInterface()
        self.json = self.json_provider_class(self)
        self.blueprints: dict[str, Blueprint] = {}
        self.extensions: dict[str, Any] = {}
        self.teardown_appcontext_funcs: list[Teardown] = []
        self.set_static(static_folder, static_url_path)
        if self.has_static_folder:
            if host_matching != (static_host is not None):
                raise ValueError("Give a static_host if, and only if, host_matching is on.")
            self.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                "static",
                self.send_static_file,
                host=static_host,
            )

    def check_setup(self, method: str) -> None:
        """Refuse *method* once a request was handled; :raises AssertionError: then."""
        if self._got_first_request:
            raise AssertionError(
                f"{method}() was called on the app {self.name!r} after it handled its first request,"
                " so earlier requests, or other workers, would not know. Set the app up completely"
                " before it is served."
            )

    # -- registering ---------------------------------------------------------------------------

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Register *blueprint*.

        The options ``name``, ``url_prefix``, ``subdomain`` and ``url_defaults`` override its own.

        :raises ValueError: if the name is taken.
        """
        blueprint.register(self, options)

    def iter_blueprints(self) -> ValuesView[Blueprint]:
        """Return the registered blueprints, in order."""
        return self.blueprints.values()

    @setupmethod
    def teardown_appcontext(self, function: Function) -> Function:
        """Call *function* with the unhandled error, or None, when an app context ends."""
        self.teardown_appcontext_funcs.append(function)
        return function

    # -- answers, tests ------------------------------------------------------------------------

    def redirect(self, location: str, code: int = 302) -> WerkzeugResponse:
        """Return a response that sends the client to *location*."""
        return utils.redirect(location, code, Response=self.response_class)

    def test_request_context(self, *args: Any, **kwargs: Any) -> RequestContext:
        """Return a request context for a made-up request; the arguments are an environ builder's."""
        builder = EnvironBuilder(self, *args, **kwargs)
        try:
            return self.request_context(builder.get_environ())
        finally:
            builder.close()

    def test_client(self, use_cookies: bool = True, **kwargs: Any) -> Client:
        """Return a client that calls the app directly; in a ``with`` block it keeps the contexts."""
        return self.test_client_class(self, self.response_class, use_cookies=use_cookies, **kwargs)
