"""Letting others run at calls in the user's own modules: there, and nowhere else."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Event, Thread
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.history.canary import ABSENT, CanaryKind, make_canary
from harness.inside.interleaving import PER_OPERATION_MAX, Interleaving
from harness.inside.locality import Here, Locality
from harness.inside.rewriting import NAME, rewrite

SOURCE = '''
"""A module of the user's."""
from __future__ import annotations
import json

LINES = []

def helper(value):
    """Say a value."""
    return json.dumps(value)

def view(value):
    first = helper(value)
    second = len(first)
    return first, second

def busy():
    return [abs(number) for number in range(-2000, 0)]
'''
OPERATION = make_canary(CanaryKind.OPERATION, 0, 1, 1)
_NUMBERS = count()


class Yields:
    """Records what was let run."""

    def __init__(self) -> None:
        self.yielded_by: list[int] = []
        self.pauses = 0

    def yielded(self, here: Here) -> None:
        self.yielded_by.append(here.number)

    def pause(self) -> None:
        self.pauses += 1


Start = Callable[[int], tuple[ModuleType, Yields, Locality]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Import a module of the user's, watched, and say that an operation runs here."""
    begun: list[Interleaving] = []
    before = sys.getprofile()
    monkeypatch.syspath_prepend(str(tmp_path))

    def begin(seed: int) -> tuple[ModuleType, Yields, Locality]:
        name = f"interleaved_{next(_NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(SOURCE)
        yields, locality = Yields(), Locality()
        interleaving = Interleaving(seed, yields.pause, locality, yields)
        assert interleaving.start(str(tmp_path))
        begun.append(interleaving)
        module = importlib.import_module(name)
        locality.put(Here(locality.here().where, OPERATION, 0, 64))
        interleaving.serve_here()
        return module, yields, locality

    yield begin
    for interleaving in begun:
        interleaving.stop()
    sys.setprofile(before)


@pytest.mark.skipif(sys.gettrace() is not None, reason="a debugger or coverage traces this process")
def test_others_run_at_calls_of_the_own_code(start: Start) -> None:
    module, yields, locality = start(3)
    for _ in range(50):
        locality.put(Here(locality.here().where, OPERATION, 0, 64))
        module.view("x")
    assert yields.pauses == len(yields.yielded_by)
    assert 50 < yields.pauses < 50 * 6
    assert set(yields.yielded_by) == {OPERATION}


def test_elsewhere_nobody_is_let_run(start: Start) -> None:
    _, yields, _ = start(3)
    before = yields.pauses
    for number in range(200):
        json.dumps({"number": number}, indent=1)
    assert yields.pauses == before


def test_outside_of_operations_nobody_is_let_run(start: Start) -> None:
    module, yields, locality = start(3)
    before = yields.pauses
    locality.put(Here(locality.here().where, ABSENT, 0, 0))
    for _ in range(20):
        module.view("x")
    assert yields.pauses == before


def test_a_loop_is_not_paid_for_a_thousand_times(start: Start) -> None:
    module, yields, _ = start(3)
    module.busy()
    assert yields.pauses <= PER_OPERATION_MAX


def test_the_own_code_is_that_of_its_folder_without_what_is_installed_there(tmp_path: Path) -> None:
    yields = Yields()
    interleaving = Interleaving(1, yields.pause, Locality(), yields)
    assert interleaving.start(str(tmp_path / "shop"))
    try:
        assert interleaving.is_own(str(tmp_path / "shop" / "web" / "views.py"))
        assert not interleaving.is_own(str(tmp_path / "shopping.py"))
        assert not interleaving.is_own(str(tmp_path / "shop" / ".venv" / "site-packages" / "flask.py"))
        assert not interleaving.is_own(json.__file__)
    finally:
        interleaving.stop()


def nobodys_profiler(frame: FrameType, event: str, argument: object) -> None:
    """Profile nothing."""


@pytest.fixture
def _profiled() -> Iterator[None]:
    before = sys.getprofile()
    sys.setprofile(nobodys_profiler)
    yield
    sys.setprofile(before)


@pytest.mark.usefixtures("_profiled")
@pytest.mark.parametrize("serves", [True, False])
def test_the_profiler_of_somebody_else_stays(tmp_path: Path, serves: bool) -> None:
    yields = Yields()
    interleaving = Interleaving(1, yields.pause, Locality(), yields)
    interleaving.start(str(tmp_path))
    if serves:
        interleaving.serve_here()
    interleaving.stop()
    assert sys.getprofile() is nobodys_profiler


def test_our_own_profiler_does_not_stay(tmp_path: Path) -> None:
    before, yields, seen, stopped, served = sys.getprofile(), Yields(), list[object](), Event(), Event()
    interleaving = Interleaving(1, yields.pause, Locality(), yields)
    interleaving.start(str(tmp_path))

    def serve() -> None:
        interleaving.serve_here()
        served.set()
        stopped.wait()
        seen.append(sys.getprofile())

    thread = Thread(target=serve)
    thread.start()
    served.wait()
    interleaving.serve_here()
    interleaving.stop()
    stopped.set()
    thread.join()
    assert (sys.getprofile(), seen) == (before, [None])


@pytest.mark.parametrize("taken", [True, False])
def test_whoever_has_taken_every_place_to_watch_from_is_named(
    taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if taken:
        tools = {3: "a profiler", 4: "a debugger"}
        monkeypatch.setattr(sys, "monitoring", SimpleNamespace(get_tool=tools.get), raising=False)
    yields = Yields()
    interleaving = Interleaving(1, yields.pause, Locality(), yields)
    assert interleaving.start(str(tmp_path)) is not taken
    interleaving.stop()
    assert interleaving.doubt.startswith("a debugger and a profiler watch this process") is taken
    assert bool(interleaving.doubt) is taken


def rewritten(source: str) -> list[str]:
    """Run a module's function ``run``; return what it said, with a star for each call that was announced."""
    said: list[str] = []
    values: dict[str, Any] = {NAME: lambda: said.append("*"), "say": said.append}
    exec(rewrite(source.encode(), "module.py"), values)
    values["run"]()
    return said


STORIES = {
    "def run():\n    say('a')": "*a",
    "def run():\n    x = 1\n    say('a')\n    y = 2\n    say('b')": "**a*b",
    "def run():\n    'doc'\n    if True:\n        say('a')\n    else:\n        say('b')": "**a",
    "def run():\n    try: 1 / 0\n    except ZeroDivisionError: say('a')\n    finally: say('b')": "**a*b",
    "def run():\n    for n in 'ab':\n        say(n)": "**a*b",
    "class A:\n    def f(self):\n        say('a')\ndef run():\n    A().f()": "**a",
    "def run():\n    def inner():\n        say('a')\n    inner()": "**" + "*a",
    "say('m')\ndef run():\n    pass": "m*",
}


@pytest.mark.parametrize("source", STORIES)
def test_rewritten_code_does_the_same_and_announces_its_calls(source: str) -> None:
    assert "".join(rewritten(source)) == STORIES[source]


def test_rewritten_code_keeps_its_lines_and_docstrings() -> None:
    values: dict[str, Any] = {NAME: lambda: None}
    exec(rewrite(b'def run():\n    """Doc."""\n    \n    raise ValueError\n', "module.py"), values)
    run = values["run"]
    assert run.__doc__ == "Doc."
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its line is what matters
        run()
    assert raised.traceback[-1].lineno == 3
