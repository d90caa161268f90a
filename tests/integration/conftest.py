"""What several rooms of integration tests need: one browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, as Playwright drives it.

    The one place that starts Playwright: it runs an event loop for as long as it is there, and a
    second one in the same process is refused.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield started
        started.close()
