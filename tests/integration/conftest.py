"""What several rooms of integration tests need: one browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, as Playwright drives it.

    For one module at a time: Playwright keeps an event loop for as long as it is there, and whoever
    else starts one in the same process (the bench of pages does, under test) would be refused.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield started
        started.close()
