"""Flask-Login and Flask-SQLAlchemy on SQLite: callers log in by a form, and keep notes of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Flask, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the models share."""


db = SQLAlchemy(model_class=Base)
login = LoginManager()


class User(UserMixin, db.Model):  # type: ignore[name-defined]
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Note(db.Model):  # type: ignore[name-defined]
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(index=True)
    text: Mapped[str]


@login.user_loader
def load_user(number: str) -> User | None:
    return db.session.get(User, int(number))


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["SECRET_KEY"] = "a test's own key, of nobody else"
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{Path(tempfile.mkdtemp()) / 'notes.sqlite3'}"
    db.init_app(app)
    login.init_app(app)
    with app.app_context():
        db.create_all()

    @app.post("/login")
    def log_in() -> str:
        user = User(name=request.form["name"])
        db.session.add(user)
        db.session.commit()
        login_user(user)
        return f"welcome, {user.name}"

    @app.get("/me")
    def me() -> str:
        return f"you are {current_user.name}" if current_user.is_authenticated else "you are nobody"

    @app.post("/notes")
    @login_required
    def write() -> dict[str, int]:
        note = Note(owner=current_user.id, text=request.form["text"])
        db.session.add(note)
        db.session.commit()
        return {"note": note.id}

    @app.get("/notes")
    @login_required
    def notes() -> list[str]:
        newest = db.select(Note).where(Note.owner == current_user.id).order_by(Note.id.desc()).limit(5)
        return [note.text for note in db.session.scalars(newest)]

    return app
