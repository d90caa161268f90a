"""Every small application through the pytest plugin: leaks are found with a witness, right ones are valid.

With one seed and under threads; ``CROSSTALK_APPS=3`` (``make apps``) asks for three seeds, and greenlets too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.apps.expected import APPS, LEAKY, App
from tests.integration.plugin.test_plugin import BY_NAME, ROOT

SEEDS = range(1, 1 + int(os.environ.get("CROSSTALK_APPS", "1")))
MODELS = ("thread", "greenlet") if "CROSSTALK_APPS" in os.environ else ("thread",)
#: Enough for a verdict; greenlets are switched where the code calls something, and nowhere else.
OPERATIONS = {"thread": {"leaky": 700, "right": 2000}, "greenlet": {"leaky": 700, "right": 3000}}

#: A kind of violation, as a failure begins to tell of it.
_KIND = re.compile(r"^([A-Z]+\d*) [a-z-]+ \(\d", re.MULTILINE)
_ALONE = "def test_it(crosstalk):\n    crosstalk.check({path!r}, **{asked!r})\n"


class Outcome(NamedTuple):
    """What a check came to."""

    valid: bool
    text: str

    @property
    def laws(self) -> set[str]:
        """The laws that it says are broken."""
        return set(_KIND.findall(self.text))


def check(crosstalk: Any, app: App, model: str, seed: int, folder: Path) -> Outcome:
    """Check *app* in this process, or in one of its own."""
    asked = {
        "worker_model": model,
        "operations": OPERATIONS[model][app.name.partition("/")[0]],
        "urls": app.requests(),
        "shared": app.shared,
        "seed": seed,
    }
    # Greenlets are checked in a process of their own anyway; and of what an earlier seed left in an app it is
    # not said by which route it came.
    if model == "thread" and (app.alone or seed > 1):
        return alone(app, asked, folder)
    try:
        return Outcome(True, crosstalk.check(app.path, **asked).text)
    except AssertionError as failure:
        return Outcome(False, str(failure))


def alone(app: App, asked: dict[str, Any], folder: Path) -> Outcome:
    """Check *app* in a test run of its own."""
    (folder / "test_alone.py").write_text(_ALONE.format(path=app.path, asked=asked))
    command = [sys.executable, "-m", "pytest", *BY_NAME, "-p", "no:cacheprovider", "-q", "test_alone.py"]
    done = subprocess.run(
        [*command, f"--rootdir={folder}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    return Outcome(done.returncode == 0, done.stdout + done.stderr)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_it_comes_to_what_is_expected(
    crosstalk: Any, tmp_path: Path, app: App, model: str, seed: int
) -> None:
    outcome = check(crosstalk, app, model, seed, tmp_path)
    # Its greenlets take turns with callers as its threads do: here nobody has a connection of its own.
    law = app.thread
    if law:
        assert law in outcome.laws <= {law, *app.may}, outcome.text
        assert app.is_said(outcome.text), outcome.text
    elif app in LEAKY:  # nothing is shared here; its code may have too few calls to prove it
        assert not outcome.laws, outcome.text
    else:
        assert outcome.valid, outcome.text
