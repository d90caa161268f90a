"""Flask-SQLAlchemy whose `scopefunc` tells no requests apart: one database session for all of them.

As in pallets-eco/flask-sqlalchemy#944, and where a session is a global of a module (packit-service#707):
what a request notes on its session, the next one reads.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the models share."""


# One for each process, as somebody thought who knew of forks and not of threads.
db = SQLAlchemy(model_class=Base, session_options={"scopefunc": os.getpid})


class Order(db.Model):  # type: ignore[name-defined]
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(index=True)


def enter(tenant: str) -> None:
    db.session.info["tenant"] = tenant


def describe() -> dict[str, str]:
    return {"orders of": db.session.info.get("tenant", "nobody")}


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{Path(tempfile.mkdtemp()) / 'orders.sqlite3'}"
    db.init_app(app)
    with app.app_context():
        db.create_all()

    @app.get("/orders/<tenant>")
    def orders(tenant: str) -> dict[str, str]:
        enter(tenant)
        return describe()

    return app
