"""How another process finds an application of this one: ``package.module:app`` or ``path/to/file.py:app``."""

from __future__ import annotations

import sys

from .asking import AskedWrongError


def name_app(app: object) -> str:
    """Return a name by which ``--app`` finds *app*; a name is returned as it is.

    :raises AskedWrongError: if no module holds it.
    """
    if isinstance(app, str):
        return app
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or name.startswith(("_pytest", "pytest", "harness")):
            continue
        for attribute, value in list(getattr(module, "__dict__", {}).items()):
            if value is app:
                return (
                    f"{file}:{attribute}" if name == "__main__" or "." not in name else f"{name}:{attribute}"
                )
    raise AskedWrongError(
        "an app under greenlets is checked in a process of its own, and no module holds this one: give its "
        "name, as in crosstalk.check('package.module:create_app()', worker_model='greenlet')"
    )
