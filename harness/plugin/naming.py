"""How another process finds an application of this one: ``package.module:app`` or ``path/to/file.py:app``.

Several modules may hold it; whose it is decides what is taken for its own code. The module that the
application itself names is asked first (Flask's ``import_name``), tests and what starts a program last.
"""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator
from pathlib import Path

from .asking import AskedWrongError

_OURS = ("_pytest", "pytest", "pytest_crosstalk", "harness")
#: Modules that borrow an application rather than make it.
_BORROWING = ("conftest", "test_*", "*_test", "tests", "__main__")


def name_app(app: object) -> str:
    """Return a name by which ``--app`` finds *app*; a name is returned as it is.

    :raises AskedWrongError: if no module holds it.
    """
    if isinstance(app, str):
        return app
    said = {_said(app, "import_name"), _said(app, "__module__")}
    packages = {name.partition(".")[0] for name in said}

    def distance(holder: tuple[str, str, str]) -> tuple[bool, bool, bool, str]:
        name = holder[0]
        return name not in said, _borrows(name), name.partition(".")[0] not in packages, name

    found = min(_holding(app), key=distance, default=None)
    if found is not None:
        name, file, attribute = found
        in_package = "." in name or Path(file).name == "__init__.py"
        return f"{name}:{attribute}" if in_package else f"{file}:{attribute}"
    raise AskedWrongError(
        "an app under greenlets is checked in a process of its own, and no module holds this one: give its "
        "name, as in crosstalk.check('package.module:create_app()', worker_model='greenlet')"
    )


def _holding(app: object) -> Iterator[tuple[str, str, str]]:
    """Yield the modules that hold *app*, each with its file and the attribute."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or name.partition(".")[0] in _OURS:
            continue
        for attribute, value in list(getattr(module, "__dict__", {}).items()):
            if value is app:
                yield name, str(file), attribute
                break


def _said(app: object, attribute: str) -> str:
    """Return what an application says of itself, '' if nothing."""
    try:
        said = object.__getattribute__(app, attribute)
    except Exception:  # a class of the application's may have a property there
        return ""
    return said if isinstance(said, str) else ""


def _borrows(module: str) -> bool:
    return any(fnmatch.fnmatchcase(part, one) for part in module.split(".") for one in _BORROWING)
