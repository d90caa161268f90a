"""Which threads and greenlets that served something still exist: frames may hold what they served last."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterable

from .locality import Locality


def living_places(locality: Locality, wheres: Iterable[bytes]) -> set[bytes]:
    """Return those "where" words that are of threads, or of greenlets, that still exist."""
    if locality.greenlets:
        greenlet = sys.modules["greenlet"].greenlet
        # By type(): an object may answer anything when it is asked for its class.
        found = [thing for thing in gc.get_objects() if issubclass(type(thing), greenlet)]
        heres = [getattr(each, "crosstalk_here", None) for each in found if not each.dead]
        return {here.where for here in heres if here is not None}
    natives = {thread.native_id for thread in threading.enumerate()}
    return {where for where in list(wheres) if int.from_bytes(where[:4], "little") in natives}
