"""Serves the live page on loopback: ``python -m harness.live.server``.

Standard output says the port, once: ``{"port": 40123}``. Standard input says what to watch, a line each:
``{"watch": "/path/of/run/column"}`` and, when that run was judged, ``{"judged": "invalid"}``; at its end this
process ends, so that it never outlives whoever started it.

The rule this file guards: **it answers this machine only, and only to be read.** It is bound to loopback,
refuses a Host that is not its own (a page elsewhere whose name was made to resolve here), knows no method but
GET, and takes no path: what it serves is made here, or is the report of the run it was told to watch.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness import records
from harness.store.files import StoreError, read_bytes
from harness.store.runs import Run, open_run

from .page import as_rows, policy, render_frame, render_part
from .watch import Snapshot, Watch

#: Between two looks at the journals, and between two snapshots of what they hold.
LOOK_EVERY_S = 0.1
SNAPSHOT_EVERY_S = 0.4
NICE = 5
_HTML = "text/html; charset=utf-8"


class Live:
    """What is watched, and the latest snapshot; the watching thread writes, the server's threads read."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.report: Run | None = None
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._news = threading.Event()

    def watch(self, path: Path) -> None:
        """Watch the column at *path* from now on. :raises StoreError: if it is no column of a run of ours."""
        run = open_run(path.parent)
        with self._lock:
            self._watch = Watch(run.column(path.name), run.read_meta().run or run.name)
            self.report = run
            self.snapshot = Snapshot(self.snapshot.version + 1, run.name, path.name)

    def judged(self, verdict: str) -> None:
        """Look once more, and say that the run was judged."""
        with self._lock:
            watch, self._watch = self._watch, None
            if watch is not None:
                while watch.feed():
                    pass
                self._take(watch, over=True, verdict=verdict)

    def look(self) -> bool:
        """Take in what was recorded since the last look; return whether there was anything."""
        with self._lock:
            return self._watch is not None and self._watch.feed() > 0

    def renew(self) -> None:
        """Make a snapshot of what is known by now."""
        with self._lock:
            if self._watch is not None:
                self._take(self._watch)

    def _take(self, watch: Watch, *, over: bool = False, verdict: str = "") -> None:
        made = watch.snapshot(self.snapshot.version + 1)
        fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
        self.snapshot = Snapshot(**{**fields, "over": over, "verdict": verdict})


def make_server(live: Live) -> ThreadingHTTPServer:
    """Return a server for *live* on a port of loopback that the system chose."""

    class Handler(_Handler):
        shown = live

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    shown: Live
    server_version = "crosstalk"
    sys_version = ""

    @property
    def _port(self) -> int:
        return int(self.connection.getsockname()[1])

    def do_GET(self) -> None:
        """Answer what the page asks."""
        port = self._port
        if self.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            self._answer(403, "text/plain", "this page is for the machine it runs on")
            return
        url = urlsplit(self.path)
        page = {"/": self._frame, "/part": self._part, "/rows": self._rows, "/report": self._report}
        page.get(url.path, self._nothing)(parse_qs(url.query))

    def _frame(self, _: dict[str, list[str]]) -> None:
        self._answer(200, _HTML, render_frame(), {"Content-Security-Policy": policy()})

    def _part(self, query: dict[str, list[str]]) -> None:
        now = self.shown.snapshot
        if query.get("since") == [str(now.version)]:
            self._answer(204, _HTML, "")
        else:
            self._answer(200, _HTML, render_part(now), {"X-Version": str(now.version)})

    def _rows(self, _: dict[str, list[str]]) -> None:
        address = f"http://127.0.0.1:{self._port}/"
        self._answer(200, "application/json", json.dumps(as_rows(self.shown.snapshot, address)))

    def _report(self, query: dict[str, list[str]]) -> None:
        run = self.shown.report
        try:
            page = read_bytes(run.report_path).decode("utf-8", "replace") if run else ""
        except StoreError:
            page = ""
        if page:
            self._answer(200, _HTML, page, {"Content-Security-Policy": "script-src 'none'"})
        else:
            self._nothing(query)

    def _nothing(self, _: dict[str, list[str]]) -> None:
        self._answer(404, "text/plain", "there is nothing here (yet)")

    def _answer(self, status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: there is nobody to read it."""


def keep_looking(live: Live, ended: threading.Event) -> None:
    """Look until *ended*; a snapshot is made of what is new, not oftener than it can be shown."""
    made_s, new = 0.0, False
    while not ended.wait(LOOK_EVERY_S):
        new = live.look() or new
        if new and time.monotonic() - made_s >= SNAPSHOT_EVERY_S:
            live.renew()
            made_s, new = time.monotonic(), False


def obey(live: Live, line: str) -> None:
    """Do what a line of standard input says; one that says nothing of ours is passed over."""
    try:
        said = records.parse(line, "a line of the live view")
    except records.RecordError:
        return
    if isinstance(said, dict) and isinstance(said.get("watch"), str):
        with suppress(StoreError):
            live.watch(Path(said["watch"]))
    elif isinstance(said, dict) and isinstance(said.get("judged"), str):
        live.judged(said["judged"])


def main() -> int:
    """Serve until standard input ends."""
    with suppress(OSError):
        os.nice(NICE)  # the load and the target come first
    live, ended = Live(), threading.Event()
    server = make_server(live)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    looking = threading.Thread(target=keep_looking, args=(live, ended))
    looking.start()
    sys.stdout.write(json.dumps({"port": server.server_address[1]}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        obey(live, line)
    ended.set()
    looking.join()
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
