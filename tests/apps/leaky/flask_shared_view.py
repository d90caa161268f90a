"""Flask: a view class of which one instance answers all requests, and keeps the caller on itself."""

from __future__ import annotations

from flask import Flask
from flask.views import View

app = Flask(__name__)


class Card(View):
    init_every_request = False

    def __init__(self) -> None:
        self.name = ""

    def dispatch_request(self, name: str) -> str:  # type: ignore[override] # as Flask means it
        self.prepare(name)
        return self.render()

    def prepare(self, name: str) -> None:
        self.name = name

    def render(self) -> str:
        return f"<h1>{self.name}</h1>"


@app.get("/cards")
def cards() -> str:
    return "no cards"


app.add_url_rule("/card/<name>", view_func=Card.as_view("card"))
