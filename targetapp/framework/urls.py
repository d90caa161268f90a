"""URLs, both ways: the map of rules, matching a request, and ``url_for``."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from werkzeug.routing import BuildError, Map, MapAdapter, Rule
from werkzeug.wsgi import get_host

from . import globals as globals_
from .scaffold import endpoint_of, setupmethod
from .settings import Settings
from .signatures import UrlBuildErrorHandler, View
from .url_map import UrlMap
from .wrappers import Request, asking_scopes


class AppRule(Rule):
    """A URL rule that knows whether OPTIONS is answered for it."""

    provide_automatic_options = False


class Urls(Settings):
    """The part of an app that owns its URL map."""

    url_map_class: type[Map] = UrlMap
    url_rule_class: type[AppRule] = AppRule

    def __init__(
        self,
        import_name: str,
        root_path: str | None,
        *,
        host_matching: bool,
        subdomain_matching: bool,
    ) -> None:
        super().__init__(import_name, root_path)
        self.subdomain_matching = subdomain_matching
        self.url_map = self.url_map_class(host_matching=host_matching)
        self.url_build_error_handlers: list[UrlBuildErrorHandler] = []

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Route a URL *rule* to an endpoint and, if given, the endpoint to a view.

        GET brings HEAD; OPTIONS is answered automatically unless the rule names it or
        *provide_automatic_options* (an argument or an attribute of the view) says otherwise.

        :raises AssertionError: if the endpoint has another view.
        """
        endpoint = endpoint_of(view_func) if endpoint is None else endpoint
        methods = options.pop("methods", None) or getattr(view_func, "methods", None) or ("GET",)
        if isinstance(methods, str):
            raise TypeError(f"'methods' is a list of names, such as ['POST'], not {methods!r}.")
        allowed = {method.upper() for method in methods}
        required = set(getattr(view_func, "required_methods", ()))
        automatic = provide_automatic_options
        if automatic is None:
            automatic = getattr(view_func, "provide_automatic_options", None)
        if automatic is None:
            automatic = "OPTIONS" not in allowed and bool(self.config["PROVIDE_AUTOMATIC_OPTIONS"])
            if automatic:
                required.add("OPTIONS")
        rule_object = self.url_rule_class(rule, endpoint=endpoint, methods=allowed | required, **options)
        rule_object.provide_automatic_options = automatic
        self.url_map.add(rule_object)
        if view_func is not None:
            known = self.view_functions.get(endpoint)
            if known is not None and known != view_func:
                raise AssertionError(
                    f"The endpoint {endpoint!r} already has another view function: give one of"
                    " them another endpoint."
                )
            self.view_functions[endpoint] = view_func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what matches and builds URLs for *request*, or for outside one.

        :returns: None outside a request unless ``SERVER_NAME`` is set.
        :raises SecurityError: (a 400) for a host that is malformed or not trusted.
        """
        config = self.config
        server_name = config["SERVER_NAME"]
        if request is None:
            if server_name is None:
                return None
            return self.url_map.bind(
                server_name,
                script_name=config["APPLICATION_ROOT"],
                url_scheme=config["PREFERRED_URL_SCHEME"],
            )
        trusted = config["TRUSTED_HOSTS"]
        if trusted is not None:
            request.trusted_hosts = trusted
        if request.trusted_hosts is not None:
            # bind_to_environ looks at the host too, but not at whether it is trusted.
            request.host = get_host(request.environ, request.trusted_hosts)
        subdomain = None
        if self.url_map.host_matching:
            server_name = None  # it would be matched instead of the request's own host
        elif not self.subdomain_matching:
            subdomain = self.url_map.default_subdomain or ""
        return self.url_map.bind_to_environ(request.environ, server_name=server_name, subdomain=subdomain)

    def inject_url_defaults(self, endpoint: str, values: dict[str, Any]) -> None:
        """Let the ``url_defaults`` functions of the app and the endpoint's blueprints add *values*."""
        if self.url_default_functions:
            for scope in asking_scopes(endpoint):
                for function in self.url_default_functions.get(scope, ()):
                    function(endpoint, values)

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Return the URL of an *endpoint*; ``.name`` means one of the current blueprint.

        Within a request it is a path unless *_external* or *_scheme* is given, outside it is
        complete. Values that the rule does not know become the query.

        :raises RuntimeError: outside a request without ``SERVER_NAME``; within it if its host was refused.
        :raises BuildError: if no rule fits, and no ``url_build_error_handlers`` knows better.
        """
        context = globals_.request_var.get(None)
        adapter: MapAdapter | None
        if context is not None:
            adapter = context.url_adapter
            if endpoint.startswith("."):
                endpoint = f"{context.request.blueprint or ''}{endpoint}".lstrip(".")
            external = _scheme is not None if _external is None else _external
        else:
            app_context = globals_.app_var.get(None)
            adapter = app_context.url_adapter if app_context is not None else self.create_url_adapter(None)
            external = True if _external is None else _external
        if adapter is None and context is None:
            raise RuntimeError(
                "No URL can be built here: outside a request the app must know its name. Set"
                " SERVER_NAME, and APPLICATION_ROOT and PREFERRED_URL_SCHEME if they differ."
            )
        if _scheme is not None and not external:
            raise ValueError("A URL with a '_scheme' is complete: '_external' can't be False.")
        self.inject_url_defaults(endpoint, values)
        if adapter is None:
            raise RuntimeError(
                "No URL can be built here: this request is for a host that TRUSTED_HOSTS refuses."
            )
        try:
            url = adapter.build(endpoint, values, method=_method, url_scheme=_scheme, force_external=external)
        except BuildError as error:
            values.update(_anchor=_anchor, _method=_method, _scheme=_scheme, _external=external)
            return self.handle_url_build_error(error, endpoint, values)
        if _anchor is not None:
            url = f"{url}#{quote(_anchor, safe='%!#$&()*+,/:;=?@' + chr(39))}"
        return url

    def handle_url_build_error(self, error: BuildError, endpoint: str, values: dict[str, Any]) -> str:
        """Return what the first of ``url_build_error_handlers`` makes of it; raise the error else."""
        latest = error
        for handler in self.url_build_error_handlers:
            try:
                url = handler(latest, endpoint, values)
            except BuildError as other:
                latest = other
            else:
                if url is not None:
                    return url
        try:
            raise latest
        finally:
            del error, latest
