"""Letting others run at checkpoints, so that requests interleave where it hurts.

What was chosen, and why (8 threads, requests of 100 us of pure Python, switch interval 10 us, two cores;
switches inside a request, and CPU time a request):

    no yields                  0.01 switches    94 us
    time.sleep(0) at each      21              344 us    it sleeps 50 us, the kernel's timer slack
    os.sched_yield() at each   22              148 us
    os.sched_yield() at 1 of 4  4               95 us

So threads call ``sched_yield``: it releases the interpreter's lock, and gives it to one that waits.
Not at every checkpoint, since requests in lockstep never meet in some orders; and not at each
n-th, which would always be the same steps; but at those that a hash of a counter picks, one in four:
from one pause to the next an operation gets between one and a dozen checkpoints far.

Under gevent nothing interleaves without yields. ``gevent.sleep(0)`` lets those run that are ready, but
does not look for new requests; one pause in four does, with a sleep that is as short as can be.

On the reference target under load that makes eight to nine switches inside each request, under threads
and under greenlets (1,500 operations: 14,003 and 12,345).

A look in the middle of a view always pauses: what is read before and after it is to be compared.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

#: Knuth's multiplier: consecutive numbers land far apart.
_SPREAD = 2_654_435_761
_BITS = 0xFFFF
#: Of 2**16 hashes, those that pause.
PAUSES = 1 << 14


class Pause:
    """Lets others run: sometimes when called, always by :meth:`now`."""

    __slots__ = ("_numbers", "now")

    def __init__(self, now: Callable[[], object]) -> None:
        self.now = now
        self._numbers = itertools.count(1)

    def __call__(self) -> None:
        """Pause in one of four calls, in no regular order."""
        if (next(self._numbers) * _SPREAD >> 16) & _BITS < PAUSES:
            self.now()


def make_pause(model: str) -> Pause:
    """Return the pause of a worker model; it may be shared by all threads and greenlets."""
    if model == "greenlet":
        return Pause(_make_greenlet_yield())
    if hasattr(os, "sched_yield"):
        return Pause(os.sched_yield)
    return Pause(lambda: time.sleep(0))


def _make_greenlet_yield() -> Callable[[], None]:
    import gevent
    from greenlet import getcurrent

    numbers = itertools.count()

    def give_way() -> None:
        # The hub itself can't wait: it may finalise a body that was dropped.
        if getcurrent() is gevent.get_hub():
            return
        gevent.sleep(0 if next(numbers) % 4 else 1e-6)

    return give_way
