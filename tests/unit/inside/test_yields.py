"""Pauses: how often, and that each lets somebody else run."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from harness.inside.yields import Pause, make_pause

ROOT = Path(__file__).parents[3]


def test_one_call_in_four_pauses_in_no_regular_order() -> None:
    calls: list[int] = []
    paused: list[int] = []
    pause = Pause(lambda: paused.append(len(calls)))
    for call in range(4_000):
        calls.append(call)
        pause()
    assert 900 < len(paused) < 1_100
    steps = {after - before for before, after in pairwise(paused)}
    assert len(steps) > 2
    # Of a cycle of 24 steps each is one that pauses, sooner or later.
    assert {number % 24 for number in paused} == set(range(24))


def test_now_always_pauses() -> None:
    paused: list[int] = []
    pause = Pause(lambda: paused.append(1))
    for _ in range(5):
        pause.now()
    assert len(paused) == 5


def test_threads_and_processes_pause_without_gevent() -> None:
    for model in ("thread", "process"):
        pause = make_pause(model)
        for _ in range(20):
            pause()
        pause.now()


GREENLETS = """
from gevent import monkey
monkey.patch_all()
import gevent
from harness.inside.yields import make_pause

pause = make_pause("greenlet")
order = []

def work(name):
    for _ in range(3):
        order.append(name)
        pause.now()

gevent.joinall([gevent.spawn(work, name) for name in "ab"], raise_error=True)
# Whoever pauses lets the other go first, who may take several turns before a timer fires.
assert order[:2] == ["a", "b"] and order.index("b") < len(order) - 1 - order[::-1].index("a"), order
assert sorted(order) == list("aaabbb"), order

# The hub may finalise a body that was dropped: it can't wait, and must not be asked to.
failed = []
def in_hub():
    try:
        pause.now()
    except BaseException as error:
        failed.append(error)

hub = gevent.get_hub()
hub.loop.run_callback(in_hub)
gevent.sleep(0.01)
assert not failed, failed
"""


def test_greenlets_take_turns_and_the_hub_is_left_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GREENLETS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
