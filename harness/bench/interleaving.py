"""What it costs to watch an application's calls, and to let others run there: a Flask request, side by side.

One application is loaded twice, watched and not, and the two are asked in turn, so that the machine's mood is
the same for both.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from harness.history.canary import CanaryKind, make_canary
from harness.history.scenarios import Scenario
from harness.inside.interleaving import Interleaving
from harness.inside.locality import Here, Locality
from harness.inside.tracing import make_environ
from harness.inside.yields import make_pause

from .rounds import ROUNDS, Round, alternate, timed

REQUESTS = 100
_OPERATION = make_canary(CanaryKind.OPERATION, 0, 1, 1)
_SOURCE = """
from flask import Flask, session

app = Flask(__name__)
app.secret_key = "of the bench alone"

def visits():
    return session.get("visits", 0)

def count():
    session["visits"] = visits() + 1
    return visits()

@app.get("/hello/<name>")
def hello(name):
    return {"name": name.strip(), "visits": count()}
"""


@dataclass(slots=True)
class _Counting:
    """Counts how often others are let run."""

    yields: int = 0

    def yielded(self, here: Here) -> None:
        """Count one."""
        self.yields += 1


def measure(pause: Callable[[], object], *, greenlets: bool = False, rounds: int = ROUNDS) -> str:
    """Return in words what a request costs with its calls watched, compared with one without."""
    with tempfile.TemporaryDirectory() as name:
        parts = [Path(name).resolve() / part for part in ("watched", "plain")]
        counting, locality = _Counting(), Locality(greenlets=greenlets)
        interleaving = Interleaving(1, pause, locality, counting)
        interleaving.start(str(parts[0]))
        try:
            watched, plain = map(_load, parts)
            with_calls = _round(watched, locality, interleaving.serve_here)
            without = _round(plain, locality, lambda: None)
            found = alternate(with_calls, without, rounds)
        finally:
            interleaving.stop()
    share = median(first / second - 1 for first, second in found)
    base_us = median(second for _, second in found) / 1000
    each = counting.yields / (REQUESTS * (rounds + 1))
    return f"{share:+.1%} of {base_us:,.0f} us a request, with {each:.1f} yields in it"


def _load(folder: Path) -> Any:
    name = f"bench_app_{folder.name}"
    folder.mkdir()
    (folder / f"{name}.py").write_text(_SOURCE, encoding="utf-8")
    sys.modules.pop(name, None)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name).app
    finally:
        sys.path.remove(str(folder))


def _round(app: Any, locality: Locality, before: Callable[[], object]) -> Round:
    def ask() -> None:
        before()
        for _ in range(REQUESTS):
            locality.put(Here(locality.here().where, _OPERATION, 0, Scenario.VISIT))
            body = app(make_environ("GET", "/hello/you"), lambda *_: None)
            list(body)
            body.close()
        sys.setprofile(None)  # where threads are profiled: the other one must not be

    return timed(ask, REQUESTS)


def main(arguments: Sequence[str]) -> int:
    """Print what watching costs on this interpreter, and what letting others run does."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    how = "sys.monitoring" if hasattr(sys, "monitoring") else "sys.setprofile"
    lines = [
        f"interleaving: calls watched by {how}: {measure(lambda: None, rounds=rounds)}",
        f"interleaving: and others let run: {measure(make_pause('thread').now, rounds=rounds)}",
    ]
    if not hasattr(sys, "monitoring"):
        rewritten = measure(lambda: None, greenlets=True, rounds=rounds)
        lines.append(f"interleaving: code rewritten, as for greenlets on 3.11: {rewritten}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
