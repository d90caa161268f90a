"""Loads a user's own application, named as the servers name them.

    package.module:app    package.module:create_app("test", debug=True)    path/to/file.py:app

A factory's arguments are literals. A function that takes nothing is called without being asked to. What goes
wrong is one sentence that says whose fault it is and what to write instead.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.target import LoadError, WSGIApplication


@dataclass(frozen=True, slots=True)
class _Named:
    """A name of an application, taken apart."""

    where: str
    attribute: str
    arguments: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    called: bool = False


def load_app(name: str, prepare: Callable[[str], object]) -> WSGIApplication:
    """Import *name* and return the application.

    :param prepare: called before the import with the folder (or the one file) that the app's own code lies
    in.
    :raises LoadError: if it can't be found or made, or is none. Errors inside the app are its cause.
    """
    named = _take_apart(name)
    module = _import(named.where, name, prepare)
    found: Any = module
    for part in named.attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise LoadError(
                f"--app {name}: {named.where} has no {named.attribute!r}{_perhaps(module, named.where)}"
            ) from error
    _refuse_async(name, found)
    app = _make(name, found, named)
    if not callable(app):
        raise LoadError(f"--app {name} is {type(app).__name__}, not a WSGI application")
    _refuse_async(name, app)
    wsgi: WSGIApplication = app
    return wsgi


def _refuse_async(name: str, found: Any) -> None:
    called = getattr(found, "__call__", None)  # noqa: B004 - its own method is what matters
    if inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(called):
        raise LoadError(f"--app {name} is an ASGI application: crosstalk tests WSGI ones")


def _take_apart(name: str) -> _Named:
    head, bracket, rest = name.partition("(")
    where, colon, attribute = head.rpartition(":")
    if not colon or not where or not all(part.isidentifier() for part in attribute.split(".")):
        raise LoadError(
            f"--app {name!r} names no application: write package.module:app or path/to/file.py:app"
        )
    if not bracket:
        return _Named(where, attribute)
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        # f(...)(...) is a call too, of something that is none of ours.
        match call:
            case ast.Call(ast.Name(), given, keywords):
                arguments = tuple(ast.literal_eval(argument) for argument in given)
                options = tuple((str(one.arg), ast.literal_eval(one.value)) for one in keywords if one.arg)
            case _:
                raise SyntaxError(rest)
    except (SyntaxError, ValueError) as error:
        raise LoadError(
            f"--app {name}: a factory's arguments are literals, as in 'module:create_app(\"test\")'; for "
            "anything else name a file of your own that makes the app"
        ) from error
    return _Named(where, attribute, arguments, options, called=True)


def _import(where: str, name: str, prepare: Callable[[str], object]) -> ModuleType:
    module = _module_of_file(Path(where), name) if where.endswith(".py") else where
    if root := _root(module):
        prepare(root)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise LoadError(
                f"--app {name}: there is no module {error.name!r}: start crosstalk in the project's folder, "
                "or give the file, path/to/file.py:app"
            ) from error
        raise LoadError(
            f"--app {name} needs a module that is not installed for {sys.executable}: {error.name}; name the "
            "interpreter that has it with --target-python"
        ) from error
    except (Exception, SystemExit) as error:
        raise LoadError(f"--app {name}: {where} fails when it is imported: {_explain(error)}") from error


def _module_of_file(path: Path, name: str) -> str:
    """Return the module's name, its folder being importable from now on."""
    path = path.resolve()
    if not path.is_file():
        raise LoadError(f"--app {name}: there is no file {path.name} in {path.parent}")
    parts, folder = [path.stem], path.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if not all(part.isidentifier() for part in parts):
        raise LoadError(f"--app {name}: {'.'.join(parts)!r} can't be imported: rename the file")
    taken = sys.modules.get(parts[0])
    if taken is not None and not str(getattr(taken, "__file__", "")).startswith(f"{folder}/"):
        raise LoadError(f"--app {name}: the name {parts[0]!r} is that of another module: rename yours")
    sys.path.insert(0, str(folder))
    return ".".join(parts)


def _make(name: str, found: Any, named: _Named) -> Any:
    """Return the application that *found* is or makes."""
    if not named.called and not _is_factory(found):
        return found
    try:
        inspect.signature(found).bind(*named.arguments, **dict(named.options))
    except TypeError as error:
        raise LoadError(
            f"--app {name}: the factory's arguments don't fit ({error}): write them, as in "
            f"'{named.where}:{named.attribute}(\"test\")', or name a file of your own that makes the app"
        ) from None
    except ValueError:  # it says nothing of what it takes
        pass
    try:
        return found(*named.arguments, **dict(named.options))
    except (Exception, SystemExit) as error:
        raise LoadError(f"--app {name}: the factory fails: {_explain(error)}") from error


def _is_factory(found: Any) -> bool:
    """Return whether it makes an app rather than being one: (environ, start_response) are two."""
    if not (inspect.isroutine(found) or inspect.isclass(found)):
        return False
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return inspect.isclass(found)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in parameters if p.kind in positional and p.default is p.empty]
    anything = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return not (len(required) == 2 or (anything and len(required) < 2))


def _perhaps(module: ModuleType, where: str) -> str:
    """Return a hint at what the module does have, '' without one."""
    for name in ("app", "application", "create_app", "make_app"):
        if callable(getattr(module, name, None)):
            return f"; it has {name!r}: write {where}:{name}"
    return ""


def _root(module: str) -> str:
    """Return where the app's own code lies: its top-level package, or a module's folder; '' if nowhere."""
    try:
        found = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return ""
    if found is None:
        return ""
    if found.submodule_search_locations:
        return str(Path(next(iter(found.submodule_search_locations))).resolve())
    file = Path(found.origin or "").resolve()
    # A module that is installed lies among strangers: only its own file is the app's.
    return str(file if "site-packages" in file.parts else file.parent)


def _explain(error: BaseException) -> str:
    """Return an error of the app's, and what helps if that is known."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if isinstance(error, KeyError) and place is not None and place.tb_frame.f_globals.get("__name__") == "os":
        return f"{_say(error)}; it is missing from the environment: set it where you start crosstalk"
    return _say(error)


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
