"""Blueprints: registrations that wait for an app, under a name and a URL prefix of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, Protocol, TypeAlias, TypeVar

from .scaffold import endpoint_of, setupmethod
from .signatures import ErrorHandler, Function, Scope, View
from .static_files import StaticFiles

T = TypeVar("T")


class BlueprintApp(Protocol):
    """What a blueprint asks of the app it is registered on: the scaffold's registrations."""

    blueprints: dict[str, Blueprint]
    view_functions: dict[str, View]
    error_handler_spec: dict[Scope, dict[int | None, dict[type[Exception], ErrorHandler]]]
    before_request_funcs: dict[Scope, list[Any]]
    after_request_funcs: dict[Scope, list[Any]]
    teardown_request_funcs: dict[Scope, list[Any]]
    url_value_preprocessors: dict[Scope, list[Any]]
    url_default_functions: dict[Scope, list[Any]]

    def add_url_rule(self, rule: str, endpoint: str | None, view_func: View | None, **options: Any) -> None:
        """Route a URL rule."""


#: The scaffold's tables of hooks, by name: merged under the blueprint's registered name.
_HOOK_TABLES = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "url_value_preprocessors",
    "url_default_functions",
)


class BlueprintSetupState:
    """One registration of a blueprint: the app, and the options that hold for it."""

    def __init__(
        self, blueprint: Blueprint, app: Any, options: Mapping[str, Any], first_registration: bool
    ) -> None:
        self.app = app
        self.blueprint = blueprint
        self.options = options
        self.first_registration = first_registration
        self.name: str = options.get("name", blueprint.name)
        self.name_prefix: str = options.get("name_prefix", "")
        self.subdomain = _first(options.get("subdomain"), blueprint.subdomain)
        self.url_prefix = _first(options.get("url_prefix"), blueprint.url_prefix)
        self.url_defaults = {**blueprint.url_values_defaults, **options.get("url_defaults", {})}

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        **options: Any,
    ) -> None:
        """Route a URL *rule* under the blueprint's prefix and name."""
        if self.url_prefix is not None:
            rule = _join(self.url_prefix, rule) if rule else self.url_prefix
        options.setdefault("subdomain", self.subdomain)
        options["defaults"] = {**self.url_defaults, **(options.get("defaults") or {})}
        endpoint = endpoint_of(view_func) if endpoint is None else endpoint
        full = f"{self.name_prefix}.{self.name}.{endpoint}".lstrip(".")
        self.app.add_url_rule(rule, full, view_func, **options)


Deferred: TypeAlias = Callable[[BlueprintSetupState], Any]


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one


def _join(prefix: str, path: str) -> str:
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}"


class Blueprint(StaticFiles):
    """Routes, hooks and error handlers to be registered on an app, or on another blueprint."""

    _registered = False

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, Any] | None = None,
        root_path: str | None = None,
    ) -> None:
        super().__init__(import_name, root_path)
        self.set_static(static_folder, static_url_path)
        if not name or "." in name:
            raise ValueError("A blueprint's name may neither be empty nor contain a dot.")
        self.name = name
        self.url_prefix = url_prefix
        self.subdomain = subdomain
        self.url_values_defaults = url_defaults or {}
        self.deferred_functions: list[Deferred] = []
        self._nested: list[tuple[Blueprint, dict[str, Any]]] = []

    def check_setup(self, method: str) -> None:
        """Refuse *method* if the blueprint is registered; :raises AssertionError: then."""
        if self._registered:
            raise AssertionError(
                f"{method}() was called on the blueprint {self.name!r} after it was registered, so"
                " the app would not see it. Set the blueprint up before registering it."
            )

    # -- recording -----------------------------------------------------------------------------

    @setupmethod
    def record(self, function: Deferred) -> None:
        """Call *function* with the :class:`BlueprintSetupState` at each registration."""
        self.deferred_functions.append(function)

    @setupmethod
    def record_once(self, function: Deferred) -> None:
        """Call *function* at the first registration only."""

        def once(state: BlueprintSetupState) -> None:
            if state.first_registration:
                function(state)

        self.record(update_wrapper(once, function))

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Route a URL *rule*, under the blueprint's prefix, to an endpoint under its name."""
        for name in (endpoint, getattr(view_func, "__name__", None)):
            if name and "." in name:
                raise ValueError(f"An endpoint may not contain a dot: {name!r}.")
        options["provide_automatic_options"] = provide_automatic_options
        self.record(lambda state: state.add_url_rule(rule, endpoint, view_func, **dict(options)))

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Nest *blueprint* in this one; :raises ValueError: in itself."""
        if blueprint is self:
            raise ValueError("A blueprint can't be registered on itself.")
        self._nested.append((blueprint, options))

    def _record_app_hook(self, table: str, function: Function) -> Function:
        self.record_once(lambda state: getattr(state.app, table)[None].append(function))
        return function

    @setupmethod
    def before_app_request(self, function: Function) -> Function:
        """Do the app's ``before_request``."""
        return self._record_app_hook("before_request_funcs", function)

    @setupmethod
    def after_app_request(self, function: Function) -> Function:
        """Do the app's ``after_request``."""
        return self._record_app_hook("after_request_funcs", function)

    @setupmethod
    def teardown_app_request(self, function: Function) -> Function:
        """Do the app's ``teardown_request``."""
        return self._record_app_hook("teardown_request_funcs", function)

    @setupmethod
    def app_url_value_preprocessor(self, function: Function) -> Function:
        """Do the app's ``url_value_preprocessor``."""
        return self._record_app_hook("url_value_preprocessors", function)

    @setupmethod
    def app_url_defaults(self, function: Function) -> Function:
        """Do the app's ``url_defaults``."""
        return self._record_app_hook("url_default_functions", function)

    @setupmethod
    def app_errorhandler(self, what: type[Exception] | int) -> Callable[[Function], Function]:
        """Do the app's ``errorhandler``."""

        def register(function: Function) -> Function:
            self.record_once(lambda state: state.app.register_error_handler(what, function))
            return function

        return register

    # -- registration --------------------------------------------------------------------------

    def register(self, app: BlueprintApp, options: dict[str, Any]) -> None:
        """Do what ``app.register_blueprint`` asks for.

        :raises ValueError: if the name is taken.
        """
        own_name = options.get("name", self.name)
        name = f"{options.get('name_prefix', '')}.{own_name}".lstrip(".")
        if name in app.blueprints:
            whose = "this" if app.blueprints[name] is self else "another"
            raise ValueError(
                f"The name {name!r} is taken by {whose} blueprint: register it with another one,"
                " register_blueprint(..., name='...')."
            )
        first = not any(blueprint is self for blueprint in app.blueprints.values())
        app.blueprints[name] = self
        self._registered = True
        state = BlueprintSetupState(self, app, options, first)
        if self.has_static_folder:
            rule = f"{self.static_url_path}/<path:filename>"
            state.add_url_rule(rule, "static", self.send_static_file)
        self._merge(app, name)
        for deferred in self.deferred_functions:
            deferred(state)
        for nested, nested_options in self._nested:
            nested.register(app, self._inherit(state, name, nested, nested_options))

    def _merge(self, app: BlueprintApp, name: str) -> None:
        """Put the blueprint's hooks and handlers into the app's tables, under *name*."""
        for scope, by_code in self.error_handler_spec.items():
            key = name if scope is None else f"{name}.{scope}"
            for code, by_class in by_code.items():
                app.error_handler_spec[key][code].update(by_class)
        app.view_functions.update(self.view_functions)
        for table in _HOOK_TABLES:
            for scope, functions in getattr(self, table).items():
                key = name if scope is None else f"{name}.{scope}"
                getattr(app, table)[key].extend(functions)

    @staticmethod
    def _inherit(
        state: BlueprintSetupState, name: str, nested: Blueprint, options: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the options of a nested blueprint: its own, inside those of this registration."""
        merged = {**options, "name_prefix": name}
        prefix = _first(options.get("url_prefix"), nested.url_prefix)
        if state.url_prefix is not None and prefix is not None:
            prefix = _join(state.url_prefix, prefix)
        merged["url_prefix"] = _first(prefix, state.url_prefix)
        subdomain = _first(options.get("subdomain"), nested.subdomain)
        if state.subdomain is not None and subdomain is not None:
            subdomain = f"{subdomain}.{state.subdomain}"
        merged["subdomain"] = _first(subdomain, state.subdomain)
        return merged
