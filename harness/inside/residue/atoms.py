"""The text, bytes and integers that objects refer to, and the canaries in them; all of it in C.

What the collector does not show, and what is done about it:

- dicts and tuples that hold only atoms are not tracked: where one is referred to, it is descended into;
- ``gc.get_referents`` leaves out the keys of a dict whose keys are all text: keys are taken besides;
- buffers (``io``, ``array``, ``ctypes``) keep their bytes to themselves: they are asked for them.

Found by the prototype and not by us: nothing. Missed by both: a copy that was encoded, as by base64.
"""

from __future__ import annotations

import array
import gc
import io
import sys
from collections.abc import Container, Iterable, Sequence
from itertools import chain, compress, filterfalse
from types import FunctionType, ModuleType
from typing import Any

from .canaries import LEAST, Finished
from .routes import is_strange

_NOTHING, _TEXT, _BYTES, _INTEGER, _TUPLE, _DICT, _BUFFER = range(7)
#: A buffer of more bytes is no value of a request.
_BUFFER_MAX = 1 << 20
#: How deep untracked containers are followed; each level holds only atoms and more of these.
_DEPTH_MAX = 20


def _code_of(cls: type) -> int:
    if issubclass(cls, str):
        return _TEXT
    if issubclass(cls, bytes | bytearray):
        return _BYTES
    if cls is int:
        return _INTEGER
    if issubclass(cls, dict):
        return _DICT
    if cls is tuple:
        return _TUPLE
    ctypes = sys.modules.get("_ctypes")
    buffers: tuple[type, ...] = (io.BytesIO, io.StringIO, array.array)
    if ctypes is not None:
        buffers = (*buffers, ctypes.Array, ctypes.Structure)
    return _BUFFER if issubclass(cls, buffers) else _NOTHING


def _mask(*codes: int) -> bytes:
    return bytes(1 if each in codes else 0 for each in range(256))


_IS_TEXT, _IS_BYTES, _IS_INTEGER = _mask(_TEXT), _mask(_BYTES), _mask(_INTEGER)
#: All codes but a buffer's become nothing.
_BUFFERS = bytes(_BUFFER if each == _BUFFER else 0 for each in range(256))
_IS_DICT, _IS_CONTAINER, _IS_BUFFER = _mask(_DICT), _mask(_DICT, _TUPLE), _mask(_BUFFER)


class Atoms:
    """Looks for the canaries of *finished* operations."""

    def __init__(self, finished: Finished) -> None:
        self._finished = finished
        self._known: dict[type, int] = {}
        self._entered: dict[type, bool] = {}

    def referred(self, objects: Sequence[Any]) -> list[int]:
        """Return the canaries in the atoms that *objects* refer to, and in the buffers among them."""
        found: list[int] = []
        dicts: Iterable[dict[Any, Any]] = ()
        # Few chunks hold a buffer, some no dict: which types there are is soon said.
        types = set(map(type, objects))
        if any(self._code(cls) in (_DICT, _BUFFER) for cls in types):
            codes = self._codes(objects)
            found = self._search(objects, codes.translate(_BUFFERS)) if _BUFFER in codes else []
            dicts = compress(objects, codes.translate(_IS_DICT))
        for _ in range(_DEPTH_MAX):
            referents = gc.get_referents(*objects)
            for each in dicts:
                referents += dict.keys(each)  # not a subclass's own: that may do anything
            codes = self._codes(referents)
            found += self._search(referents, codes)
            inner = compress(referents, codes.translate(_IS_CONTAINER))
            objects = list(filterfalse(gc.is_tracked, inner))
            if not objects:
                break
            # Constants are shared by many: once is enough.
            objects = list(dict(zip(map(id, objects), objects, strict=True)).values())
            dicts = compress(objects, self._codes(objects).translate(_IS_DICT))
        return found

    def among(self, values: Sequence[Any]) -> list[int]:
        """Return the canaries in those of *values* that are atoms or buffers."""
        return self._search(values, self._codes(values))

    def are_entered(self, cls: type) -> bool:
        """Return whether objects of a class may be the application's."""
        entered = self._entered.get(cls)
        if entered is None:
            entered = self._entered[cls] = not is_strange(cls)
        return entered

    def _codes(self, values: Sequence[Any]) -> bytes:
        """Return what is done with each of *values*, by its type."""
        while True:
            try:
                return bytes(map(self._known.__getitem__, map(type, values)))
            except KeyError:
                for cls in set(map(type, values)) - self._known.keys():
                    self._known[cls] = _code_of(cls)

    def _code(self, cls: type) -> int:
        code = self._known.get(cls)
        if code is None:
            code = self._known[cls] = _code_of(cls)
        return code

    def _search(self, values: Sequence[Any], codes: bytes) -> list[int]:
        finished = self._finished
        text = "\n".join(compress(values, codes.translate(_IS_TEXT)))
        found = finished.in_text(text) if finished.may_be_in_text(text) else []
        if _BYTES in codes:
            data = b"\n".join(compress(values, codes.translate(_IS_BYTES)))
            if finished.may_be_in_bytes(data):
                found += finished.in_bytes(data)
        # One comparison in C for all of them: most integers are small.
        if _INTEGER in codes and max(compress(values, codes.translate(_IS_INTEGER))) > LEAST:
            found += finished.in_integers(compress(values, codes.translate(_IS_INTEGER)))
        if _BUFFER in codes:
            for buffer in compress(values, codes.translate(_IS_BUFFER)):
                found += finished.in_bytes(_content(buffer))
        return found


def _content(buffer: Any) -> bytes:
    try:
        if isinstance(buffer, io.StringIO):
            return buffer.getvalue()[:_BUFFER_MAX].encode(errors="replace")
        if isinstance(buffer, io.BytesIO):
            return bytes(buffer.getbuffer()[:_BUFFER_MAX])
        return bytes(memoryview(buffer).cast("B")[:_BUFFER_MAX])
    except (ValueError, TypeError, BufferError):  # it was closed
        return b""


def values_in(value: Any, atoms: Atoms, objects_max: int, common: Container[int] = frozenset()) -> list[int]:
    """Return the canaries in *value* and what it refers to, *objects_max* objects deep at most.

    Modules, classes and functions' globals are not entered: everything is behind them; nor is what a server
    or the harness made, such as the connection behind a request's input.

    :param common: identities of what is not entered either: it is everybody's.
    """
    if id(value) in common:
        return []
    found = atoms.among([value])
    seen = {id(value)}
    level = [value]
    while level and len(seen) < objects_max:
        found += atoms.referred(level)
        inner: Iterable[Any] = chain.from_iterable(map(referents_of, level))
        level = []
        for each in inner:
            number = id(each)
            if number in seen or number in common or len(seen) >= objects_max:
                continue
            if gc.is_tracked(each) and atoms.are_entered(type(each)):
                seen.add(number)
                level.append(each)
    return found


def referents_of(value: Any) -> list[Any]:
    """Return what *value* refers to, but for what leads everywhere: modules, classes, globals."""
    cls = type(value)
    if cls is FunctionType:
        return [*(value.__closure__ or ()), *(value.__defaults__ or ())]
    referents = gc.get_referents(value)
    return [each for each in referents if not _leads_everywhere(each)]


def _leads_everywhere(value: Any) -> bool:
    cls = type(value)
    if issubclass(cls, type | ModuleType):
        return True
    return cls is dict and "__builtins__" in value
