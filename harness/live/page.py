"""The live page: a frame that asks again and again, and the part of it that is new.

The only page of ours that runs a script. That script is ours, allowed by its hash; it puts in place what this
server rendered, escaped like every page, and the policy lets nothing else run, load or be sent anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from harness.report.page import make_environment

from .watch import Snapshot

#: Every half second the page asks for what is new; a snapshot is made as often.
SCRIPT = """
const live = document.getElementById('live'), state = document.getElementById('state');
let version = '';
async function look() {
  try {
    const answer = await fetch('part?since=' + version, {cache: 'no-store'});
    if (answer.status === 200) {
      version = answer.headers.get('X-Version') || '';
      const open = new Set([...live.querySelectorAll('details[open]')].map(one => one.id));
      live.innerHTML = await answer.text();
      live.querySelectorAll('details').forEach(one => { if (open.has(one.id)) one.open = true; });
      const said = live.querySelector('[data-said]').textContent;
      if (state.textContent !== said) state.textContent = said;
    }
  } catch (error) {
    state.textContent = 'The live view has ended.';
  }
  setTimeout(look, 500);
}
look();
"""


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    return make_environment()


@cache
def _style() -> str:
    return PackageLoader("harness.report").get_source(_environment(), "style.css")[0]


def policy() -> str:
    """Return the policy of the live page, for a header."""
    return (
        f"default-src 'none'; style-src 'sha256-{_hash(_style())}'; script-src 'sha256-{_hash(SCRIPT)}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render_frame() -> str:
    """Return the page without what changes."""
    # Both are the project's own, not target text.
    style, script = Markup(_style()), Markup(SCRIPT)  # noqa: S704
    return _environment().get_template("live.html").render(style=style, script=script)


def render_part(snapshot: Snapshot) -> str:
    """Return what changes, as markup for inside of the page."""
    return _environment().get_template("live_part.html").render(now=snapshot, said=say(snapshot))


def say(snapshot: Snapshot) -> str:
    """Return a snapshot in a sentence, for a screen reader to announce when it changes."""
    if not snapshot.run:
        return "No run yet: start one in Locust's interface."
    if snapshot.over:
        return f"The run is over and judged: {snapshot.word}."
    if snapshot.groups:
        return f"Invalid: {snapshot.groups[0].cause.title.lower()}."
    return "Nothing found so far."


def as_rows(snapshot: Snapshot, address: str) -> list[dict[str, Any]]:
    """Return a snapshot as rows for a flat table: ``what``, ``count``, ``says``."""
    rows: list[dict[str, Any]] = [
        {"what": "verdict so far", "count": snapshot.violations, "says": say(snapshot)},
        {"what": "live page", "count": "", "says": address},
    ]
    if snapshot.over:
        rows.append({"what": "report", "count": "", "says": f"{address}report"})
    for group in snapshot.groups:
        witness = group.kinds[0].shown.violation.explanation
        rows.append({"what": group.cause.title, "count": group.count, "says": witness})
    for line in snapshot.evidence:
        needed = f"needed: {line.needed_text}; {line.word}"
        rows.append({"what": f"evidence: {line.what}", "count": line.seen, "says": needed})
    return rows
