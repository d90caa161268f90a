"""While Locust runs with its interface, a seeded leak shows on the live page and in Locust's own tab."""

from __future__ import annotations

import re
import signal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.integration.locust.conftest import Start
from tests.integration.locust.locusts import Process, Runs, Web, eventually, free_port, locust

pytestmark = pytest.mark.needs_chromium
SEEN_MS = 60_000


class Interface:
    """A Locust with its interface, and two pages on it."""

    def __init__(self, start: Start, runs: Runs, browser: Browser, options: list[str]) -> None:
        self.port = free_port()
        command = locust(f"--web-port={self.port}", f"--reports={runs.reports}", *options)
        self.process: Process = start(command)
        self.web = Web(self.port)
        eventually(lambda: self.web.get("/stats/requests"), "the web interface")
        self.complaints: list[str] = []
        self.live = self.page(browser, self.address)
        self.live.on("console", lambda message: self.complaints.append(message.text))
        self.tab = self.page(browser, f"http://127.0.0.1:{self.port}/?tab=crosstalk")

    @property
    def address(self) -> str:
        found = re.search(r"live view at (http://127\.0\.0\.1:\d+/)", self.process.output)
        assert found is not None, self.process.output
        return found[1]

    @staticmethod
    def page(browser: Browser, address: str) -> Page:
        page = browser.new_page()
        page.goto(address)
        return page

    def quit(self) -> None:
        for page in (self.live, self.tab):
            page.close()
        self.process.send(signal.SIGINT)
        assert self.process.wait() in (0, 1, 2), self.process.output
        assert "Traceback" not in self.process.output, self.process.output


@pytest.mark.parametrize("several", [False, True], ids=["standalone", "with two Locust workers"])
def test_a_leak_shows_while_the_load_runs(
    start: Start, runs: Runs, browser: Browser, two_processes: list[str], several: bool
) -> None:
    ui = Interface(start, runs, browser, two_processes if several else [])
    if several:
        eventually(lambda: ui.web.get("/worker-count")["worker_count"] == 2, "two workers")
    expect(ui.live.locator(".banner .word")).to_have_text("no run yet")
    ui.web.start(worker_model="thread", faults="global_request")
    expect(ui.live.locator("#state")).to_have_text(re.compile("^Invalid: "), timeout=SEEN_MS)
    expect(ui.live.locator(".card").first).to_contain_text("One caller's context reached another caller")
    assert runs.verdicts() == []  # it still runs
    ui.tab.reload()
    expect(ui.tab.get_by_text("One caller's context reached another caller", exact=True)).to_be_visible(
        timeout=SEEN_MS
    )
    expect(ui.tab.get_by_text(ui.address, exact=True)).to_be_visible()
    assert Axe().run(ui.live).violations_count == 0
    assert ui.web.post("/stop", {})[0] == 200
    link = ui.live.get_by_role("link", name="Open the report")
    expect(link).to_be_visible(timeout=SEEN_MS)
    link.click()
    expect(ui.live.locator("#violations-title")).to_be_visible()
    assert runs.verdict()["verdict"] == "invalid"
    assert ui.complaints == []
    ui.quit()


def test_without_a_leak_nothing_is_found(start: Start, runs: Runs, browser: Browser) -> None:
    ui = Interface(start, runs, browser, [])
    ui.web.start(worker_model="thread", operations="500")
    expect(ui.live.locator("#state")).to_have_text(re.compile("^The run is over and judged"), timeout=SEEN_MS)
    assert ui.live.locator(".card").count() == 0
    assert ui.live.locator(".banner .word").inner_text().lower() == runs.verdict()["verdict"]
    ui.quit()
