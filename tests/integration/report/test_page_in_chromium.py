"""A browser's own view of the page: the style sheet is let in, and nothing else is asked for."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.report.page import render_page
from tests.golden.report.samples import invalid

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--dump-dom",
)

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def opened(page: str, folder: Path) -> tuple[str, str]:
    """Return the document after loading, and what the browser complained of."""
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    profile = folder / "profile"
    profile.mkdir()
    done = subprocess.run(
        ["chromium", *FLAGS, f"--user-data-dir={profile}", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@pytest.mark.needs_chromium
def test_hostile_page_loads_without_a_complaint_and_runs_nothing(tmp_path: Path) -> None:
    report = replace(invalid(), run=HOSTILE, doubts=(HOSTILE,))
    document, complaints = opened(render_page(report), tmp_path)
    assert "<title>invalid: crosstalk &lt;script&gt;" in document
    assert "owned</title>" not in document
    assert complaints == ""


@pytest.mark.needs_chromium
def test_policy_refuses_what_is_not_the_reports_own(tmp_path: Path) -> None:
    page = render_page(invalid())
    tampered = page.replace("</body>", "<script>document.title='owned'</script><style>p{}</style></body>")
    document, complaints = opened(tampered, tmp_path)
    assert "<title>owned</title>" not in document
    assert "script" in complaints
    assert "style" in complaints
