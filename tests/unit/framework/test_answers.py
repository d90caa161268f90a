"""What views may return and URLs may say: the same answers as Flask's, on the same app.

Each row is an app that is built twice, of this framework and of Flask, and requests to both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from markupsafe import Markup
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as WerkzeugResponse

from tests.unit.framework.tracing import FLASK, OURS


def build(framework: SimpleNamespace, **options: Any) -> Any:
    app = framework.App("answers", **{"static_folder": None, **options})
    app.secret_key = "key"
    return app


def answer(client: Any, path: str, **request: Any) -> tuple[Any, ...]:
    """Return everything a client sees, but the time of day."""
    response = client.open(path, **request)
    headers = sorted((name, "" if name in TIMES else value) for name, value in response.headers)
    return response.status, headers, response.get_data()


TIMES = ("Date", "Expires")


@dataclass
class Point:
    """Something that JSON does not know."""

    x: int
    y: int


def wsgi(_: Any, start_response: Any) -> list[bytes]:
    start_response("202 Accepted", [("Content-Type", "text/x")])
    return [b"wsgi"]


RETURNS: dict[str, Callable[[Any], Any]] = {
    "str": lambda api: "körper",
    "bytes": lambda api: b"\xff",
    "bytearray": lambda api: bytearray(b"x"),
    "dict": lambda api: {"b": 1, "a": [None, True]},
    "empty dict": lambda api: {},
    "list": lambda api: [1, {"x": "ö"}],
    "generator": lambda api: (word for word in ("a", "b")),
    "iterator of bytes": lambda api: iter([b"a", b"b"]),
    "response": lambda api: api.Response("x", status=201, headers={"X-Own": "1"}),
    "werkzeug's response": lambda api: WerkzeugResponse("x", 203, mimetype="text/x"),
    "WSGI callable": lambda api: wsgi,
    "body and status": lambda api: ("x", 201),
    "body and status text": lambda api: ("x", "299 Mine"),
    "body and headers": lambda api: ("x", {"X-Own": "1"}),
    "body and header pairs": lambda api: ("x", [("X-Own", "1"), ("X-Own", "2")]),
    "body, status and headers": lambda api: ("x", 201, {"X-Own": "1"}),
    "response, status and headers": lambda api: (
        api.Response("x", headers={"X-Own": "0"}),
        202,
        {"X-Own": "1"},
    ),
    "dict and status": lambda api: ({"x": 1}, 201),
    "jsonify": lambda api: api.jsonify(1, 2),
    "jsonify nothing": lambda api: api.jsonify(),
    "jsonify names": lambda api: api.jsonify(b=1, a=2),
    "jsonify types": lambda api: api.jsonify([date(2026, 1, 2), Decimal("1.5"), UUID(int=3)]),
    "jsonify a dataclass": lambda api: api.jsonify(Point(1, 2)),
    "jsonify markup": lambda api: api.jsonify(Markup("<b>")),
    "jsonify what JSON does not know": lambda api: api.jsonify(object()),
    "dumps": lambda api: api.current_app.json.dumps({"b": 1, "a": [date(2026, 1, 2)]}),
    "dumps with options": lambda api: api.current_app.json.dumps(
        {"b": 1, "a": "ö"}, indent=1, ensure_ascii=False
    ),
    "redirect": lambda api: api.redirect("/elsewhere?x=ö"),
    "redirect 303": lambda api: api.redirect("/elsewhere", 303),
    "make_response": lambda api: api.make_response("x", 201),
    "make_response of nothing": lambda api: api.make_response(),
    "abort": lambda api: api.abort(418),
    "abort with a text": lambda api: api.abort(403, "why"),
    "abort with a response": lambda api: api.abort(api.Response("no", 402)),
    "None": lambda api: None,
    "a tuple of one": lambda api: ("x",),
    "a number": lambda api: 7,
    "a callable that is no WSGI": lambda api: lambda: None,
    "None and a status": lambda api: (None, 200),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("returned", RETURNS.values(), ids=RETURNS)
def test_what_a_view_returns(returned: Callable[[Any], Any], method: str) -> None:
    answers = []
    for framework in (OURS, FLASK):
        app = build(framework)
        app.logger.disabled = True
        app.add_url_rule("/", "view", lambda api=framework.api: returned(api))
        answers.append(answer(app.test_client(), "/", method=method))
    assert answers[0] == answers[1]


@dataclass(frozen=True)
class Row:
    """An app and the requests to it."""

    name: str
    configure: Callable[[Any, Any], None]
    requests: list[tuple[str, dict[str, Any]]]
    options: dict[str, Any] = field(default_factory=dict)


def methods(app: Any, api: Any) -> None:
    app.add_url_rule("/one", "get", lambda: f"get {api.request.method}")
    app.add_url_rule("/one", "post", lambda: "post", methods=["POST"])
    app.add_url_rule("/own-options", "own", lambda: "own options", methods=["GET", "options"])
    app.add_url_rule("/no-options", "no", lambda: "x", provide_automatic_options=False)
    app.get("/g")(lambda: "g")
    app.endpoint("named")(lambda: "named")
    app.add_url_rule("/named", "named", methods=["PUT"])
    for name in ("post", "put", "delete", "patch"):
        getattr(app, name)(f"/{name}", endpoint=f"by_{name}")(lambda: api.request.method)


def converters(app: Any, api: Any) -> None:
    class Doubled(BaseConverter):
        def to_python(self, value: str) -> str:
            return value * 2

    app.url_map.converters["doubled"] = Doubled

    @app.route("/<int:i>/<path:p>")  # type: ignore[untyped-decorator]
    @app.route("/<doubled:i>", defaults={"p": "default"})  # type: ignore[untyped-decorator]
    def view(i: Any, p: str) -> Any:
        return api.jsonify(i, p, api.request.endpoint, api.request.view_args, api.request.url_rule.rule)


def nested_blueprints(app: Any, api: Any) -> None:
    outer = api.Blueprint("outer", __name__, url_prefix="/outer")
    inner = api.Blueprint("inner", __name__, url_prefix="/inner", url_defaults={"lang": "de"})
    seen: list[str] = []

    def note(word: str) -> Callable[..., None]:
        return lambda *_: seen.append(word)

    def passing(word: str) -> Callable[[Any], Any]:
        def after(response: Any) -> Any:
            seen.append(word)
            return response

        return after

    for scaffold, name in ((app, "app"), (outer, "outer"), (inner, "inner")):
        scaffold.url_value_preprocessor(note(f"uvp {name}"))
        scaffold.before_request(note(f"before {name}"))
        scaffold.after_request(passing(f"after {name}"))
        scaffold.url_defaults(lambda endpoint, values, name=name: values.setdefault(name, endpoint))
    outer.before_app_request(note("before_app"))
    outer.after_app_request(passing("after_app"))
    inner.app_url_value_preprocessor(note("app_uvp"))
    inner.app_url_defaults(lambda endpoint, values: values.setdefault("from", "inner"))
    outer.errorhandler(KeyError)(lambda error: ("outer", 418))
    inner.errorhandler(ZeroDivisionError)(lambda error: ("inner", 418))
    app.errorhandler(LookupError)(lambda error: ("app", 418))
    app.errorhandler(404)(lambda error: ("app 404", 404))
    inner.app_errorhandler(405)(lambda error: ("app 405", 405))
    outer.errorhandler(404)(lambda error: ("outer 404", 404))

    @inner.route("/view")  # type: ignore[untyped-decorator]
    def view(**values: Any) -> Any:
        context = [api.request.blueprint, *api.request.blueprints]
        urls = [api.url_for(".view"), api.url_for("outer.inner.view"), api.url_for("again.inner.view", x=1)]
        return api.jsonify([context, urls, values, seen])

    inner.add_url_rule("/key", "key", lambda **_: dict[str, str]()["x"])
    inner.add_url_rule("/zero", "zero", lambda **_: 1 / 0)
    inner.add_url_rule("/index", "index", lambda **_: [0][1:].pop())
    inner.add_url_rule("/abort", "abort", lambda **_: api.abort(404))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.register_blueprint(outer, name="again", url_prefix="/again")


def urls(app: Any, api: Any) -> None:
    app.add_url_rule("/<name>/x", "x", lambda name: name)

    @app.route("/")  # type: ignore[untyped-decorator]
    def view() -> Any:
        url_for = api.url_for
        return api.jsonify(
            url_for("x", name="ö b", q="1 2"),
            url_for("x", name="n", _anchor="a b"),
            url_for("x", name="n", _external=True),
            url_for("x", name="n", _scheme="https"),
            url_for(".view"),
            app.url_for("x", name="n"),
        )

    @app.route("/unknown")  # type: ignore[untyped-decorator]
    def unknown() -> Any:
        return api.url_for("nobody")

    app.url_build_error_handlers.append(lambda error, endpoint, values: f"/no/{endpoint}")


def hosts(app: Any, api: Any) -> None:
    app.add_url_rule("/", "one", lambda: "one", host="one.test")
    app.add_url_rule("/", "any", lambda host: host, host="<host>")


def subdomains(app: Any, api: Any) -> None:
    app.config["SERVER_NAME"] = "example.test"
    app.add_url_rule("/", "root", lambda: "root")
    bp = api.Blueprint("bp", __name__, subdomain="<who>")
    bp.add_url_rule("/", "who", lambda who: who)
    nested = api.Blueprint("deep", __name__, subdomain="deep")
    nested.add_url_rule("/deep", "deep", lambda who: f"deep {who}")
    bp.register_blueprint(nested)
    app.register_blueprint(bp)


def limits(app: Any, api: Any) -> None:
    app.config.update(MAX_CONTENT_LENGTH=10, MAX_FORM_MEMORY_SIZE=5, TRUSTED_HOSTS=["localhost"])

    @app.post("/")  # type: ignore[untyped-decorator]
    def view() -> Any:
        return api.jsonify(
            api.request.form.to_dict(), api.request.max_content_length, api.request.max_form_parts
        )

    @app.post("/more")  # type: ignore[untyped-decorator]
    def more() -> Any:
        api.request.max_content_length = 1000
        api.request.max_form_memory_size = 1000
        return api.jsonify(api.request.form.to_dict())


def json_bodies(app: Any, api: Any) -> None:
    app.add_url_rule("/", "view", lambda: api.jsonify(api.request.get_json()), methods=["POST"])


def debugged_json(app: Any, api: Any) -> None:
    json_bodies(app, api)
    app.debug = True


ROWS = [
    Row(
        "methods",
        methods,
        [
            (path, {"method": method})
            for path in (
                "/one",
                "/own-options",
                "/no-options",
                "/g",
                "/named",
                "/post",
                "/put",
                "/delete",
                "/patch",
            )
            for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH")
        ],
    ),
    Row("converters", converters, [(path, {}) for path in ("/1/a/b", "/x/a", "/ab", "/", "/-1/x")]),
    Row(
        "nested blueprints",
        nested_blueprints,
        [
            (f"{prefix}/inner/{name}", {"method": method})
            for prefix in ("/outer", "/again", "")
            for name in ("view", "key", "zero", "index", "abort", "nowhere")
            for method in ("GET", "POST")
        ],
    ),
    Row("urls", urls, [("/", {}), ("/unknown", {}), ("/", {"base_url": "https://h.test:99/mount"})]),
    Row(
        "host matching",
        hosts,
        [("/", {"base_url": f"http://{host}"}) for host in ("one.test", "two.test", "bad_host!", "")],
        {"host_matching": True},
    ),
    *(
        Row(
            f"subdomains {matching}",
            subdomains,
            [
                (path, {"base_url": f"http://{host}"})
                for host in ("example.test", "me.example.test", "deep.me.example.test")
                for path in ("/", "/deep")
            ],
            {"subdomain_matching": matching},
        )
        for matching in (True, False)
    ),
    Row(
        "limits",
        limits,
        [
            ("/", {"method": "POST", "data": {"a": "1"}}),
            ("/", {"method": "POST", "data": {"a": "1" * 20}}),
            ("/more", {"method": "POST", "data": {"a": "1" * 20}}),
            ("/", {"method": "POST", "data": {"a": "1"}, "base_url": "http://untrusted"}),
        ],
    ),
    Row(
        "JSON",
        json_bodies,
        [
            ("/", {"method": "POST", "json": {"b": [1], "a": None}}),
            ("/", {"method": "POST", "data": "{", "content_type": "application/json"}),
            ("/", {"method": "POST", "data": "x"}),
        ],
    ),
    Row(
        "JSON in debug mode",
        debugged_json,
        [
            ("/", {"method": "POST", "json": {"b": [1], "a": None}}),
            ("/", {"method": "POST", "data": "{", "content_type": "application/json"}),
        ],
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_answers(row: Row) -> None:
    clients = []
    for framework in (OURS, FLASK):
        app = build(framework, **row.options)
        row.configure(app, framework.api)
        clients.append(app.test_client())
    for path, request in row.requests:
        ours, theirs = (answer(client, path, **request) for client in clients)
        assert ours == theirs, (path, request)


def static_app(framework: SimpleNamespace, folder: Path) -> Any:
    app = build(framework, static_folder=str(folder / "static"), root_path=str(folder))
    bp = framework.Blueprint("bp", __name__, static_folder="static", root_path=str(folder), url_prefix="/bp")
    app.register_blueprint(bp)
    app.add_url_rule(
        "/file/<path:name>", "file", lambda name: framework.api.send_from_directory(folder, name)
    )
    app.add_url_rule(
        "/direct", "direct", lambda: framework.api.send_file("static/a.txt", download_name="b.txt")
    )
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 7
    return app


PATHS = ["/static/a.txt", "/static/no.txt", "/static/../secret.txt", "/bp/static/a.txt", "/file/secret.txt"]


@pytest.mark.parametrize("path", [*PATHS, "/file/../x", "/direct"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_files(tmp_path: Path, path: str, method: str) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.txt").write_text("static")
    (tmp_path / "secret.txt").write_text("secret")
    ours, theirs = (
        answer(static_app(framework, tmp_path).test_client(), path, method=method, buffered=True)
        for framework in (OURS, FLASK)
    )
    assert ours == theirs


def classes(app: Any, api: Any) -> None:
    class Counting(api.views.MethodView if hasattr(api, "views") else api.MethodView):  # type: ignore[misc]
        decorators = [lambda view: lambda **values: f"<{view(**values)}>"]  # noqa: RUF012  # as users write it

        def __init__(self, start: int) -> None:
            self.count = start

        def get(self, word: str) -> str:
            self.count += 1
            return f"get {word} {self.count}"

        def post(self, word: str) -> str:
            return f"post {word}"

    class Shared(Counting):
        init_every_request = False

        def delete(self, word: str) -> str:
            return "delete"

    app.add_url_rule("/new/<word>", view_func=Counting.as_view("new", 1))
    app.add_url_rule("/shared/<word>", view_func=Shared.as_view("shared", start=1))


def test_views_as_classes() -> None:
    clients = []
    for framework in (OURS, FLASK):
        app = build(framework)
        classes(app, framework.api)
        clients.append(app.test_client())
    for path in ("/new/x", "/shared/x", "/shared/x"):
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"):
            ours, theirs = (answer(client, path, method=method) for client in clients)
            assert ours == theirs


def test_a_streamed_body_is_sent_in_pieces() -> None:
    app = build(OURS)

    def body() -> Iterator[str]:
        yield from "abc"

    app.add_url_rule("/", "view", body)
    response = app.test_client().get("/")
    assert list(response.response) == [b"a", b"b", b"c"]
    assert "Content-Length" not in response.headers
