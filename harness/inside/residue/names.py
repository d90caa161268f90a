"""Names for what a record can only number: variables and paths, by type and attribute, never by value.

A number is a hash of its name, so that all processes of a target say the same; what each number stands for
is written beside the journal, as ``<pid>.names.json``.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from contextvars import ContextVar
from hashlib import blake2b
from pathlib import Path
from typing import Any

from harness.history.canary import to_text

#: More names are told of by number only.
NAMES_MAX = 2_000
_MASK = (1 << 63) - 1


class Names:
    """The names that this process's records use."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def number(self, text: str) -> int:
        """Return the number of a name."""
        number = int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest()) & _MASK
        if len(self._texts) < NAMES_MAX:
            self._texts[number] = text
        return number

    def as_dict(self) -> dict[int, str]:
        """Return every name by its number."""
        return dict(self._texts)

    def write(self, folder: Path) -> None:
        """Write what the numbers stand for; a folder that can't be written to costs nothing but names."""
        if not self._texts:
            return
        texts = {to_text(number): text for number, text in self._texts.items()}
        with suppress(OSError):
            (folder / f"{os.getpid()}.names.json").write_text(json.dumps(texts), encoding="utf-8")


def name_variable(variable: ContextVar[Any]) -> str:
    """Return how to call a ContextVar: by its name, and the module that holds it."""
    owner = find_owner(variable)
    return f"the ContextVar {variable.name!r}{f' ({owner})' if owner else ''}"


def name_local(local: object, attribute: str) -> str:
    """Return how to call an attribute of a thread-local: by the module that holds it, or by its type."""
    owner = find_owner(local) or f"of type {name_type(type(local))}"
    return f"the thread-local {owner}, attribute {attribute!r}"


def name_type(cls: type) -> str:
    """Return the name of a class, with its module unless it is built in."""
    name = type.__getattribute__(cls, "__qualname__")
    module = cls.__dict__.get("__module__", "")
    plain = module if isinstance(module, str) and module not in ("builtins", "") else ""
    return f"{plain}.{name}" if plain else str(name)


def find_owner(wanted: object) -> str:
    """Return ``module.attribute`` of a thing that a module holds, '' if none does."""
    for name, module in list(sys.modules.items()):
        held = getattr(module, "__dict__", None)
        if type(held) is not dict:
            continue
        for attribute, value in list(held.items()):
            if value is wanted:
                return f"{name}.{attribute}"
    return ""
