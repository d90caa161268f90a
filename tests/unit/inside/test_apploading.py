"""How a user's own application is named, and what is said when that goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from harness.inside.apploading import load_app
from harness.target import LoadError

SOURCE = """
def app(environ, start_response):
    return [b""]

def create_app():
    return app

def create_app_for(name, *, debug=False):
    return app if name == "test" and debug else None

def broken():
    raise ValueError("no database")

async def asgi(scope, receive, send):
    pass

class Handler:
    def __init__(self, environ, start_response):
        pass

    def __iter__(self):
        return iter(())

class Application:
    def __call__(self, environ, start_response):
        return []

instance = Application()
number = 5
"""
_NUMBERS = count()


@pytest.fixture
def module(tmp_path: Path) -> Iterator[str]:
    """A module of its own name, in a folder that is no package."""
    name = f"app_of_a_test_{next(_NUMBERS)}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    path, modules = list(sys.path), set(sys.modules)
    yield str(tmp_path / f"{name}.py")
    sys.path[:] = path
    for added in set(sys.modules) - modules:
        del sys.modules[added]


GOOD = [
    "app",
    "create_app",
    "create_app()",
    "create_app_for('test', debug=True)",
    "instance",
    "Handler",
    "Application()",
]


@pytest.mark.parametrize("name", GOOD)
def test_an_application_is_found(module: str, name: str) -> None:
    roots: list[str] = []
    assert callable(load_app(f"{module}:{name}", roots.append))
    assert roots == [str(Path(module).parent)]


BAD = {
    "nothing": "has no 'nothing'; it has 'app'",
    "create_app_for": "the factory's arguments don't fit",
    "create_app_for()": "missing a required argument: 'name'",
    "create_app_for('other')": "is NoneType, not a WSGI application",
    "create_app_for(name)": "a factory's arguments are literals",
    "broken()": "the factory fails: ValueError: no database",
    "asgi": "is an ASGI application",
    "number": "is int, not a WSGI application",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_sentence(module: str, name: str) -> None:
    with pytest.raises(LoadError) as raised:
        load_app(f"{module}:{name}", str)
    assert BAD[name] in str(raised.value)
    assert "\n" not in str(raised.value)


FAILING = {
    "import no_such_module_of_mine": "needs a module that is not installed",
    "1 / 0": "fails when it is imported: ZeroDivisionError",
    "raise SystemExit(3)": "fails when it is imported: SystemExit: 3",
    "def": "fails when it is imported: SyntaxError",
    "{}['key']": "fails when it is imported: KeyError: 'key'$",
    "import os; os.environ['NO_SUCH_VARIABLE']": "it is missing from the environment: set it where you start",
}


@pytest.mark.parametrize("source", FAILING)
def test_a_module_that_fails_says_why(module: str, source: str) -> None:
    Path(module).write_text(source)
    with pytest.raises(LoadError, match=FAILING[source]):
        load_app(f"{module}:app", str)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_of_mine:app", "there is no module 'no_such_module_of_mine'"),
        ("no/such/file.py:app", "there is no file file.py"),
        ("module", "names no application"),
        ("module:", "names no application"),
    ],
)
def test_a_name_of_nothing_says_so(name: str, said: str) -> None:
    with pytest.raises(LoadError, match=said):
        load_app(name, str)


def test_what_a_file_has_is_named_as_it_was(module: str) -> None:
    with pytest.raises(LoadError) as raised:
        load_app(f"{module}:nothing", str)
    assert str(raised.value).endswith(f"it has 'app': write {module}:app")


def test_arguments_that_dont_fit_are_no_error_of_the_apps(module: str) -> None:
    with pytest.raises(LoadError) as raised:
        load_app(f"{module}:create_app_for", str)
    assert raised.value.__cause__ is None


def test_a_file_whose_name_is_taken_says_so(tmp_path: Path) -> None:
    file = tmp_path / "json.py"
    file.write_text(SOURCE)
    with pytest.raises(LoadError, match="'json' is that of another module: rename yours"):
        load_app(f"{file}:app", str)


def test_a_file_in_a_package_is_imported_as_a_part_of_it(module: str, tmp_path: Path) -> None:
    package = tmp_path / f"package_of_a_test_{next(_NUMBERS)}"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "names.py").write_text("NAME = 'x'")
    (package / "web.py").write_text(f"from .names import NAME\n{SOURCE}")
    roots: list[str] = []
    load_app(f"{package / 'web.py'}:app", roots.append)
    assert roots == [str(package)]
