"""One page in a browser, and what the browser had to say about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page


class Opened:
    """A page that was opened from a file, with no network."""

    def __init__(self, browser: Browser, path: Path, *, dark: bool = False) -> None:
        self._context = browser.new_context(
            viewport={"width": 1200, "height": 900}, color_scheme="dark" if dark else "light"
        )
        self._context.set_offline(True)
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._on_dialog)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def _on_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def open_details(self) -> None:
        """Open everything that is folded away."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")

    def axe(self) -> list[str]:
        """Return what axe-core objects to, a line each."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]

    def close(self) -> None:
        self._context.close()
