"""Builds a described app of either framework; every function of it notes what happens in a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from werkzeug.routing import BaseConverter, ValidationError

from tests.differential.acting import call, fail_if_due
from tests.differential.context_acts import stray_method
from tests.differential.description import App, Does, Hook, Part, Raises, Route, registrations
from tests.differential.frameworks import SIGNALS
from tests.differential.recording import CHUNK, OPENED_KEY, Run
from tests.differential.repairs import Repair
from tests.differential.values import CLASSES, name_of


class Builder:
    """Builds the one app of a run."""

    def __init__(self, spec: App, run: Run) -> None:
        self._spec = spec
        self._run = run
        self._places = dict(spec.places)

    def build(self) -> Any:
        """Return the app."""
        run, spec = self._run, self._spec
        app = run.framework.App(
            "differential",
            static_folder=None,
            host_matching=spec.host_matching,
            subdomain_matching=spec.subdomain_matching,
        )
        app.config["SECRET_KEY"] = "key"
        for key, value in spec.config:
            app.config[key] = list(value) if isinstance(value, tuple) else value
        app.session_interface = self._session_interface()
        app.request_class = self._request_class(app.request_class)
        app.url_map.converters["noted"] = self._converter()
        self._break_adapter(app)
        if Repair.STRAY in run.repairs:
            self._watch_teardown(app)
        if Repair.NO_VIEW in run.repairs:
            app.view_functions = _Views()
        self._fill(app, spec.part, "app")
        for number, part in enumerate(spec.part.parts):
            self._register(app, part, number, "")
        app.logger.handlers[:] = [_Noting(run)]
        app.logger.propagate = False
        run.app = app
        return app

    # -- registrations -------------------------------------------------------------------------

    def _register(self, parent: Any, part: Part, number: int, where: str) -> None:
        options = {"subdomain": part.subdomain, "url_defaults": {"lang": "en"} if part.defaults else None}
        name = f"b{number}"
        blueprint = self._run.framework.Blueprint(name, "differential", url_prefix=part.prefix, **options)
        scope = f"{where}.{name}".lstrip(".")
        self._fill(blueprint, part, scope)
        for inner_number, inner in enumerate(part.parts):
            self._register(blueprint, inner, inner_number, scope)
        parent.register_blueprint(blueprint)
        for again, prefix in registrations(part, number)[1:]:
            parent.register_blueprint(blueprint, name=again, url_prefix=prefix)

    def _fill(self, scaffold: Any, part: Part, scope: str) -> None:
        for number, hook in enumerate(part.hooks):
            function = self._hook(hook, f"{hook.kind} {number} of {scope}")
            getattr(scaffold, hook.kind)(function)
        for number, handler in enumerate(part.handlers):
            what = handler.what if isinstance(handler.what, int) else CLASSES[handler.what]
            word = f"handler {number} of {scope} for {handler.what}"
            register = scaffold.app_errorhandler if handler.wide else scaffold.errorhandler
            register(what)(self._handler(word, handler.does))
        for number, route in enumerate(part.routes):
            self._route(scaffold, route, f"v{number}", scope)

    def _hook(self, hook: Hook, by: str) -> Callable[..., Any]:
        run, does = self._run, hook.does
        if "after" in hook.kind:
            return self._after(by, does)
        if "teardown" in hook.kind:

            def teardown(exc: BaseException | None) -> None:
                run.teardown(by, lambda: call(run, by, does, name_of(exc)))

            return teardown
        if "url" in hook.kind:

            def with_values(endpoint: str | None, values: dict[str, Any] | None) -> None:
                call(run, by, does, f"{endpoint} {values}")
                if values is not None and "lang" in values:
                    run.note(f"{by} took", values.pop("lang"))

            return with_values
        return lambda: call(run, by, does)

    def _after(self, by: str, does: Does) -> Callable[[Any], Any]:
        run = self._run

        def after(response: Any) -> Any:
            result = call(run, by, does, _seen(response), response)
            if result is not response:
                result = run.api.make_response(result)
            result.headers.add("X-After", by)
            return result

        return after

    def _handler(self, by: str, does: Does) -> Callable[[Any], Any]:
        return lambda error: call(self._run, by, does, name_of(error), error)

    def _route(self, scaffold: Any, route: Route, endpoint: str, scope: str) -> None:
        options: dict[str, Any] = {}
        if route.methods:
            options["methods"] = list(route.methods)
        if route.strict is not None:
            options["strict_slashes"] = route.strict
        if route.host is not None:
            options["host"] = route.host
        if route.subdomain is not None:
            options["subdomain"] = route.subdomain
        view = self._view(route, f"view {endpoint} of {scope}")
        if route.style == "method_view":
            options.pop("methods", None)
        scaffold.add_url_rule(
            route.rule, endpoint, view, provide_automatic_options=route.automatic, **options
        )

    def _view(self, route: Route, by: str) -> Callable[..., Any] | None:
        if route.style == "nothing":
            return None
        run = self._run

        def view(*_: Any, **values: Any) -> Any:
            return call(run, by, route.does, values or "")

        if route.style == "function":
            return view
        methods: dict[str, Any] = {method.lower(): view for method in route.methods or ("GET",)}
        plain = run.framework.MethodView.dispatch_request

        def dispatch_request(self: Any, **values: Any) -> Any:
            method = stray_method(run)  # none but under a repair, which takes the stray out of sight
            if not method:
                return plain(self, **values)
            if method.lower() not in methods:
                raise NotImplementedError(method)
            return view(**values)

        view_class: Any = type(
            "View", (run.framework.MethodView,), {**methods, "dispatch_request": dispatch_request}
        )
        made: Callable[..., Any] = view_class.as_view("view")
        return made

    # -- what an app is given ------------------------------------------------------------------

    def _fail(self, place: str) -> None:
        if place in self._places:
            fail_if_due(self._run, place, self._places[place])

    def _session_interface(self) -> Any:
        run, fail = self._run, self._fail

        class Interface(run.framework.SessionInterface):  # type: ignore[misc,name-defined]
            again = False

            def open_session(self, app: Any, request: Any) -> Any:
                if run.pending is not None and not isinstance(run.pending, Exception):
                    error, run.pending = run.pending, None
                    raise error
                if _for_a_body(run) and OPENED_KEY in request.environ:
                    self.again = True  # for the body, pushed again: it was tried, and failed
                    return None
                request.environ[OPENED_KEY] = False
                run.note("open session")
                fail("open")
                session = super().open_session(app, request)
                if Repair.NEW in run.repairs:
                    request.environ[OPENED_KEY] = session is not None and not session
                return session

            def make_null_session(self, app: Any) -> Any:
                again, self.again = self.again, False
                return None if again else super().make_null_session(app)

            def is_null_session(self, session: Any) -> bool:
                nothing = session is None and Repair.NOTHING_SAVED in run.repairs
                return nothing or bool(super().is_null_session(session))

            def save_session(self, app: Any, session: Any, response: Any) -> None:
                run.note("save session", "" if session is not None else "None")
                fail("save")
                super().save_session(app, session, response)

        return Interface()

    def _request_class(self, base: Any) -> Any:
        run, fail = self._run, self._fail

        class Request(base):  # type: ignore[misc]
            def __init__(self, environ: Any) -> None:
                fail("request")
                super().__init__(environ)

            def close(self) -> None:
                super().close()
                run.note("close request")
                run.teardown("close request", lambda: fail("close"))

        return Request

    def _converter(self) -> type[BaseConverter]:
        run, fail = self._run, self._fail

        class Noted(BaseConverter):
            def to_python(self, value: str) -> str:
                if not _for_a_body(run):
                    run.note("convert", value)
                    fail("converter")
                if value == "invalid":
                    raise ValidationError(value)
                return value.upper()

            def to_url(self, value: str) -> str:
                return str(value).lower()

        return Noted

    def _break_adapter(self, app: Any) -> None:
        if "adapter" in self._places:
            create = app.create_url_adapter

            def create_url_adapter(request: Any) -> Any:
                if request is not None:
                    self._fail("adapter")
                return create(request)

            app.create_url_adapter = create_url_adapter

    def _watch_teardown(self, app: Any) -> None:
        """Let the request's own teardown see its own contexts, and remember what it is told."""
        run, tear_down = self._run, app.do_teardown_request

        def do_teardown_request(exc: BaseException | None) -> None:
            run.instead, run.told = None, exc
            tear_down(exc)

        app.do_teardown_request = do_teardown_request

    # -- signals -------------------------------------------------------------------------------

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Receive the described signals of the app."""
        run = self._run
        receivers = {name: self._receiver(name, raises) for name, raises in self._spec.signals}
        if Repair.PUSHED_FAILS in run.repairs:
            receivers["started"] = self._late(receivers.get("started"))
        with ExitStack() as stack:
            for name, receiver in receivers.items():
                signal = getattr(run.framework.signals, SIGNALS[name])
                stack.enter_context(signal.connected_to(receiver, run.app))
            yield

    def _receiver(self, name: str, raises: Raises | None) -> Callable[..., None]:
        run = self._run
        word = f"signal {name}"

        def receive(_: Any, **told: Any) -> None:
            run.note(word, _told(told))
            if raises is None:
                return
            if name in {"tearing", "app_tearing", "popped"}:
                run.teardown(word, lambda: fail_if_due(run, word, raises))
            elif name == "pushed":
                error = run.failing(word, lambda: fail_if_due(run, word, raises))
                if error is not None and Repair.PUSHED_FAILS not in run.repairs:
                    raise error
                run.pending = error
            else:
                fail_if_due(run, word, raises)

        return receive

    def _late(self, receiver: Callable[..., None] | None) -> Callable[..., None]:
        """Return a receiver of ``request_started`` that raises what is pending, first of all."""

        def receive(sender: Any, **told: Any) -> None:
            error, self._run.pending = self._run.pending, None
            if error is not None:
                raise error
            if receiver is not None:
                receiver(sender, **told)

        return receive


def _told(told: dict[str, Any]) -> str:
    """Return what a signal says besides its sender."""
    texts = []
    for key, value in told.items():
        if key in {"exc", "exception"}:
            texts.append(name_of(value))
        elif key == "response":
            texts.append(_seen(value))
        elif not key.startswith("_"):
            texts.append(str(value))
    return " ".join(texts)


def _seen(response: Any) -> str:
    """Return what a function that gets a response can see of it without changing it."""
    return f"{response.status} {response.mimetype}" if response is not None else "None"


def _for_a_body(run: Run) -> bool:
    """Tell whether Flask pushes a context again for a streamed body, under the repair that hides it."""
    return Repair.TORN_DOWN_TWICE in run.repairs and run.step == CHUNK


class _Views(dict[str, Any]):
    """View functions that complain as the project does about one that is missing."""

    def __missing__(self, endpoint: str) -> Any:
        raise LookupError(endpoint)


class _Noting(logging.Handler):
    """Notes that something was logged, and with which error."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        self._run.note("log", name_of(record.exc_info[1]) if record.exc_info else record.getMessage())
