"""Which operation runs here: by real thread, or by greenlet, patched by gevent or not."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from harness.history.canary import ABSENT
from harness.inside.locality import Here, Locality

ROOT = Path(__file__).parents[3]


def where_of(here: Here) -> tuple[int, int]:
    return int.from_bytes(here.where[:4], "little"), int.from_bytes(here.where[4:], "little")


def test_a_thread_has_no_operation_at_first() -> None:
    here = Locality().here()
    assert (here.number, here.session, here.scenario) == (ABSENT, ABSENT, 0)
    assert where_of(here) == (threading.get_native_id(), 0)


def test_what_was_put_stays_with_its_thread() -> None:
    locality = Locality()
    mine = Here(locality.here().where, 5, 6, 7)
    locality.put(mine)
    seen: list[Here] = []
    thread = threading.Thread(target=lambda: seen.append(locality.here()))
    thread.start()
    thread.join()
    assert locality.here() is mine
    assert seen[0].number == ABSENT
    assert where_of(seen[0])[0] != threading.get_native_id()


def test_two_localities_do_not_share() -> None:
    one, two = Locality(), Locality()
    one.put(Here(one.here().where, 5, 6, 7))
    assert two.here().number == ABSENT


GREENLETS = """
from gevent import monkey
monkey.patch_all()
import gevent, threading
from gevent.threadpool import ThreadPool
from harness.inside.locality import Here, Locality

locality = Locality(greenlets=True)
places = {}

def serve(number):
    assert locality.here().number == 0
    locality.put(Here(locality.here().where, number, 0, 2))
    for _ in range(3):
        gevent.sleep(0)
        assert locality.here().number == number
    places[number] = locality.here().where

gevent.joinall([gevent.spawn(serve, number) for number in range(1, 9)], raise_error=True)
assert locality.here().number == 0
threads = {where[:4] for where in places.values()}
assert threads == {locality.here().where[:4]}, threads
assert len({where[4:] for where in places.values()} | {locality.here().where[4:]}) == 9

# A real thread is another one, also to greenlets.
pool = ThreadPool(1)
elsewhere = pool.apply(lambda: locality.here().where)
assert elsewhere[:4] != locality.here().where[:4]

# Under the thread model a patched process still knows its real threads.
real = Locality()
real.put(Here(real.here().where, 5, 0, 2))
assert gevent.spawn(lambda: real.here().number).get() == 5
assert pool.apply(lambda: real.here().number) == 0
pool.kill()
"""


def test_greenlets_have_places_of_their_own_on_one_real_thread() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GREENLETS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


BARE = """
import sys
for name in ("numpy", "gevent", "greenlet", "werkzeug", "blinker"):
    sys.modules[name] = None
import harness.history.journal
import harness.inside.body, harness.inside.ledger, harness.inside.locality, harness.inside.observer
import harness.inside.recording, harness.inside.sight, harness.inside.wrapper, harness.inside.yields
harness.inside.locality.Locality().here()
harness.inside.yields.make_pause("thread")()
foreign = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
assert foreign <= {"harness", "__main__", "numpy", "gevent", "greenlet", "werkzeug", "blinker"} | {
    name for name in foreign if name.startswith(("_", "sitecustomize", "usercustomize"))
}, foreign
"""


def test_what_runs_inside_the_target_needs_the_standard_library_only() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
