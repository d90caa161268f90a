"""Finds the line of a framework's code that announces a step.

A framework may call its hook itself, or hand the call to a helper that makes many; so the frame that
called the hook is only where the search begins. The answer is where the step's *name* is written
(``steps.REQUEST_STARTED``): in the function that called, in one that called that, or, if none of them
names it, in the one function of the framework that does.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple


class Place(NamedTuple):
    """A line of code."""

    file: str
    line: int
    function: str


def find_place(step: str, caller: FrameType) -> Place:
    """Return where *step* is announced, given the frame that called the hook."""
    frame: FrameType | None = caller
    while frame is not None:
        if frame.f_code.co_name != "<module>" and (line := _line_of(frame.f_code, step, frame.f_lineno)):
            return _place(frame.f_code, line)
        frame = frame.f_back
    package = str(caller.f_globals.get("__package__") or caller.f_globals.get("__name__"))
    elsewhere = _places_in(package, step)
    return elsewhere[0] if len(elsewhere) == 1 else _place(caller.f_code, caller.f_lineno)


def _place(code: CodeType, line: int) -> Place:
    return Place(code.co_filename, line, code.co_qualname)


def _line_of(code: CodeType, step: str, running: int) -> int:
    """Return the line of *code* that writes the step's name, 0 if none does.

    Of several, the one that runs if that is among them, else the first.
    """
    if step.upper() not in code.co_names and step not in code.co_consts:
        return 0
    lines = _naming_lines(code, step)
    return running if running in lines else min(lines, default=0)


@cache
def _naming_lines(code: CodeType, step: str) -> frozenset[int]:
    lines = set()
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = getattr(instruction.positions, "lineno", None) or line
        # The name in lower case is the step only as text: a signal may be a variable of that name.
        wanted = step if instruction.opname == "LOAD_CONST" else step.upper()
        if instruction.opname.startswith("LOAD_") and instruction.argval == wanted:
            lines.add(line)
    return frozenset(lines)


@cache
def _places_in(package: str, step: str) -> tuple[Place, ...]:
    """Return every line in a function of *package* that writes the step's name."""
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or not (name == package or name.startswith(f"{package}.")):
            continue
        for code in _functions_of(file):
            found += [_place(code, line) for line in sorted(_naming_lines(code, step))]
    return tuple(found)


@cache
def _functions_of(file: str) -> tuple[CodeType, ...]:
    try:
        return tuple(_inner(compile(Path(file).read_text(encoding="utf-8"), file, "exec")))
    except (OSError, SyntaxError, ValueError):
        return ()


def _inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & inspect.CO_OPTIMIZED:  # a function; a class only defines
                yield constant
            yield from _inner(constant)
