"""Pages in a browser, offline; every word it has to say about one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.integration.report.opened import Opened

Opener = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Return what opens a text as a page of its own: ``open_page(html, name="report.html", dark=False)``."""
    opened: list[Opened] = []

    def open_one(html: str, name: str = "report.html", *, dark: bool = False) -> Opened:
        path = tmp_path / name
        path.write_text(html, encoding="utf-8")
        opened.append(Opened(browser, path, dark=dark))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
