"""Which of what is still there was kept: the rule of I13, and from when it counts.

The rule, told to users in docs/verdict.md: *one thing holds data of at least so many requests that ended long
ago.* What every request overwrites holds that of the last one, a thread in hand that of its last job, a log
of the latest requests that of the latest: all are counted, and no breach by themselves. Whether somebody
else gets to see it is for other laws to say, which look at who sees what. Bounded caches of callers' own data
(:mod:`.caches`) are counted apart.

What was published on purpose is for the checker to say, who knows what was declared: so a field at a time is
told of, with a sample of its canaries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from harness.blackbox.carrying import owner_of
from harness.history.layout import Residue

from .canaries import Finished
from .heap import Kept

#: Old requests whose data one thing holds, from which on it is kept.
KEPT_MIN = 16
#: Requests of this process from one mark to the next: what ended before the last mark but one is old.
MARK_EACH = 128
#: The most entries of a cache that is no breach.
CACHE_MAX = 256
#: A store keyed by session ids may have an entry for one in so many requests: one visit in eight comes
#: without cookies, as do the first of each client.
SESSIONS_EACH = 4
#: Canaries told of for each field.
TOLD_MAX = 10


class Told(NamedTuple):
    """A record to be written."""

    operation: int
    canary: int
    residue: Residue
    operations: int  # whose data is there


def judge_kept(kept: Kept, finished: Finished) -> Iterator[Told]:
    """Yield what to tell of one thing that holds canaries."""
    by_slot: defaultdict[int, list[int]] = defaultdict(list)
    for canary in sorted(kept.canaries):
        by_slot[owner_of(canary)[1]].append(canary)
    for canaries in by_slot.values():
        old = [canary for canary in canaries if finished.is_old(owner_of(canary)[0])]
        residue = Residue.KEPT if len(old) >= KEPT_MIN else Residue.HELD
        if kept.cached:
            residue = Residue.CACHED
        if residue is not Residue.KEPT:
            yield Told(owner_of(canaries[0])[0], canaries[0], residue, len(canaries))
            continue
        # Spread out: fields of several routes may have the same number.
        for canary in old[:: max(1, len(old) // TOLD_MAX)][:TOLD_MAX]:
            yield Told(owner_of(canary)[0], canary, residue, len(canaries))
