"""What the master and Locust's workers say to each other, besides Locust's own messages.

Each message is a frozen record; its fields travel as a msgpack map under the record's name. What
arrives was written by somebody else: :func:`read` checks every field's type, whoever uses it checks
its value. Nothing is ever unpickled.

The recording of a worker is delivered by offset: a CHUNK is accepted only at the size the master
already has, each is answered with the size it has then (ACK), so a lost one is sent again, a repeated
one changes nothing, and END says how much there has to be.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from harness import records

T = TypeVar("T")

#: The most a CHUNK carries; a multiple of a record's 72 bytes, and small beside a heartbeat.
CHUNK_BYTES_MAX = 72 * 3640
JOURNAL, DETAILS = "journal", "details"
STREAMS = (JOURNAL, DETAILS)
TEXT_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class Hello:
    """Worker to master: here I am, and I know the protocol of this *version*."""

    version: int


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Master to worker: what to do in this run, and under which load worker number."""

    run: str
    host: str
    port: int
    worker: int
    seed: int
    limited: bool  # operations need tickets
    scenarios: tuple[str, ...]
    guarded: bool  # the target's outermost wrapper is ours
    timeout_s: float
    drain_timeout_s: float
    disk_max_mb: int
    visiting: str = ""  # what to ask of a user's own application, as text; '' for the probes


@dataclass(frozen=True, slots=True)
class Claim:
    """Worker to master: so many operations are *finished* in all; ``wanted``: give me more."""

    run: str
    finished: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """Master to worker: this many tickets; 0: there are none left."""

    run: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Name:
    """Worker to master: tell me the number of this route, as text (:mod:`.routebook`)."""

    run: str
    route: str


@dataclass(frozen=True, slots=True)
class Named:
    """Master to worker: the *number* of a route."""

    run: str
    route: str
    number: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Worker to master: the bytes of one of the two streams from *offset* on."""

    run: str
    stream: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """Master to worker: this much of the stream is here."""

    run: str
    stream: str
    size: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Master to worker: send no more operations, deliver the rest, say END."""

    run: str


@dataclass(frozen=True, slots=True)
class End:
    """Worker to master: that was all. ``header``: the journal's first page as it is now, closed."""

    run: str
    header: bytes
    journal_size: int
    details_size: int


@dataclass(frozen=True, slots=True)
class Done:
    """Master to worker: all of it is here, the spool may go."""

    run: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Worker to master: the load itself failed; *text* says how, in a sentence."""

    run: str
    text: str


VERSION = 2
TO_MASTER = (Hello, Claim, Name, Chunk, End, Fault)
TO_WORKER = (LoadPlan, Grant, Named, Ack, Finish, Done)


def name_of(kind: type[Any]) -> str:
    """Return the name that messages of *kind* travel under."""
    return f"crosstalk-{kind.__name__.lower()}"


def write(message: Any) -> dict[str, Any]:
    """Return the message's fields."""
    return {field.name: getattr(message, field.name) for field in fields(message)}


def read(kind: type[T], data: object) -> T:
    """Return the message that *data* spells.

    :raises RecordError: if it spells none.
    """
    return records.from_json(kind, data, name_of(kind))
