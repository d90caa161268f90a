"""Take the screenshots of the docs anew, from real runs: ``make images``. It takes about a minute.

Needs Debian's Chromium and what the tests need. Runs go to a temporary folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WIDTH, HEIGHT = 1200, 900
#: How much of the tall ones is shown.
TALL = 1330
WAIT_S = 60


def crosstalk(reports: Path, *arguments: str) -> None:
    """Run a command of crosstalk's beside *reports*; a run that finds what was seeded ends with 1."""
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "harness", *arguments],
        cwd=reports.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"crosstalk {arguments[0]} ended with {done.returncode}")


def take_reports(browser: Browser, reports: Path) -> None:
    """Take the report of a leaky run, one of its violations, and its comparison with a clean one."""
    asked = ("--operations=4000", "--seed=7", "--worker-model=thread,process")
    crosstalk(reports, "run", *asked)
    (clean,) = reports.glob("*/report.html")
    crosstalk(reports, "run", *asked, "--faults=global_request")
    (leaky,) = set(reports.glob("*/report.html")) - {clean}
    page = browser.new_page(viewport={"width": WIDTH, "height": TALL})
    page.goto(leaky.as_uri())
    page.screenshot(path=HERE / "report.png")
    card = page.locator(".card").first
    card.evaluate("card => window.scrollBy(0, card.getBoundingClientRect().top)")
    page.screenshot(path=HERE / "violation.png", clip={"x": 0, "y": 0, "width": WIDTH, "height": 1150})
    crosstalk(reports, "report", str(clean.parent), str(leaky.parent))
    page.goto((reports / "comparison.html").as_uri())
    page.screenshot(path=HERE / "comparison.png")
    page.close()


@contextmanager
def interface(reports: Path) -> Iterator[tuple[str, str]]:
    """Run Locust with its interface; its address and the live page's."""
    log = reports / "locust.txt"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "locust", "-f", "locustfiles/isolation.py"]
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [*command, f"--web-port={port}", f"--reports={reports}"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        live = find(log, r"live view at (http://\S+/)")
        web = f"http://127.0.0.1:{port}"
        urllib.request.urlopen(web, timeout=WAIT_S).close()
        yield web, live
    finally:
        process.terminate()
        process.wait(WAIT_S)


def find(log: Path, pattern: str) -> str:
    """Return what a program's output says, as soon as it says it."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found is not None:
            return found[1]
        time.sleep(0.1)
    raise SystemExit(f"waited in vain for {pattern}; see {log}")


def take_live(browser: Browser, reports: Path) -> None:
    """Take the live page and Locust's tab while a leak is being found."""
    with interface(reports) as (web, live):
        form = {"user_count": "20", "spawn_rate": "20", "worker_model": "thread", "faults": "global_request"}
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{web}/swarm", data, timeout=WAIT_S) as answer:  # noqa: S310
            if not json.load(answer)["success"]:
                raise SystemExit("Locust did not start")
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(live)
        expect(page.locator(".card").first).to_be_visible(timeout=WAIT_S * 1000)
        page.screenshot(path=HERE / "live.png")
        page.goto(f"{web}/?tab=crosstalk")
        found = page.get_by_text("One caller's context reached another caller", exact=True)
        expect(found).to_be_visible(timeout=WAIT_S * 1000)
        page.screenshot(path=HERE / "locust-tab.png")
        page.close()


def main() -> None:
    """Take all of them."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="crosstalk-images-") as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        reports = Path(folder, "reports")
        take_reports(browser, reports)
        take_live(browser, reports)
        browser.close()


if __name__ == "__main__":
    main()
