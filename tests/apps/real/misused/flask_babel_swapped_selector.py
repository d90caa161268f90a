"""Flask-Babel: another locale for a while, by swapping the selector of the one extension object.

What `force_locale` itself did before python-babel/flask-babel#117 was fixed, and what apps do by hand: two
requests that overlap read each other's, and restore in the wrong order.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator

from flask import Flask
from flask_babel import Babel, format_date, get_babel, get_locale, refresh

app = Flask(__name__, static_folder=None)
babel = Babel(app, locale_selector=lambda: "en_GB")


@contextlib.contextmanager
def speaking(locale: str) -> Iterator[None]:
    extension = get_babel()
    before = extension.locale_selector
    extension.locale_selector = lambda: locale
    refresh()
    try:
        yield
    finally:
        extension.locale_selector = before
        refresh()


def today() -> str:
    return str(format_date(dt.date(2026, 3, 1)))


@app.get("/letter/<recipient>")
def letter(recipient: str) -> str:
    with speaking(f"de_DE@{recipient}"):
        return f"<blockquote lang='{get_locale()}'>{today()}</blockquote>"


@app.get("/page")
def page() -> str:
    return f"<p lang='{get_locale()}'>{today()}</p>"
