"""Announces calls in the user's own modules by rewriting them as they are imported.

For greenlets on Python 3.11 only: what profiles a call there must not switch to another greenlet (the
interpreter's own bookkeeping is then another's, and it crashes), and has no ``sys.monitoring`` yet. A call of
ours is put at the start of each function and before each of its statements that calls something; lines keep
their numbers, and no compiled file is read or written.
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType
from typing import Any

#: Ends with underscores, so that no class mangles it.
NAME = "__crosstalk_call__"
_BLOCKS = ("body", "orelse", "finalbody")


class _Rewriter(ast.NodeTransformer):
    """Puts the call into every function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Rewrite one function, those inside it too."""
        self.generic_visit(node)
        documented = 1 if ast.get_docstring(node, clean=False) is not None else 0
        first = node.body[documented] if len(node.body) > documented else node.body[0]
        rest = _announced(node.body[documented:])
        # Not before the docstring, and not twice at the first statement.
        rest = rest if rest and _is_ours(rest[0]) else [_call_at(first), *rest]
        node.body = [*node.body[:documented], *rest]
        return node


def rewrite(source: bytes, file: str) -> CodeType:
    """Return the code of a module with the calls in it.

    :raises SyntaxError: as compiling it does.
    """
    tree = _Rewriter().visit(ast.parse(source, file))
    code: CodeType = compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)
    return code


def _announced(block: list[ast.stmt]) -> list[ast.stmt]:
    """Return a block with a call of ours before each statement that calls something."""
    out: list[ast.stmt] = []
    for statement in block:
        if _is_ours(statement) or isinstance(
            statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            out.append(statement)
            continue
        for name in _BLOCKS:
            inner = getattr(statement, name, None)
            if inner:
                setattr(statement, name, _announced(inner))
        for handler in getattr(statement, "handlers", ()):
            handler.body = _announced(handler.body)
        if any(isinstance(node, ast.Call) for node in ast.walk(statement)):
            out.append(_call_at(statement))
        out.append(statement)
    return out


def _call_at(statement: ast.stmt) -> ast.stmt:
    called = ast.Expr(ast.Call(ast.Name(NAME, ast.Load()), [], []))
    return ast.copy_location(called, statement)


def _is_ours(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(ast.Call(ast.Name(name))):
            return name == NAME
    return False


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of the user's, rewritten."""

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the rewritten code: never what was compiled before, and nothing is kept."""
        path = self.get_filename(fullname)
        return rewrite(self.get_data(path), path)


class Rewriting:
    """Rewrites what is imported from now on, if it *is_own*; *announce* is called at each call."""

    def __init__(self, is_own: Callable[[str], bool], announce: Callable[[], object]) -> None:
        self._is_own = is_own
        self._announce = announce

    def start(self) -> None:
        """Stand before the others that find modules."""
        setattr(builtins, NAME, self._announce)
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Rewrite nothing more; what was rewritten stays so, and announces nothing."""
        sys.meta_path.remove(self)
        setattr(builtins, NAME, _nothing)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the user's own source."""
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if found is None or type(found.loader) is not importlib.machinery.SourceFileLoader:
            return None
        origin: Any = found.origin
        if not self._is_own(origin):
            return None
        found.loader = _Loader(fullname, origin)
        return found


def _nothing() -> None:
    pass
