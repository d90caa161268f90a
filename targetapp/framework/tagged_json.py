"""JSON that brings back tuples, bytes, dates, UUIDs and markup; the format of Flask's session cookie.

A value JSON does not know is written as a dict of one key, the tag: ``(1, 2)`` as
``{" t": [1, 2]}``. A real dict whose only key is a tag is written as ``{" di": {"<tag>__": ..}}``,
so that nothing a client stores can pose as a tag.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from markupsafe import Markup
from werkzeug.http import http_date, parse_date

from . import jsonio

_ENCODER = json.JSONEncoder(default=jsonio.default, sort_keys=True, separators=(",", ":"))
_PLAIN = frozenset({str, int, float, bool, type(None)})

#: Tag, and how its value becomes what it was.
_READERS: dict[str, Callable[[Any], Any]] = {
    " t": tuple,
    " b": b64decode,
    " m": Markup,
    " u": UUID,
    " d": parse_date,
    " di": lambda value: {key[:-2]: content for key, content in value.items()},
}


def _tag_dict(value: dict[str, Any]) -> dict[str, Any]:
    tagged = {key: tag(content) for key, content in value.items()}
    if len(tagged) == 1:
        (key,) = tagged
        if key in _READERS:
            return {" di": {f"{key}__": tagged[key]}}
    return tagged


#: Type, tag, and how its value is written; the first that fits. Markup is told by what it can do.
_WRITERS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (tuple, " t", lambda value: [tag(item) for item in value]),
    (bytes, " b", lambda value: b64encode(value).decode("ascii")),
    (UUID, " u", lambda value: value.hex),
    (datetime, " d", http_date),
)


def tag(value: Any) -> Any:
    """Return *value* made of what JSON knows; a value of an unknown type as it is."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, dict):
        return _tag_dict(value)
    if isinstance(value, list):
        return [tag(item) for item in value]
    if callable(getattr(value, "__html__", None)):
        return {" m": str(value.__html__())}
    for kind, key, write in _WRITERS:
        if isinstance(value, kind):
            return {key: write(value)}
    return value


def untag(value: Any) -> Any:
    """Return what :func:`tag` was given."""
    if isinstance(value, dict):
        content = {key: untag(item) for key, item in value.items()}
        if len(content) == 1:
            (key,) = content
            reader = _READERS.get(key)
            if reader is not None:
                return reader(content[key])
        return content
    if isinstance(value, list):
        return [untag(item) for item in value]
    return value


class TaggedJSON:
    """The two functions as itsdangerous wants a serializer."""

    def dumps(self, obj: Any, /, **_: Any) -> str:
        """Return *obj* as compact JSON with sorted keys."""
        return _ENCODER.encode(tag(obj))

    def loads(self, payload: str | bytes, /, **_: Any) -> Any:
        """Return what :meth:`dumps` was given; :raises ValueError: if it is no JSON."""
        return untag(json.loads(payload))
