"""The live view beside Locust's web interface: a process of ours, a tab, a link.

The rule this file guards: **the live view never costs a run.** Whatever goes wrong with it is one warning,
and the load, the recording and the verdict go on without.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent

from harness import records
from harness.store.runs import Column

logger = logging.getLogger(__name__)

START_S = 20.0
ASK_S = 0.5
#: Whatever proxies the environment names: this is on loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
KEY = "crosstalk"
TAB = {"title": "crosstalk", "key": KEY}
TABLE = {
    "key": KEY,
    "structure": [
        {"key": "what", "title": "What"},
        {"key": "count", "title": "Count"},
        {"key": "says", "title": "Says"},
    ],
}


class LiveView:
    """The process that watches and serves; made once for the life of Locust's interface.

    ``address`` is that of the page, '' while there is none.
    """

    def __init__(self) -> None:
        self.address = ""
        self._process: Any = None

    def start(self) -> None:
        """Start the process; says where its page is, or that there is none."""
        try:
            with gevent.Timeout(START_S):
                self.address = self._start()
        except (OSError, ValueError, LookupError, TypeError, gevent.Timeout) as error:
            self._warn(error)
            self.end()
            return
        logger.info("crosstalk: live view at %s", self.address)

    def watch(self, column: Column) -> None:
        """Show what is recorded in *column* from now on."""
        self._tell({"watch": str(column.path)})

    def judged(self, verdict: str) -> None:
        """Show that the run was judged, and link to its report."""
        self._tell({"judged": verdict})

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the tab; [] if nobody answers in time."""
        if not self.address:
            return []
        try:
            with _OPENER.open(f"{self.address}rows", timeout=ASK_S) as answer:
                rows = json.load(answer)
        except (OSError, ValueError):
            return []
        return rows if isinstance(rows, list) else []

    def end(self) -> None:
        """End the process. Idempotent."""
        process, self._process, self.address = self._process, None, ""
        if process is None:
            return
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _start(self) -> str:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.live.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
            text=True,
            start_new_session=True,  # Ctrl-C is for Locust: this ends when Locust has
        )
        said = records.parse(self._process.stdout.readline(), "the live view's first line")
        return f"http://127.0.0.1:{int(said['port'])}/"

    def _tell(self, said: dict[str, str]) -> None:
        if self._process is None:
            return
        try:
            self._process.stdin.write(json.dumps(said) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            self._warn(error)
            self.end()

    @staticmethod
    def _warn(error: BaseException) -> None:
        logger.warning("crosstalk: there is no live view: %s", type(error).__name__)


def add_tab(web_ui: Any, view: LiveView) -> None:
    """Add our tab to Locust's interface, by its own extension points: a flat table, filled as its own are."""
    arguments = web_ui.template_args
    arguments["extended_tabs"] = [*arguments.get("extended_tabs", []), TAB]
    arguments["extended_tables"] = [*arguments.get("extended_tables", []), TABLE]

    def fill(response: Any) -> Any:
        from flask import request

        if request.path.rstrip("/").endswith("/stats/requests") and response.is_json:
            said = response.get_json()
            if isinstance(said, dict):
                stats = [*said.get("extended_stats", []), {"key": KEY, "data": view.rows()}]
                response.set_data(json.dumps({**said, "extended_stats": stats}))
        return response

    web_ui.app.after_request(fill)
