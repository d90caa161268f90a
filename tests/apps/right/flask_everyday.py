"""Everyday Flask: hooks, a blueprint, a session, errors handled and not, aborts, a stream, nested apps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    g,
    jsonify,
    request,
    session,
)

app = Flask(__name__)
app.secret_key = "everyday"
shop = Blueprint("shop", __name__, url_prefix="/shop")


@app.before_request
def remember() -> None:
    g.caller = request.args.get("canary", "")


@app.after_request
def sign(response: Response) -> Response:
    response.headers["X-Caller"] = str(g.get("caller"))
    return response


@app.teardown_request
def forget(error: BaseException | None) -> None:
    g.pop("caller", None)


@app.teardown_appcontext
def disconnect(error: BaseException | None) -> None:
    g.pop("connection", None)


@shop.before_request
def connect() -> None:
    g.connection = object()


@shop.after_request
def price(response: Response) -> Response:
    response.headers["X-Price"] = "1"
    return response


@shop.teardown_request
def close(error: BaseException | None) -> None:
    g.pop("connection", None)


@shop.get("/items/<name>")
def item(name: str) -> Response:
    with current_app.app_context():
        g.caller = "a job of its own"
    return jsonify(name=name, caller=g.caller)


app.register_blueprint(shop)


@app.get("/hello/<name>")
def hello(name: str) -> str:
    session["visits"] = session.get("visits", 0) + 1

    @after_this_request
    def count(response: Response) -> Response:
        response.headers["X-Visits"] = str(session["visits"])
        return response

    return f"hello {name} {g.caller}"


@app.get("/rows/<name>")
def rows(name: str) -> Response:
    def body() -> Iterator[str]:
        for number in range(3):
            yield f"{name} {number}\n"

    return Response(body(), mimetype="text/plain")


@app.get("/linked/<name>")
def linked(name: str) -> str:
    with app.test_request_context(f"/hello/{name}"):
        return f"see {request.path}"


@app.get("/forbidden/<name>")
def forbidden(name: str) -> NoReturn:
    abort(403)


@app.get("/broken/<name>")
def broken(name: str) -> NoReturn:
    raise ValueError(name)


@app.get("/teapot/<name>")
def teapot(name: str) -> NoReturn:
    raise KeyError(name)


@app.errorhandler(KeyError)
def short(error: KeyError) -> tuple[str, int]:
    return "short and stout", 418
