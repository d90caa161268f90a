"""Frozen dataclasses to and from JSON; standard library only.

The rule: what is read was written by somebody else. Every field is checked against the
dataclass's own annotations, and a wrong one is named; nothing is guessed, converted or executed.
Fields that the dataclass does not know are ignored, so that a later version may add some.
"""

from __future__ import annotations

import dataclasses
import json
import types
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class RecordError(ValueError):
    """A JSON text does not spell the record it should."""


def to_json(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass instance as a JSON object."""
    fields: dict[str, Any] = dataclasses.asdict(record)
    return fields


def to_text(record: Any) -> str:
    """Return a dataclass instance as indented JSON text that ends in a newline."""
    return json.dumps(to_json(record), indent=1, sort_keys=False) + "\n"


def from_json(cls: type[T], raw: object, what: str) -> T:
    """Return an instance of the dataclass *cls* from a parsed JSON value.

    *what* names the source in errors, such as ``run.json``. Supported annotations: ``int``,
    ``float``, ``bool``, ``str``, ``X | None``, ``tuple[X, ...]``, ``tuple[X, Y]``, ``dict[str, X]``, and
    other dataclasses.

    :raises RecordError: if a field is missing or not of its type.
    """
    if not isinstance(raw, dict):
        raise RecordError(f"{what} holds {_name(raw)}, not a JSON object")
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        if field.name in raw:
            values[field.name] = _checked(hints[field.name], raw[field.name], f"{what}: {field.name!r}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise RecordError(f"{what} lacks {field.name!r}")
    return cls(**values)


def from_text(cls: type[T], text: str | bytes, what: str) -> T:
    """Return an instance of the dataclass *cls* from JSON text.

    :raises RecordError: as :func:`from_json`, and if the text is no JSON.
    """
    return from_json(cls, parse(text, what), what)


def parse(text: str | bytes, what: str) -> Any:
    """Return the parsed JSON value.

    :raises RecordError: if the text is no JSON (or so deeply nested that it can't be ours).
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{what} is not JSON ({type(error).__name__})") from error


def _checked(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _checked_union(get_args(hint), value, where)
    if origin is tuple:
        return _checked_tuple(get_args(hint), value, where)
    if origin is dict:
        if not isinstance(value, dict):
            raise RecordError(f"{where} should be an object, is {_name(value)}")
        inner = get_args(hint)[1]
        return {str(key): _checked(inner, item, f"{where}[{key!r}]") for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value, where)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:  # `type`, not isinstance: true is no integer
        raise RecordError(f"{where} should be {_name_of(hint)}, is {_name(value)}")
    return value


def _checked_union(choices: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and types.NoneType in choices:
        return None
    others = [choice for choice in choices if choice is not types.NoneType]
    return _checked(others[0], value, where)


def _checked_tuple(inner: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise RecordError(f"{where} should be a list, is {_name(value)}")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_checked(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if len(inner) != len(value):
        raise RecordError(f"{where} should have {len(inner)} entries, has {len(value)}")
    return tuple(
        _checked(hint, item, f"{where}[{i}]") for i, (hint, item) in enumerate(zip(inner, value, strict=True))
    )


def _name_of(hint: type) -> str:
    return _NAMES.get(hint, str(hint))


def _name(value: object) -> str:
    return _NAMES.get(type(value), type(value).__name__)


_NAMES: dict[type, str] = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "a string",
    list: "a list",
    dict: "an object",
    types.NoneType: "null",
}
