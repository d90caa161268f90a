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
from operator import itemgetter
from types import FunctionType, ModuleType, NoneType
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
_IS_DICT, _IS_CONTAINER, _IS_BUFFER = _mask(_DICT), _mask(_DICT, _TUPLE), _mask(_BUFFER)
#: Most of what is referred to is text, or nothing to us; the rest is taken out in one pass, and what is done
#: with each kind of it works on few.
_COMMON = bytes((_NOTHING, _TEXT))
_IS_RARE = _mask(_BYTES, _INTEGER, _TUPLE, _DICT, _BUFFER)


class Atoms:
    """Looks for the canaries of *finished* operations."""

    def __init__(self, finished: Finished) -> None:
        self._finished = finished
        self._known: dict[type, int] = {NoneType: _NOTHING}
        self._entered: dict[type, bool] = {}

    def referred(self, objects: Sequence[Any]) -> list[int]:
        """Return the canaries in the atoms that *objects* refer to, and in the buffers among them."""
        codes = self._codes(objects)
        found = self._in_buffers(compress(objects, codes.translate(_IS_BUFFER))) if _BUFFER in codes else []
        for _ in range(_DEPTH_MAX):
            referents = gc.get_referents(*objects)
            for each in compress(objects, codes.translate(_IS_DICT)) if _DICT in codes else ():
                referents += dict.keys(each)  # not a subclass's own: that may do anything
            codes = self._codes(referents)
            rare = list(compress(referents, codes.translate(_IS_RARE)))
            rare_codes = codes.translate(None, _COMMON)
            found += self._in_texts(compress(referents, codes.translate(_IS_TEXT)))
            found += self._in_rare(rare, rare_codes)
            inner = compress(rare, rare_codes.translate(_IS_CONTAINER))
            objects = list(filterfalse(gc.is_tracked, inner))
            if not objects:
                break
            # Constants are shared by many: once is enough.
            objects = list(dict(zip(map(id, objects), objects, strict=True)).values())
            codes = self._codes(objects)
        return found

    def among(self, values: Sequence[Any]) -> list[int]:
        """Return the canaries in those of *values* that are atoms or buffers."""
        codes = self._codes(values)
        found = self._in_texts(compress(values, codes.translate(_IS_TEXT)))
        return found + self._in_rare(values, codes)

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
                # One call looks all of them up; of fewer than two it would make no tuple.
                return bytes(itemgetter(NoneType, NoneType, *map(type, values))(self._known)[2:])
            except KeyError:
                for cls in set(map(type, values)) - self._known.keys():
                    self._known[cls] = _code_of(cls)

    def _in_texts(self, texts: Iterable[str]) -> list[int]:
        text = "\n".join(texts)
        return self._finished.in_text(text) if self._finished.may_be_in_text(text) else []

    def _in_rare(self, values: Sequence[Any], codes: bytes) -> list[int]:
        """Return what is in the bytes, integers and buffers among *values*."""
        finished, found = self._finished, list[int]()
        if _BYTES in codes:
            data = b"\n".join(compress(values, codes.translate(_IS_BYTES)))
            if finished.may_be_in_bytes(data):
                found += finished.in_bytes(data)
        # One comparison in C for all of them: most integers are small.
        if _INTEGER in codes and max(compress(values, codes.translate(_IS_INTEGER))) > LEAST:
            found += finished.in_integers(compress(values, codes.translate(_IS_INTEGER)))
        if _BUFFER in codes:
            found += self._in_buffers(compress(values, codes.translate(_IS_BUFFER)))
        return found

    def _in_buffers(self, buffers: Iterable[Any]) -> list[int]:
        return [canary for each in buffers for canary in self._finished.in_bytes(_content(each))]


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
