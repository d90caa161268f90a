"""The signals of the cycle, on blinker; names as in Flask.

The receivers of one signal run in no fixed order. A receiver that raises stops the others of its
signal, except for the three signals of the teardown, whose receivers are each called guarded
(see :mod:`targetapp.framework.teardown`).
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

appcontext_pushed = _signals.signal("appcontext-pushed")
request_started = _signals.signal("request-started")
got_request_exception = _signals.signal("got-request-exception")
request_finished = _signals.signal("request-finished")
request_tearing_down = _signals.signal("request-tearing-down")
appcontext_tearing_down = _signals.signal("appcontext-tearing-down")
appcontext_popped = _signals.signal("appcontext-popped")
message_flashed = _signals.signal("message-flashed")
