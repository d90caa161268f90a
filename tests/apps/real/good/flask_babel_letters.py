"""Flask-Babel: pages in the caller's locale, and with `force_locale` a letter in another one."""

from __future__ import annotations

import datetime as dt

from flask import Flask, request
from flask_babel import Babel, force_locale, format_date, get_locale

app = Flask(__name__, static_folder=None)


def choose() -> str:
    # A locale's modifier (de_DE@euro) is the caller's choice.
    return f"en_GB@{request.args['variant']}" if "variant" in request.args else "en_GB"


babel = Babel(app, locale_selector=choose)


def today() -> str:
    return str(format_date(dt.date(2026, 3, 1)))


@app.get("/page")
def page() -> str:
    return f"<p lang='{get_locale()}'>{today()}</p>"


@app.get("/letter/<recipient>")
def letter(recipient: str) -> str:
    with force_locale(f"de_DE@{recipient}"):
        written = f"<blockquote lang='{get_locale()}'>{today()}</blockquote>"
    return f"{written}<p lang='{get_locale()}'>{today()}</p>"
