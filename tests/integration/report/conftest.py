"""A browser for pages, offline; every word it has to say about one is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.integration.report.opened import Opened

Opener = Callable[..., Opened]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, as Playwright drives it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield started
        started.close()


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
