"""A write whose outcome is unknown may have happened, may yet happen, or never: no reader is blamed for any.

A right server is played beside the client's model. Each write is answered or not, and one that is not
takes effect at once, later, or never. The twin loses an acknowledged write, and is found out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.history.canary import ABSENT, CanaryKind, make_canary, to_text
from harness.history.layout import Field
from harness.history.scenarios import Scenario
from harness.load.http import Response
from harness.load.model import Model
from harness.load.observations import READERS, Observation
from harness.workload.operation import SESSION_COOKIES, Operation, SessionKind

SESSION = make_canary(CanaryKind.SESSION, 0, 1, 1)
ANSWERED, AT_ONCE, LATER, NEVER = "answered", "at once", "later", "never"
FATES = st.sampled_from([ANSWERED, ANSWERED, AT_ONCE, LATER, NEVER])
#: What a client does: a write, with its fate, or a read; or a write that is late arrives.
STEPS = st.lists(st.one_of(FATES, st.just("read"), st.just("arrive")), min_size=1, max_size=30)
STORE = SessionKind.SERVER


@dataclass(slots=True)
class Server:
    """A right one: one value, one session's log; ``loses`` is the number of the write it forgets."""

    loses: int = -1
    value: int = ABSENT
    log: list[int] = field(default_factory=list)
    late: list[Operation] = field(default_factory=list)
    writes: int = 0

    def write(self, operation: Operation) -> None:
        self.writes += 1
        if self.writes - 1 == self.loses:
            return
        if operation.value:
            self.value = operation.value
        else:
            self.log.append(operation.canary)


def put(number: int) -> Operation:
    value = make_canary(CanaryKind.VALUE, 0, 1, number)
    return Operation(Scenario.PUT, canary_of(number), "PUT", "/", key="k", value=value)


def append(number: int) -> Operation:
    return Operation(
        Scenario.SESSION_APPEND,
        canary_of(number),
        "POST",
        "/",
        store=STORE,
        session=SESSION,
        sends_session=True,
        writes=True,
    )


def canary_of(number: int) -> int:
    return make_canary(CanaryKind.OPERATION, 0, 1, number)


def answer() -> Response:
    return Response(200, (), b"", keeps_alive=True, size=0)


def carry_out(model: Model, server: Server, operation: Operation, fate: str) -> None:
    sent = model.sent(operation, 0, ())
    if fate in {ANSWERED, AT_ONCE}:
        server.write(operation)
    elif fate == LATER:
        server.late.append(operation)
    if fate == ANSWERED:
        model.completed(operation, sent, answer())
    else:
        model.unknown(operation)


def read(model: Model, server: Server, number: int) -> list[Observation]:
    """Read both and return what does not fit."""
    query = to_text(canary_of(number))
    get = Operation(Scenario.GET, canary_of(number), "GET", "/", key="k")
    look = Operation(
        Scenario.SESSION_READ, canary_of(number), "GET", "/", store=STORE, session=SESSION, sends_session=True
    )
    held = to_text(SESSION)
    log = {"query": query, "before": held, "after": held, "log": [to_text(one) for one in server.log]}
    seen = [
        *READERS[Scenario.GET](get, model.sent(get, 0, ()), {"query": query, "value": to_text(server.value)}),
        *READERS[Scenario.SESSION_READ](look, model.sent(look, 0, ()), log),
    ]
    return [one for one in seen if one.value != one.expected]


def play(steps: list[str], *, puts: bool, loses: int = -1) -> list[Observation]:
    """Play the steps of one client; return what did not fit at any read."""
    model, server = Model(), Server(loses)
    login = Operation(Scenario.LOGIN, canary_of(1), "POST", "/", store=STORE, session=SESSION)
    cookie = (("set-cookie", f"{SESSION_COOKIES[STORE]}=x"),)
    model.completed(login, model.sent(login, 0, ()), Response(200, cookie, b"", keeps_alive=True, size=0))
    wrong: list[Observation] = []
    for number, step in enumerate([*steps, "read"], start=2):
        if step == "read":
            wrong += read(model, server, number)
        elif step == "arrive":
            if server.late:
                server.write(server.late.pop())
        else:
            carry_out(model, server, put(number) if puts else append(number), step)
    return wrong


@settings(max_examples=150, deadline=None, derandomize=True)
@given(steps=STEPS, puts=st.booleans())
def test_no_outcome_of_an_unknown_write_is_an_anomaly(steps: list[str], puts: bool) -> None:
    assert play(steps, puts=puts) == []


@settings(max_examples=80, deadline=None, derandomize=True)
@given(before=st.lists(st.just(ANSWERED), max_size=5), puts=st.booleans())
def test_an_acknowledged_write_that_is_lost_is_one(before: list[str], puts: bool) -> None:
    wrong = play([*before, ANSWERED], puts=puts, loses=len(before))
    assert {one.field for one in wrong} == {Field.READ if puts else Field.SESSION_LOG_MISSING}
