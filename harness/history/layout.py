"""The words of the history and the layout of its records; standard library only.

Both sides write fixed-size records of nine little-endian 64-bit words (72 bytes); the last word
is the *commit* word, the record's number plus one, and is written last. A record whose commit
word is anything else is not committed.

Server side (one journal per target process)::

    t op request session g value thread:4+greenlet:4 activation:4+point:1+kind:1+app:1+detail:1 commit

Client side (one journal per load process)::

    t op expected value session connection:4+ordinal:4 thread:4+greenlet:4
    spare:4+point:1+kind:1+scenario:1+detail:1 commit
"""

from __future__ import annotations

from enum import IntEnum

RECORD_FORMAT = "<9Q"
RECORD_SIZE = 72

#: Shifts inside the "meta" word, the same on both sides.
ACTIVATION_SHIFT = 0
POINT_SHIFT = 32
KIND_SHIFT = 40
APP_SHIFT = 48
SCENARIO_SHIFT = 48
DETAIL_SHIFT = 56
#: Shift of the second half in the "where" word (thread low, greenlet high) and in the
#: "connection" word (connection low, ordinal of the operation on it high).
HIGH_SHIFT = 32


class Side(IntEnum):
    """Who wrote a journal."""

    CLIENT = 1
    SERVER = 2


class Kind(IntEnum):
    """What an event is. Client kinds are Jepsen's; server kinds are below 32."""

    # client side
    INVOKE = 1  # the request is about to be sent
    OBSERVE = 2  # one thing that came back: point = Field, expected, value
    OK = 3  # a complete response arrived: value = HTTP status
    FAIL = 4  # the operation certainly did not happen (never sent)
    INFO = 5  # sent, but no complete response: it may or may not have happened
    # server side
    ENTER = 16  # the outermost wrapper got the request; nothing may be current
    STEP = 17  # the cycle reached the checkpoint `point`
    PUSH = 18  # as STEP; a context's count went from 0 to 1: `activation`
    POP = 19  # as STEP; it went back to 0: `activation`
    TEARDOWN = 20  # the ledger's callback `point` ran; detail = Outcome, value = its canary
    LEFT = 21  # an exception left the app: detail = Outcome, value = its canary
    RETURN = 22  # wsgi_app returned its iterable
    CHUNK = 23  # the body yielded a chunk (of a streamed body)
    EXIT = 24  # the body is closed, the operation has left the target; nothing may be current
    LOOK = 25  # a probe looked in the middle of a view or of a body: point = Look


class Outcome(IntEnum):
    """The class of an exception that a teardown was given or that left the app."""

    NONE = 0
    ERROR = 1  # an Exception
    BASE = 2  # another BaseException (SystemExit, KeyboardInterrupt, GreenletExit)
    GENERATOR_EXIT = 3
    GROUP = 4  # an exception group, as teardown errors leave the app


class App(IntEnum):
    """What ``current_app`` holds."""

    NONE = 0
    TARGET = 1
    OTHER = 2


class Look(IntEnum):
    """Where a probe may look, besides the steps of the cycle."""

    VIEW_BEFORE_YIELD = 1
    VIEW_AFTER_YIELD = 2
    NESTED_APP_CONTEXT = 3
    STREAM_CHUNK = 4


class Callback(IntEnum):
    """The ledger's own callbacks, registered on the target; each must run once an activation."""

    TEARDOWN_REQUEST_FIRST = 1  # runs before every callback of the target's own
    TEARDOWN_REQUEST_LAST = 2  # runs after them
    TEARDOWN_APPCONTEXT_FIRST = 3
    TEARDOWN_APPCONTEXT_LAST = 4
    REQUEST_TEARING_DOWN = 5  # a receiver of the signal
    APPCONTEXT_TEARING_DOWN = 6
    APPCONTEXT_POPPED = 7


class Field(IntEnum):
    """What an OBSERVE event of the client is about; ``value`` must equal ``expected``."""

    # I1: what `request` holds; detail 0 before the yield, 1 after it, 2 as the response leaves
    PATH = 1
    QUERY = 2
    FORM = 3
    JSON = 4
    HEADER = 5
    COOKIE = 6
    REMOTE_ADDR = 7  # as an integer
    G = 8  # g's canary, read again after the yield
    NESTED_G = 9  # g inside app.app_context(): expected 0 there, own canary again outside (detail 2)
    ERROR = 10  # the canary of the exception an error handler was given
    # I2
    G_FRESH = 16  # what g held when the request started: expected 0
    # I3
    SESSION = 24  # the session's canary
    SESSION_LOG_MISSING = 25  # first own entry of the append log that is gone, 0 if none
    SESSION_LOG_FOREIGN = 26  # first entry that is nobody's of this session, 0 if none
    SID_REPLACED = 27  # 1 if an unknown session id was replaced
    # I4
    RESPONSE_HEADER = 32  # the canary in a response header
    SET_COOKIE_COUNT = 33  # session cookies set by the response
    VARY_COOKIE = 34  # 1 if Vary names Cookie
    RESPONSE_COOKIE = 35  # the canary in a cookie the response sets
    ALLOW = 36  # 1 if Allow names the methods of the URL asked for, and no other
    # I5
    CHUNK = 40  # a chunk's canary
    CHUNK_COUNT = 41
    # I7: `value` is an id the target handed out; `expected` is 0 and means nothing
    ISSUED_ID = 48
    # I8
    BODY_PARSED = 56  # 1 if the body parsed
    RESPONSE_COUNT = 57  # responses received for this operation
    # I9
    READ = 64  # the value a get read back
