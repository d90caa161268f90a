"""From settings back to the command line that gives them."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import Any

from .table import OPTIONS, AppSettings, Settings


def to_arguments(settings: Settings, offered: str) -> list[str]:
    """Return the command line that gives these settings again, without what is the default."""
    arguments: list[str] = []
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    app: AppSettings = values["app"]
    values |= {field.name: getattr(app, field.name) for field in fields(app)}
    values["app"] = values.pop("name")
    values["duration"] = values.pop("duration_s")
    values["no_yields"] = not values.pop("yields")
    values["without"] = ()  # what it left is what --scenarios names
    for option in OPTIONS:
        value = values[option.dest]
        if offered not in option.offered or value in (None, "", (), False):
            continue
        written = _written(value)
        if written == option.default or (option.dest == "target_python" and value == sys.executable):
            continue
        # One argument, so that a value that starts with a dash is no option.
        arguments.append(option.name if option.flag else f"{option.name}={written}")
    return arguments


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
