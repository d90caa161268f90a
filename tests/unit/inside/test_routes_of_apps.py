"""Which routes an application's own router names, and the canary of each variable."""

from __future__ import annotations

import subprocess
import sys
import uuid
from typing import Any

import bottle
import pytest
from flask import Blueprint, Flask, current_app, request
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, ValidationError

from harness import records
from harness.inside.of_flask.installing import find_flasks
from harness.inside.routes.finding import survey_app
from harness.store.survey import Rule, Skipped, Survey
from targetapp.framework import App


class Even(BaseConverter):
    """Takes even numbers of at most three digits: nothing that carries a canary."""

    regex = r"[0-9]{1,3}"

    def to_python(self, value: str) -> int:
        if int(value) % 2:
            raise ValidationError
        return int(value)


class Own(BaseConverter):
    """Takes what looks like a UUID."""

    def to_python(self, value: str) -> uuid.UUID:
        return uuid.UUID(value)


def make_flask(framework: Any = Flask) -> Any:
    app = framework("x")
    app.url_map.converters.update(even=Even, own=Own)
    for rule in [*KINDS, "/plain"]:
        app.add_url_rule(rule, rule.replace(".", "_"), lambda **_: "")
    return app


#: What a rule says -> what is sent between its variables; what is plain stays as it is.
SPELLED = {
    "/日本/<name>": ("/%E6%97%A5%E6%9C%AC/", ""),
    "/a b/50%/<name>/ß": ("/a%20b/50%25/", "/%C3%9F"),
    "/plain,(x)=~-_.@!$&'*+;/<name>": ("/plain,(x)=~-_.@!$&'*+;/", ""),
}
KINDS = {
    "/a/<name>": "text",
    "/b/<int:n>": "int",
    "/c/<float:f>": "float",
    "/d/<path:p>/end": "text",
    "/e/<uuid:u>": "uuid",
    "/f/<any(red,'dark blue'):k>": "",
    "/g/<string(length=2):lang>": "",
    "/h/<int(max=99):n>": "",
    "/i/<even:n>": "",
    "/j/<own:u>": "uuid",
}


def by_rule(survey: Survey) -> dict[str, Rule]:
    return {rule.rule: rule for rule in survey.rules}


@pytest.mark.parametrize("framework", [Flask, App])
def test_every_converter_gets_a_canary_of_its_type(framework: Any) -> None:
    rules = by_rule(survey_app(make_flask(framework)))
    assert {rule: rules[rule].variables[0].kind for rule in KINDS} == KINDS
    assert rules["/d/<path:p>/end"].literals == ("/d/", "/end")
    assert rules["/f/<any(red,'dark blue'):k>"].variables[0].filler in ("red", "dark%20blue")
    assert len(rules["/g/<string(length=2):lang>"].variables[0].filler) == 2
    assert rules["/plain"].variables == ()
    assert rules["/plain"].methods == ("GET", "HEAD")


def test_literals_are_quoted_as_a_url_spells_them() -> None:
    for app in (Flask("x", static_folder=None), bottle.Bottle()):
        for rule in SPELLED:
            if isinstance(app, Flask):
                app.add_url_rule(rule, str(len(app.view_functions)), lambda **_: "")
            else:
                app.route(rule, ["GET"], lambda **_: "")
        rules = by_rule(survey_app(app))
        assert {rule: rules[rule].literals for rule in rules} == SPELLED


def test_an_app_is_found_behind_middleware() -> None:
    app = make_flask()
    app.wsgi_app = ProxyFix(app.wsgi_app)

    def outermost(environ: Any, start_response: Any) -> Any:
        return app(environ, start_response)

    assert by_rule(survey_app(outermost)).keys() >= KINDS.keys()
    assert by_rule(survey_app(ProxyFix(app))).keys() >= KINDS.keys()


def wrapped_with(app: Any, held: Any) -> Any:
    def outermost(environ: Any, start_response: Any) -> Any:
        assert held is not None
        return app(environ, start_response)

    return outermost


#: By name: pytest would ask a proxy for its own.
PROXIES = {"request": request, "current_app": current_app, "failing": LocalProxy(lambda: 1 / 0)}


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_that_middleware_holds_is_no_application(name: str) -> None:
    proxy = PROXIES[name]
    app = Flask("x", static_folder=None)
    app.add_url_rule("/only", "only", lambda: "")
    assert by_rule(survey_app(wrapped_with(app, proxy))).keys() == {"/only"}
    assert find_flasks(wrapped_with(app, proxy)) == [app]
    with app.test_request_context():
        assert by_rule(survey_app(wrapped_with(app, proxy))).keys() == {"/only"}
        assert survey_app(wrapped_with(app, proxy)).skipped == ()


def test_a_wrapper_that_passes_attributes_on_is_asked_for_them() -> None:
    class Passing:
        def __init__(self, inner: Any) -> None:
            self.kept_here = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.kept_here, name)

        def __call__(self, environ: Any, start_response: Any) -> Any: ...

    app = Flask("x", static_folder=None)
    app.add_url_rule("/only", "only", lambda: "")
    assert by_rule(survey_app(Passing(app))).keys() == {"/only"}


def small(rule: str) -> Flask:
    app = Flask(rule.strip("/"), static_folder=None)
    app.add_url_rule(rule, "only", lambda **_: "")
    return app


def test_flask_s_own_files_are_told_of_and_a_route_of_that_name_is_asked_for() -> None:
    app = Flask("x")
    app.register_blueprint(Blueprint("shop", "x", static_folder="static", url_prefix="/shop"))
    app.add_url_rule("/static-pages/<name>", "static_pages", lambda name: name)
    survey = survey_app(app)
    assert [rule.rule for rule in survey.rules] == ["/static-pages/<name>"]
    assert set(survey.skipped) == {
        Skipped(rule, "it serves files: name one with --urls")
        for rule in ("/shop/static/<path:filename>", "/static/<path:filename>")
    }


def test_what_a_dispatcher_mounts_is_served_under_its_path() -> None:
    inner = bottle.Bottle()
    inner.route("/c/<n:int>", ["GET"], lambda **_: "")
    mounts: dict[str, Any] = {"/admin": small("/b/<name>"), "/old one": inner}
    survey = survey_app(DispatcherMiddleware(small("/a"), mounts))
    rules = by_rule(survey)
    assert list(rules) == ["/a", "/admin/b/<name>", "/old one/c/<n:int>"]
    assert rules["/admin/b/<name>"].literals == ("/admin/b/", "")
    assert rules["/old one/c/<n:int>"].literals == ("/old%20one/c/", "")
    assert survey == Survey("flask", tuple(rules.values()), ())


def test_an_application_that_is_mounted_twice_is_served_twice() -> None:
    inner = small("/b")
    mounts: dict[str, Any] = {"/v1": inner, "/v2": DispatcherMiddleware(small("/c"), {"/in": inner})}
    survey = survey_app(DispatcherMiddleware(small("/a"), mounts))
    assert list(by_rule(survey)) == ["/a", "/v1/b", "/v2/c", "/v2/in/b"]


def test_a_mount_whose_routes_are_not_known_is_told_of() -> None:
    app = small("/a")
    mounts: dict[str, Any] = {"/metrics": lambda environ, start_response: []}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    survey = survey_app(app)
    assert list(by_rule(survey)) == ["/a"]
    assert [skipped.rule for skipped in survey.skipped] == ["/metrics"]


def test_an_application_beside_another_is_told_of() -> None:
    survey = survey_app(wrapped_with(small("/a"), small("/b")))
    assert len(survey.rules) == 1
    assert [skipped.rule for skipped in survey.skipped] == ["/ (Flask)"]


def test_what_has_no_router_has_no_routes_and_no_error() -> None:
    assert survey_app(lambda environ, start_response: []) == Survey("")


def test_a_router_that_fails_is_told_of() -> None:
    class Broken:
        @property
        def url_map(self) -> Any:
            return self

        def iter_rules(self) -> Any:
            raise RuntimeError("not now")

        def __call__(self) -> None: ...

    (skipped,) = survey_app(Broken()).skipped
    assert skipped.why == "its routes can't be read: RuntimeError: not now"


BOTTLE = {
    "/a/<name>": "text",
    "/b/<n:int>": "int",
    "/c/<f:float>": "float",
    "/d/<p:path>": "text",
    "/e/<k:re:red|blue>": None,
    "/f/<k:re:[a-f0-9]+>": "text",
}


def test_bottle_s_wildcards() -> None:
    app = bottle.Bottle()
    for rule in BOTTLE:
        app.route(rule, ["GET"], lambda **_: "")
    app.route("/a/<name>", ["POST"], lambda **_: "")
    survey = survey_app(app)
    rules = by_rule(survey)
    assert {rule: rules[rule].variables[0].kind for rule in rules} == {
        rule: kind for rule, kind in BOTTLE.items() if kind is not None
    }
    assert rules["/a/<name>"].methods == ("GET", "HEAD", "POST")
    assert [skipped.rule for skipped in survey.skipped] == ["/e/<k:re:red|blue>"]


DJANGO = """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x")
import django; django.setup()
from django.core.wsgi import get_wsgi_application
from django.urls import include, path, re_path
from django.views import View
class Item(View):
    def get(self, request, id): ...
def view(request, **values): ...
inner = [path("item/<int:id>/", Item.as_view()), path("<slug:s>/<uuid:u>", view)]
urlpatterns = [
    path("", view),
    path("in/", include(inner)),
    re_path(r"^year/(?P<y>[0-9]{4})/(?P<name>[a-z0-9]+)/$", view),
    re_path(r"^both/(?P<a>red|blue)$", view),
    path("stra\u00dfe 50%/<int:n>", view),
]
from harness import records
from harness.inside.routes.finding import survey_app
print(records.to_text(survey_app(get_wsgi_application())))
"""


def test_django_s_url_conf() -> None:
    said = subprocess.run([sys.executable, "-c", DJANGO], capture_output=True, text=True, check=True).stdout
    survey = records.from_text(Survey, said, "what was said")
    found = {rule.rule: [variable.kind for variable in rule.variables] for rule in survey.rules}
    assert found == {
        "/": [],
        "/in/item/<int:id>/": ["int"],
        "/in/<slug:s>/<uuid:u>": ["text", "uuid"],
        "/^year/(?P<y>[0-9]{4})/(?P<name>[a-z0-9]+)/$": ["", "text"],
        "/straße 50%/<int:n>": ["int"],
    }
    assert by_rule(survey)["/in/item/<int:id>/"].methods == ("GET", "HEAD")
    assert by_rule(survey)["/straße 50%/<int:n>"].literals == ("/stra%C3%9Fe%2050%25/", "")
    assert [skipped.rule for skipped in survey.skipped] == ["/^both/(?P<a>red|blue)$"]
