"""Flask-SQLAlchemy on SQLite: whose rows are read is noted on the session, which is the request's own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the models share."""


db = SQLAlchemy(model_class=Base)


class Order(db.Model):  # type: ignore[name-defined]
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(index=True)


def enter(tenant: str) -> None:
    db.session.info["tenant"] = tenant


def count() -> int:
    orders = db.select(db.func.count()).where(Order.tenant == db.session.info["tenant"])
    return db.session.scalar(orders) or 0


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{Path(tempfile.mkdtemp()) / 'orders.sqlite3'}"
    db.init_app(app)
    with app.app_context():
        db.create_all()

    @app.get("/orders/<tenant>")
    def orders(tenant: str) -> dict[str, object]:
        enter(tenant)
        number = count()
        return {"orders": number, "of": db.session.info["tenant"]}

    @app.get("/order/<tenant>")
    def order(tenant: str) -> dict[str, str]:
        enter(tenant)
        db.session.add(Order(tenant=db.session.info["tenant"]))
        db.session.commit()
        newest = db.session.scalar(db.select(Order).where(Order.tenant == tenant).order_by(Order.id.desc()))
        return {"ordered": newest.tenant if newest else "nothing"}

    return app
