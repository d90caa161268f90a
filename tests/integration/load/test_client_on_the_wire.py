"""What a client sends, on which connections, and what it records when the answer goes wrong."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.layout import Ending, Field, Kind
from harness.history.scenarios import Scenario
from harness.load import connections
from harness.load.cache import SharedCache
from harness.load.client import Client
from harness.load.connections import Connection, SharedConnections, address_number, usable_sources
from harness.load.recording import Recorder
from harness.workload.maker import SOURCES, Maker
from harness.workload.operation import Item, Manner, Operation, Policy
from harness.workload.specs import unread_body
from tests.integration.load.peers import Details, Peer, Rows, Wire, not_found

StartPeer = Callable[..., Peer]


def operation(number: int, policy: Policy = Policy.KEEP_ALIVE, **more: Any) -> Operation:
    canary = make_canary(CanaryKind.OPERATION, 0, 1, number)
    made = Operation(Scenario.NOT_FOUND, canary, "GET", "/missing", policy=policy, source="127.0.0.7")
    return replace(made, **more)


def single(number: int, policy: Policy = Policy.KEEP_ALIVE, **more: Any) -> Item:
    return Item(Manner.SEQUENCE, (operation(number, policy, **more),))


def client(address: tuple[str, int], rows: Rows, timeout_s: float = 10.0, **more: Any) -> Client:
    return Client(address, 0, 1, 7, Recorder(rows), timeout_s, **more)


def answer_all(wire: Wire) -> None:
    while request := wire.read():
        wire.send(not_found(request))


def test_an_operation_carries_its_canaries_in_the_protocols_headers(peer: StartPeer, rows: Rows) -> None:
    server = peer(Wire.answer)
    asked = operation(1, Policy.FRESH, session=0x2000000000000009, cookies=(("canary", "abc"),))
    one = client(server.address, rows)
    (completion,) = one.perform(Item(Manner.SEQUENCE, (asked,)))
    assert completion.failure is None
    assert completion.scenario == "not_found"
    assert completion.latency_s > 0
    assert completion.bytes_received > 100
    text = to_text(asked.canary)
    assert server.wires[0].requests[0].decode().split("\r\n") == [
        "GET /missing HTTP/1.1",
        f"Host: 127.0.0.1:{server.address[1]}",
        f"X-Canary: {text}",
        f"X-Crosstalk: {text}.2000000000000009.10",
        "Cookie: canary=abc",
        "Connection: close",
        "",
        "",
    ]
    assert server.wires[0].address == "127.0.0.7"
    assert rows.kinds(asked.canary) == [Kind.INVOKE, Kind.OK]
    assert rows.of(asked.canary, Kind.OK)[0]["value"] == 404


@pytest.mark.parametrize(
    ("host", "binds"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("127.9.9.9", True),
        ("192.0.2.1", False),
        ("::1", False),
        ("x", False),
    ],
)
def test_sources_are_bound_only_towards_loopback(host: str, binds: bool) -> None:
    assert usable_sources(host, SOURCES) == (SOURCES if binds else ())


def test_a_source_that_cannot_be_bound_is_not_used() -> None:
    assert usable_sources("127.0.0.1", ("192.0.2.1",)) == ()


def test_an_address_is_a_number() -> None:
    assert address_number("127.0.0.2") == 0x7F000002
    assert address_number("") == address_number("::1") == address_number("None") == 0


def test_a_kept_connection_carries_one_operation_after_the_other(peer: StartPeer, rows: Rows) -> None:
    server = peer(answer_all)
    one = client(server.address, rows)
    for number in (1, 2, 3):
        one.perform(single(number))
    one.perform(single(4, Policy.FRESH))
    one.close()
    invokes = [row for row in rows.all() if row["kind"] == Kind.INVOKE]
    assert [row["ordinal"] for row in invokes] == [1, 2, 3, 1]
    assert [row["detail"] for row in invokes] == [1, 1, 1, 2]
    assert len({row["connection"] for row in invokes}) == 2
    assert [len(wire.requests) for wire in server.wires] == [3, 1]


def test_a_shared_connection_carries_operations_of_several_clients(peer: StartPeer, rows: Rows) -> None:
    server = peer(answer_all)
    pool = SharedConnections()
    first = client(server.address, rows, shared=pool)
    second = Client(server.address, 0, 2, 7, Recorder(rows), shared=pool)
    first.perform(single(1, Policy.SHARED))
    second.perform(single(2, Policy.SHARED))
    first.close()
    second.close()
    pool.close()
    assert len(server.wires) == 1
    assert [row["ordinal"] for row in rows.all() if row["kind"] == Kind.INVOKE] == [1, 2]


def test_a_connection_the_target_closed_meanwhile_is_not_used_again(peer: StartPeer, rows: Rows) -> None:
    gone = threading.Event()

    def answer_and_leave(wire: Wire) -> None:
        wire.answer()
        wire.socket.close()
        gone.set()

    server = peer(answer_and_leave, answer_all)
    one = client(server.address, rows)
    one.perform(single(1))
    assert gone.wait(10)
    (completion,) = one.perform(single(2))
    one.close()
    assert completion.failure is None
    assert [len(wire.requests) for wire in server.wires] == [1, 1]


def test_an_answer_that_says_close_ends_the_connection(peer: StartPeer, rows: Rows) -> None:
    server = peer(lambda wire: wire.answer(Connection="close"))
    one = client(server.address, rows)
    for number in (1, 2):
        assert one.perform(single(number))[0].failure is None
    assert len(server.wires) == 2


def test_a_group_is_sent_whole_before_the_first_answer(peer: StartPeer, rows: Rows) -> None:
    together = threading.Barrier(3)

    def wait_for_the_others(wire: Wire) -> None:
        request = wire.read()
        together.wait(10)
        wire.send(not_found(request))

    server = peer(wait_for_the_others)
    group = tuple(operation(number, Policy.FRESH) for number in (1, 2, 3))
    completions = client(server.address, rows).perform(Item(Manner.PARALLEL, group))
    assert [completion.failure for completion in completions] == [None] * 3
    assert len(server.wires) == 3


def pipeline(*numbers: int) -> Item:
    return Item(Manner.PIPELINED, tuple(operation(number) for number in numbers))


def test_a_pipeline_is_sent_whole_on_one_connection(peer: StartPeer, rows: Rows) -> None:
    def answer_three_at_once(wire: Wire) -> None:
        wire.answer()
        requests = [wire.read() for _ in range(3)]
        for request in requests:
            wire.send(not_found(request))
        wire.read()

    server = peer(answer_three_at_once)
    one = client(server.address, rows)
    one.perform(single(1))  # shows that this target keeps connections
    completions = one.perform(pipeline(2, 3, 4))
    one.close()
    assert [completion.failure for completion in completions] == [None] * 3
    assert [row["ordinal"] for row in rows.all() if row["kind"] == Kind.INVOKE] == [1, 2, 3, 4]


@pytest.mark.parametrize("whole", [True, False])
def test_a_late_answer_in_a_pipeline_is_never_taken_for_the_next_one_s(
    peer: StartPeer, rows: Rows, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    def answer_late(wire: Wire) -> None:
        first, second = wire.read(), wire.read()
        answers = not_found(first) + not_found(second)
        wire.send(answers if whole else answers[:20])
        wire.read()

    one = client(peer(answer_all, answer_late).address, rows)
    one.perform(single(1))
    # From here on every look at the clock is later than any deadline.
    clock = count(1_000_000, 1_000)
    monkeypatch.setattr(connections, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    completions = one.perform(pipeline(2, 3))
    one.close()
    # What has arrived whole is an answer, however late; what has not is nobody's.
    assert [completion.failure for completion in completions] == [None if whole else "no response"] * 2


def test_a_pipeline_that_answers_out_of_order_is_noticed(peer: StartPeer, rows: Rows) -> None:
    def answer_backwards(wire: Wire) -> None:
        wire.answer()
        first, second = wire.read(), wire.read()
        wire.send(not_found(second) + not_found(first))
        wire.read()

    one = client(peer(answer_backwards).address, rows)
    one.perform(single(1))
    completions = one.perform(pipeline(2, 3))
    one.close()
    assert [completion.failure for completion in completions] == ["foreign response header"] * 2


def test_nothing_is_pipelined_to_a_target_that_closes_connections(peer: StartPeer, rows: Rows) -> None:
    server = peer(lambda wire: wire.answer(Connection="close"))
    one = client(server.address, rows)
    completions = one.perform(single(1)) + one.perform(pipeline(2, 3, 4))
    assert [completion.failure for completion in completions] == [None] * 4
    assert [len(wire.requests) for wire in server.wires] == [1] * 4


def test_what_could_not_be_sent_has_failed(rows: Rows) -> None:
    group = Item(Manner.PARALLEL, (operation(1), operation(2)))
    with socket.socket() as deaf:  # holds a port and does not listen on it
        deaf.bind(("127.0.0.1", 0))
        completions = client(deaf.getsockname(), rows).perform(group)
    assert [completion.failure for completion in completions] == ["never sent"] * 2
    for asked in group.operations:
        assert rows.kinds(asked.canary) == [Kind.INVOKE, Kind.FAIL]


def silence(wire: Wire) -> None:
    wire.read()
    wire.read()  # until the client leaves


def leave(wire: Wire) -> None:
    wire.read()


def leave_rudely(wire: Wire) -> None:
    wire.read()
    wire.reset()


def torn(wire: Wire) -> None:
    wire.send(not_found(wire.read())[:-1])


@pytest.mark.parametrize("script", [silence, leave, leave_rudely, torn])
def test_what_was_sent_and_not_answered_is_unknown(
    peer: StartPeer, rows: Rows, script: Callable[[Wire], None]
) -> None:
    details = Details()
    timeout_s = 0.05 if script is silence else 10.0
    server = peer(script)
    one = Client(server.address, 0, 1, 7, Recorder(rows, details), timeout_s)
    (completion,) = one.perform(single(1))
    one.close()
    assert completion.failure == "no response"
    asked = operation(1).canary
    assert rows.kinds(asked) == [Kind.INVOKE, Kind.INFO]
    ends = {"silence": "timed out", "leave_rudely": "reset by the target"}
    how = ends.get(script.__name__, "closed by the target")
    assert details == [(asked, f"no response: {how}")]


def test_what_is_no_response_is_unknown_and_did_not_parse(peer: StartPeer, rows: Rows) -> None:
    def nonsense(wire: Wire) -> None:
        wire.read()
        wire.send(b"{}POST /missing HTTP/1.1\r\n\r\n")

    (completion,) = client(peer(nonsense).address, rows).perform(single(1))
    asked = operation(1).canary
    assert completion.failure == "garbled response"
    assert rows.kinds(asked) == [Kind.INVOKE, Kind.INFO]
    (row,) = rows.of(asked, Kind.OBSERVE)
    assert (row["point"], row["expected"], row["value"]) == (Field.BODY_PARSED, 1, 0)


def response_counts(rows: Rows, number: int) -> list[int]:
    found = rows.of(operation(number).canary, Kind.OBSERVE)
    return [row["value"] for row in found if row["point"] == Field.RESPONSE_COUNT]


def test_a_second_response_at_once_is_noticed(peer: StartPeer, rows: Rows) -> None:
    def answer_twice(wire: Wire) -> None:
        request = wire.read()
        wire.send(not_found(request) * 2)

    one = client(peer(answer_twice).address, rows)
    (completion,) = one.perform(single(1))
    one.close()
    assert completion.failure == "more than one response"
    assert response_counts(rows, 1) == [1, 2]


def test_a_second_response_that_comes_later_is_noticed_too(peer: StartPeer, rows: Rows) -> None:
    answered, sent = threading.Event(), threading.Event()

    def answer_twice(wire: Wire) -> None:
        request = wire.read()
        wire.send(not_found(request))
        assert answered.wait(10)
        wire.send(not_found(request))
        sent.set()
        wire.read()

    one = client(peer(answer_twice, answer_all).address, rows)
    one.perform(single(1))
    answered.set()
    assert sent.wait(10)
    (completion,) = one.perform(single(2))
    one.close()
    assert completion.failure is None
    assert response_counts(rows, 1) == [1, 2]
    assert response_counts(rows, 2) == [1]


BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
#: Seeds of an unread body of a known length, and of one in chunks.
WHOLE, CHUNKED = 2, 1


def take_the_body_for_requests(wire: Wire) -> None:
    head, _, body = wire.read().partition(b"\r\n\r\n")
    wire.send(unread(head))
    for inner in body.split(b"\r\n\r\n")[:-1]:
        wire.send(not_found(inner) if b"X-Canary" in inner else BAD_REQUEST)
    answer_unread(wire)


def answer_unread(wire: Wire) -> None:
    while request := wire.read():
        wire.send(unread(request))


def unread(request: bytes) -> bytes:
    """Return what a right target answers to UNREAD_BODY."""
    found = re.search(rb"canary=(\w+)", request)
    assert found is not None
    reply = b'{"query": "%s"}' % found[1]
    answer = not_found(request).replace(b"404 NOT FOUND", b"200 OK")
    return answer.replace(b"Length: 2", b"Length: %d" % len(reply)).removesuffix(b"no") + reply


@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.parametrize("seed", [WHOLE, CHUNKED])
def test_an_unread_body_that_becomes_the_next_requests_is_noticed(
    peer: StartPeer, rows: Rows, broken: bool, seed: int
) -> None:
    post, again = unread_body(Maker(Random(seed), 0, 1)).operations
    assert ("Transfer-Encoding" in dict(post.headers)) is (seed == CHUNKED)
    item = Item(Manner.SEQUENCE, (post, replace(post, canary=again.canary, path=again.path)))
    one = client(peer(take_the_body_for_requests if broken else answer_unread, answer_unread).address, rows)
    failures = [completion.failure for completion in one.perform(item)]
    one.close()
    assert (failures == [None, None]) is not broken


def test_another_status_than_the_one_asked_for_is_a_failure(peer: StartPeer, rows: Rows) -> None:
    details = Details()
    server = peer(lambda wire: wire.answer(Set_Cookie="session=secret"))
    one = Client(server.address, 0, 1, 7, Recorder(rows, details))
    (completion,) = one.perform(single(1, Policy.FRESH, scenario=Scenario.ABORT))
    assert completion.failure == "unexpected status"
    assert details[0][1].startswith("unexpected status: status 404; body of 2 bytes with no canary; ")
    assert "secret" not in details[0][1]


STREAM_HEAD = (
    "HTTP/1.1 200 OK\r\nX-Canary-Echo: {0}\r\nX-Canary-G: {0}\r\nX-Canary-G-Found: {1}\r\n"
    "Vary: Cookie\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def stream_of(number: int, scenario: Scenario, chunks: int) -> Item:
    return single(number, Policy.FRESH, scenario=scenario, path="/stream", chunks=chunks)


def chunk(text: str) -> bytes:
    line = f"{text}.{text}.{'0' * 16}\n"
    return f"{len(line):x}\r\n{line}\r\n".encode()


@pytest.mark.parametrize(("resets", "end_seen"), [(True, "reset"), (False, "b''")])
def test_a_client_that_leaves_in_the_middle_of_a_stream_resets_the_connection_or_closes_it(
    peer: StartPeer, rows: Rows, resets: bool, end_seen: str
) -> None:
    text = to_text(operation(1).canary)
    seen: list[str] = []

    def send_until_the_client_is_gone(wire: Wire) -> None:
        wire.read()
        wire.send(STREAM_HEAD.format(text, "0" * 16).encode() + chunk(text))
        try:
            seen.append(str(wire.socket.recv(1)))
        except ConnectionResetError:
            seen.append("reset")

    server = peer(send_until_the_client_is_gone)
    asked = replace(stream_of(1, Scenario.STREAM_DISCONNECT, 20).operations[0], resets=resets)
    (completion,) = client(server.address, rows).perform(Item(Manner.SEQUENCE, (asked,)))
    server.close()
    assert seen == [end_seen]
    assert completion.failure is None
    (end,) = rows.of(operation(1).canary, Kind.OK)
    assert (end["value"], end["detail"]) == (200, 1)
    assert response_counts(rows, 1) == []


PAGE_HEAD = "HTTP/1.1 200 OK\r\nX-Canary-Echo: {0}\r\nX-Canary-G: {0}\r\nX-Canary-G-Found: {1}\r\n"


def page_of(session: int, vary: str) -> Callable[[Wire], None]:
    """Return a script that answers every request with the page of *session*."""

    def answer(wire: Wire) -> None:
        while request := wire.read():
            canary = re.search(rb"X-Canary: (\w+)", request)
            assert canary is not None
            own = canary[1].decode()
            body = f'{{"session": "{to_text(session)}", "made_for": "{own}"}}'
            head = PAGE_HEAD.format(own, "0" * 16)
            wire.send(f"{head}{vary}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    return answer


def page(number: int, session: int, cookie: str) -> Item:
    asked = operation(
        number,
        Policy.FRESH,
        session=session,
        scenario=Scenario.SHARED_PAGE,
        path="/page/1",
        cookies=(("session", cookie),),
        shared_cache=True,
    )
    return Item(Manner.SEQUENCE, (asked,))


MINE, THEIRS = (make_canary(CanaryKind.SESSION, 0, number, 1) for number in (1, 2))


@pytest.mark.parametrize(
    ("vary", "failure", "requests"),
    [("Vary: Cookie\r\n", None, 2), ("", "foreign page out of a shared cache", 1)],
)
def test_two_clients_of_a_process_share_a_cache(
    peer: StartPeer, rows: Rows, vary: str, failure: str | None, requests: int
) -> None:
    """A page is asked for twice: from the target by one, and by another if Vary lets the cache tell them."""
    server = peer(page_of(MINE, vary), page_of(THEIRS, vary))
    cache = SharedCache()
    first, second = (
        Client(server.address, 0, number, 7, Recorder(rows), 10.0, cache=cache) for number in (1, 2)
    )
    first.perform(page(1, MINE, "mine"))
    (again,) = first.perform(page(2, MINE, "mine"))
    (completion,) = second.perform(page(3, THEIRS, "theirs"))
    assert again.failure is None or not vary  # without Vary: the bell of that rings too, at the first
    assert completion.failure == failure
    assert len(server.wires) == requests
    ends = {row["op"]: row["detail"] for row in rows.all() if row["kind"] == Kind.OK}
    cached, whole = Ending.CACHED, Ending.WHOLE
    assert list(ends.values()) == [whole, cached, whole if vary else cached]
    assert rows.kinds(operation(2).canary) == [Kind.INVOKE, Kind.OK]


def test_a_client_without_a_shared_cache_has_one_of_its_own(peer: StartPeer, rows: Rows) -> None:
    server = peer(page_of(MINE, ""))
    client(server.address, rows).perform(page(1, MINE, "mine"))
    client(server.address, rows).perform(page(2, MINE, "mine"))
    assert len(server.wires) == 2


def test_the_chunks_of_a_stream_that_broke_off_are_kept(peer: StartPeer, rows: Rows) -> None:
    text = to_text(operation(1).canary)

    def break_off(wire: Wire) -> None:
        wire.read()
        wire.send(STREAM_HEAD.format(text, "0" * 16).encode() + chunk(text))

    (completion,) = client(peer(break_off).address, rows).perform(stream_of(1, Scenario.STREAM, 3))
    assert completion.failure == "no response"
    assert rows.kinds(operation(1).canary) == [Kind.INVOKE, Kind.INFO]
    points = [row["point"] for row in rows.of(operation(1).canary, Kind.OBSERVE)]
    assert points == [Field.CHUNK, Field.CHUNK, Field.SESSION]


def test_a_client_that_is_stopped_halfway_records_what_was_sent(
    peer: StartPeer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    one = client(peer(answer_all).address, rows)
    monkeypatch.setattr(Connection, "receive", stopped)
    with pytest.raises(KeyboardInterrupt):
        one.perform(Item(Manner.PARALLEL, (operation(1, Policy.FRESH), operation(2, Policy.FRESH))))
    for number in (1, 2):
        assert rows.kinds(operation(number).canary) == [Kind.INVOKE, Kind.INFO]


def test_a_login_without_an_answer_is_followed_by_another_login(peer: StartPeer, rows: Rows) -> None:
    one = client(peer(leave).address, rows, mix={Scenario.SESSION_READ: 1})
    one.perform(one.next_item())  # the cold start
    scenarios = [one.step()[0].scenario for _ in range(6)]
    assert set(scenarios) == {"login"}
