"""Each test of the framework starts, and ends, with nothing current."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from targetapp.framework import globals as globals_


@pytest.fixture(autouse=True)
def _nothing_stays_current() -> Iterator[None]:
    """Fail a test that leaves a context current, without failing those after it."""
    before = globals_.replace_storage(ContextVar[Any]("app"), ContextVar[Any]("request"))
    yield
    app_var, request_var = globals_.replace_storage(*before)
    assert (app_var.get(None), request_var.get(None)) == (None, None)
