"""Which operation runs here: the ground truth that everything else is compared with.

The rule this file guards: *it never goes through what is tested.* No ContextVar, no ``threading``
module, no attribute of a context: under the thread model the place is kept in the interpreter's
own ``_thread._local`` (as it was before gevent patched it), under the greenlet model on the
current greenlet itself. The outermost wrapper sets it and puts the one before back, so that a
request made inside a request is told apart.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from typing import Any, Self

from harness.history.canary import ABSENT
from harness.history.journal import original

from .rows import ABSENT_WORD, pack_word, rows_of

_HALF_MAX = (1 << 32) - 1
_pack_where = struct.Struct("<II").pack


class Here:
    """An operation, on the real thread or greenlet where it runs; its words are packed already.

    The recorder reads the attributes of one of these for every event.

    :param where: the word of that name.
    :param number: the operation's canary.
    :param session: the session canary it was sent with, 0 for none.
    """

    __slots__ = (
        "leaving",
        "number",
        "op",
        "other",
        "pauses",
        "popped",
        "quiet",
        "scenario",
        "session",
        "tail",
        "target",
        "threes",
        "where",
        "without",
    )

    def __init__(self, where: bytes, number: int, session: int, scenario: int) -> None:
        self.where = where
        self.number = number
        self.session = session
        self.scenario = scenario
        self.op = pack_word(number)
        #: The words `value` and `where` of most of its records, and of those that have no value.
        self.tail = pack_word(session) + where
        self.quiet = ABSENT_WORD + where
        self.without, self.target, self.other, self.threes = rows_of(scenario)
        #: The activation of the app context popped last here: when the signal `appcontext_popped`
        #: is sent, no context is left to name it.
        self.popped = 0
        #: The context that is being popped here, of a framework that has to be asked at both ends of it.
        self.leaving: Any = None
        #: How often others were let run at its calls, see :mod:`.interleaving`.
        self.pauses = 0

    def moved(self, where: bytes) -> Self:
        """Return the same operation at another place."""
        return type(self)(where, self.number, self.session, self.scenario)


class Locality:
    """Keeps the current :class:`Here` of each real thread, or of each greenlet.

    :param greenlets: whether places are greenlets; decided once, when the target is loaded.

    ``local`` and ``getcurrent`` are for the recorder, which spares the call: ``local.here``, or
    ``getcurrent().crosstalk_here``. Both raise AttributeError where :meth:`here` was never called.
    """

    __slots__ = ("_native_id", "_numbers", "getcurrent", "greenlets", "local")

    def __init__(self, *, greenlets: bool = False) -> None:
        self.greenlets = greenlets
        self.local: Any = original("_thread", "_local")()
        self.getcurrent: Callable[[], Any] = _find_getcurrent() if greenlets else _no_greenlet
        self._native_id: Callable[[], int] = original("_thread", "get_native_id")
        self._numbers = itertools.count(1)

    def here(self) -> Here:
        """Return the place of this thread or greenlet; one without an operation at first."""
        try:
            here: Here = self.getcurrent().crosstalk_here if self.greenlets else self.local.here
        except AttributeError:
            greenlet = next(self._numbers) if self.greenlets else 0
            here = Here(self._where(greenlet), ABSENT, ABSENT, 0)
            self.put(here)
        return here

    def put(self, here: Here) -> None:
        """Make *here* the place of this thread or greenlet."""
        if self.greenlets:
            self.getcurrent().crosstalk_here = here
        else:
            self.local.here = here

    def settle_after_fork(self) -> None:
        """Note that this thread has another native id now: that of the forked process."""
        here = self.here()
        greenlet = int.from_bytes(here.where[4:], "little")
        self.put(here.moved(self._where(greenlet)))

    def _where(self, greenlet: int) -> bytes:
        return _pack_where(self._native_id() & _HALF_MAX, greenlet & _HALF_MAX)


def _find_getcurrent() -> Callable[[], Any]:
    from greenlet import getcurrent

    return getcurrent


def _no_greenlet() -> Any:
    raise AttributeError("places are threads here")
