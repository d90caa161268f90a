"""A fault shows when it is on, and the same app without it does not: on and off, for every test of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from targetapp.framework import App

Make = Callable[..., App]
SWITCH = pytest.mark.parametrize("on", [True, False], ids=["on", "off"])


def switched(make: Make, fault: str, on: bool) -> App:
    """Return an app with the fault on, or with none."""
    return make(fault) if on else make()
