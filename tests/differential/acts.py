"""Acts: what a function of a described app does with its framework.

An act is a word with an argument; its row in :data:`ACTS` does it and returns what it found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.differential.context_acts import NOTHING, copied, inside_app, inside_request, leave
from tests.differential.recording import OPENED_KEY, Run
from tests.differential.repairs import Repair


def _write(run: Run, key: str) -> object:
    run.api.session[key] = run.current
    return NOTHING


def _append(run: Run, key: str) -> object:
    run.api.session.setdefault(key, []).append(run.current)
    return NOTHING


def _permanent(run: Run, value: str) -> object:
    run.api.session.permanent = value != "no"
    return NOTHING


def _touch(run: Run, _: str) -> object:
    run.api.session.modified = True
    return NOTHING


def _look(run: Run, name: str) -> object:
    """Look at what the session knows about itself, not at its content."""
    if Repair.MERE_LOOK not in run.repairs:
        return getattr(run.api.session, name)
    session = run.framework.request_var.get()._session
    before = session is not None and session.accessed
    found = getattr(run.api.session, name)
    session.accessed = before
    return found


def _clear(run: Run, _: str) -> object:
    run.api.session.clear()
    return NOTHING


def _update(run: Run, key: str) -> object:
    run.api.session.update({key: (run.current, b"bytes")})
    return NOTHING


def _flash(run: Run, message: str) -> object:
    run.api.flash(message, message[:1])
    return NOTHING


def _set_g(run: Run, key: str) -> object:
    setattr(run.api.g, key, run.current)
    return NOTHING


def _limit(run: Run, size: str) -> object:
    run.api.request.max_content_length = int(size)
    return NOTHING


def _facts(run: Run, _: str) -> object:
    request = run.api.request
    return (
        request.endpoint,
        request.blueprint,
        request.blueprints,
        request.view_args,
        request.url_rule and request.url_rule.rule,
        request.url,
        request.is_json,
        run.api.current_app.name,
    )


def _url(run: Run, argument: str) -> object:
    endpoint, *options = argument.split()
    values: dict[str, Any] = {}
    for option in options:
        key, _, value = option.partition("=")
        values[key] = {"True": True, "False": False}.get(value, value)
    try:
        return run.api.url_for(endpoint, **values)
    except AttributeError as error:
        if Repair.NO_ADAPTER not in run.repairs or error.name != "build":
            raise
        raise RuntimeError from None


def _late(run: Run, _: str) -> object:
    run.app.before_request(lambda: None)
    return NOTHING


def _new(run: Run, _: str) -> object:
    """Ask whether the session is new."""
    found = _look(run, "new")
    if Repair.NEW in run.repairs:
        return run.api.request.environ[OPENED_KEY]
    return found


def _big(run: Run, key: str) -> object:
    # Random to zlib, so that the cookie is as long as it looks.
    run.api.session[key] = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(1500))
    return NOTHING


def _json(run: Run, _: str) -> object:
    return run.api.request.get_json()


#: Acts by their first word.
ACTS: dict[str, Callable[[Run, str], object]] = {
    "session.read": lambda run, key: run.api.session.get(key),
    "session.item": lambda run, key: run.api.session[key],
    "session.all": lambda run, _: sorted(run.api.session.items(), key=str),
    "session.pop": lambda run, key: run.api.session.pop(key, "absent"),
    "session.default": lambda run, key: run.api.session.setdefault(key, "default"),
    "session.update": _update,
    "session.write": _write,
    "session.append": _append,
    "session.permanent": _permanent,
    "session.touch": _touch,
    "session.clear": _clear,
    "session.peek": lambda run, _: _look(run, "modified"),
    "session.new": _new,
    "session.big": _big,
    "flash": _flash,
    "flashed": lambda run, _: run.api.get_flashed_messages(with_categories=True),
    "g.set": _set_g,
    "g.pop": lambda run, key: run.api.g.pop(key),
    "g.get": lambda run, key: (run.api.g.get(key, "absent"), key in run.api.g),
    "g.item": lambda run, key: getattr(run.api.g, key),
    "g.default": lambda run, key: run.api.g.setdefault(key, "default"),
    "g.all": lambda run, _: sorted(run.api.g),
    "body.data": lambda run, _: run.api.request.get_data(),
    "body.form": lambda run, _: sorted(run.api.request.form.items(multi=True)),
    "body.files": lambda run, _: sorted((k, f.filename, f.read()) for k, f in run.api.request.files.items()),
    "body.json": _json,
    "body.key": lambda run, key: run.api.request.form[key],
    "body.limit": _limit,
    "facts": _facts,
    "url": _url,
    "inside.app": inside_app,
    "inside.request": inside_request,
    "inside.copy": copied,
    "leave.context": leave,
    "late": _late,
}
