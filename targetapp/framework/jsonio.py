"""JSON as views return it and requests carry it: the standard library's, with a few types more.

A provider is an app's ``json`` attribute and the ``json_module`` of its requests and responses.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from werkzeug.http import http_date

from .wrappers import Response


def default(value: object) -> Any:
    """Return what stands for a *value* that JSON does not know.

    Dates become HTTP dates, decimals and UUIDs text, dataclasses dicts, and what has
    ``__html__`` its markup.

    :raises TypeError: for anything else.
    """
    if isinstance(value, date):
        return http_date(value)
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    markup = getattr(value, "__html__", None)
    if markup is not None:
        return str(markup())
    raise TypeError(f"An object of type {type(value).__name__} can't be written as JSON.")


class JSONApp(Protocol):
    """What a provider asks of its app."""

    response_class: type[Response]

    @property
    def debug(self) -> bool:
        """Whether JSON is to be read by people."""


class JSONProvider:
    """Writes and reads JSON for one app: ASCII characters, sorted keys."""

    mimetype = "application/json"

    # json.dumps builds an encoder per call unless every option is left at its default.
    _plain = json.JSONEncoder(default=default, sort_keys=True)
    _compact = json.JSONEncoder(default=default, sort_keys=True, separators=(",", ":"))
    _indented = json.JSONEncoder(default=default, sort_keys=True, indent=2)

    def __init__(self, app: JSONApp) -> None:
        self._app = app

    def dumps(self, obj: object, **kwargs: Any) -> str:
        """Return *obj* as JSON text; the keyword arguments are those of :func:`json.dumps`."""
        if not kwargs:
            return self._plain.encode(obj)
        kwargs.setdefault("default", default)
        kwargs.setdefault("sort_keys", True)
        return json.dumps(obj, **kwargs)

    def loads(self, text: str | bytes, **kwargs: Any) -> Any:
        """Return what JSON *text* says."""
        return json.loads(text, **kwargs)

    def response(self, *args: object, **kwargs: object) -> Response:
        """Return a response that carries the one argument, a list of several, or a dict.

        It is compact, and indented in debug mode.

        :raises TypeError: if positional and keyword arguments are mixed.
        """
        if args and kwargs:
            raise TypeError("jsonify takes either positional or keyword arguments, not both.")
        obj: object = args[0] if len(args) == 1 else (args or kwargs or None)
        encoder = self._indented if self._app.debug else self._compact
        return self._app.response_class(encoder.encode(obj) + "\n", mimetype=self.mimetype)
