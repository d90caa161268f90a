"""The words of the history and the layout of its records; standard library only.

Both sides write fixed-size records of nine little-endian 64-bit words (72 bytes); the last word
is the *commit* word, the record's number plus one, and is written last. A record whose commit
word is anything else is not committed.

Server side (one journal per target process)::

    t op request session g value thread:4+greenlet:4 activation:4+point:1+kind:1+app:1+detail:1 commit

Client side (one journal per load process)::

    t op expected value session connection:4+ordinal:4 thread:4+greenlet:4
    spare:4+point:1+kind:1+scenario:1+detail:1 commit

``spare`` holds the number of the route, where an application of the user's is asked.
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
    CENSUS = 26  # after quiescence an object is still there: point = Remains, detail = Freed, value = Holder
    RESIDUE = 27  # something a request left: point = Residue, value = its name, request = its owner
    YIELD = 31  # others were let run at a call in the code of the user's application


class Ending(IntEnum):
    """How a client came to its OK; its detail."""

    WHOLE = 0  # it read the target's response to the end
    LEFT = 1  # it left in the middle of a stream, on purpose
    CACHED = 2  # a cache in front of the target answered: the target never saw the request


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
    JOB_START = 5  # on a pool's thread, before the job has a context: nothing may be current
    JOB = 6  # in the job, inside the copy of the request's context
    JOB_END = 7  # on the pool's thread again, the copy popped: nothing may be current


class Remains(IntEnum):
    """What a census looks for after the last request; the point of a CENSUS record."""

    SUMMARY = 0  # the census itself: value = how many objects were looked for
    REQUEST = 1
    REQUEST_CONTEXT = 2
    APP_CONTEXT = 3


class Freed(IntEnum):
    """When an object that outlived its operation goes; the detail of a CENSUS record."""

    NONE = 0  # of the summary
    BY_COLLECTOR = 1  # only the garbage collector frees it: a cycle
    NEVER = 2  # something still refers to it


class Holder(IntEnum):
    """What refers to an object that is never freed; of several the one that comes first here."""

    UNKNOWN = 0  # a running frame, or what the collector does not see
    CLOSURE = 1
    FRAME = 2
    GENERATOR = 3
    CONTEXT_VARIABLE = 4
    DICT = 5
    SEQUENCE = 6
    OBJECT = 7
    KEPT_CONTEXT = 8  # a context that is itself never freed


class Residue(IntEnum):
    """What the outermost wrapper found of a request where it should not be; the point of a RESIDUE record.

    ``value`` is the number of a name (``harness/inside/residue/names.py``), ``request`` the operation
    whose data it is, ``session`` the very canary that was found (it names the field), ``activation`` a count.
    """

    SUMMARY = 0  # what was looked at: value = requests, activation = thousands of objects in the heap
    LEFT = 1  # a variable holds the operation's data after its end: counted, no breach by itself
    INHERITED = 2  # an operation began and ended with another caller's data in a variable
    ACTIVE_AT_START = 3  # an app or request context was current on the worker as the operation started
    ACTIVE_WHEN_IDLE = 4  # one is current on a thread of a pool that has no work
    CLOSED_AGAIN = 5  # the server closed the body a second time
    NEVER_CLOSED = 6  # the server dropped the body and never closed it
    THREADS = 7  # threads that stay: activation = how many more than when warm
    FILES = 8
    SOCKETS = 9
    KEPT = 10  # the heap holds data of old operations: activation = of how many operations, at this path
    CACHED = 11  # as KEPT, in a bounded cache keyed by its caller: no breach
    HELD = 12  # the heap holds data of few operations, or of the latest: counted, no breach by itself


class Callback(IntEnum):
    """The ledger's own callbacks, registered on the target; each must run once an activation."""

    TEARDOWN_REQUEST_FIRST = 1  # runs before every callback of the target's own
    TEARDOWN_REQUEST_LAST = 2  # runs after them
    TEARDOWN_APPCONTEXT_FIRST = 3
    TEARDOWN_APPCONTEXT_LAST = 4
    REQUEST_TEARING_DOWN = 5  # a receiver of the signal
    APPCONTEXT_TEARING_DOWN = 6
    APPCONTEXT_POPPED = 7
    # No teardown, and none that has to run: the functions of flask.after_this_request, at most once.
    AFTER_THIS_REQUEST = 8


#: Those of a teardown: each has to run.
TEARDOWNS = frozenset(Callback) - {Callback.AFTER_THIS_REQUEST}


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
    SHARED_PAGE = 37  # the session in a page that came through a shared cache
    STATIC_BYTES = 38  # 1 if the bytes are those of the static file
    STATIC_VARY = 39  # 1 if Vary of a static file names Cookie: expected 0
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
    # G
    BACKEND_REPLY = 72  # the canary in the reply of the backend
    # a job on a thread of the app's own pool
    JOB_FOUND = 80  # I0: what was current there before it had a context: expected 0
    JOB_REQUEST = 81  # I1: what `request` held in it
    JOB_G = 82  # I2: what the copied context's g held: expected 0
    JOB_SESSION = 83  # I3: what `session` held in it
    JOB_LEFT = 84  # I0: what was current there after it: expected 0
    # an application of the user's, judged from outside: `value` is a canary that came back there, the
    # operation's own (`expected` is its canary) or anybody's
    SEEN_STATUS = 96  # the status line
    SEEN_HEADER = 97
    SEEN_COOKIE = 98
    SEEN_BODY = 99
    HANDED = 104  # value: hash of a token; expected: of the name it had; detail: Place
    NOTICE = 105  # value: Notice


#: Fields of a user's own application: the probes show none of them.
OF_APPS = frozenset(field for field in Field if field >= Field.SEEN_STATUS)


#: Where a canary may stand in an answer.
SEEN = (Field.SEEN_STATUS, Field.SEEN_HEADER, Field.SEEN_COOKIE, Field.SEEN_BODY)


class Place(IntEnum):
    """Where a token was handed out; the detail of HANDED."""

    COOKIE = 1
    HEADER = 2
    BODY = 3


class Notice(IntEnum):
    """What an answer says about how an application has to be asked; the value of NOTICE."""

    HTTPS = 1  # it redirects to https://
    ENTRANCE = 2  # it redirects to where one logs in
    RATE_LIMIT = 3  # 429
    CSRF = 4  # 400 or 403 to a method that changes something, and the answer says CSRF
    REFUSED = 5  # the same, and it does not
    LOGOUT = 6  # it deletes a cookie that the client held
    CODED = 7  # its body is in a coding that is not undone, so that nothing was searched in it
