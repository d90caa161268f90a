"""Bytes to responses: fed whole, byte by byte, and torn."""

from __future__ import annotations

import pytest

from harness.load.http import GarbledResponseError, Response, ResponseReader, encode_request

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Length: 5\r\nX-Canary-Echo: a\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"
EMPTY_CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
HEAD = OK + b"Content-Length: 5\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH
OLD = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"
OLD_KEPT = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"
CLOSING = OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello"
TO_THE_END = OK + b"\r\nhello"

#: what arrives, request's method, body, keeps the connection
WHOLE = {
    "length": (LENGTH, "GET", b"hello", True),
    "chunked": (CHUNKED, "GET", b"hello", True),
    "chunked, empty": (EMPTY_CHUNKED, "GET", b"", True),
    "HEAD has no body": (HEAD, "HEAD", b"", True),
    "204 has no body": (NO_CONTENT, "GET", b"", True),
    "100 comes first": (CONTINUED, "POST", b"hello", True),
    "HTTP/1.0 closes": (OLD, "GET", b"hello", False),
    "HTTP/1.0 keeps if it says so": (OLD_KEPT, "GET", b"hello", True),
    "closes if it says so": (CLOSING, "GET", b"hello", False),
    "to the end": (TO_THE_END, "GET", b"hello", False),
}


def read(data: bytes, method: str, size: int) -> tuple[Response | None, int]:
    reader = ResponseReader()
    reader.expect(method)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        response = reader.take()
        if response is not None:
            assert start + size >= len(data), "complete before its last byte"
            return response, reader.leftover
    reader.end()
    return reader.take(), reader.leftover


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize("name", WHOLE)
def test_a_response_is_the_same_in_any_pieces(name: str, size: int) -> None:
    data, method, body, keeps = WHOLE[name]
    response, leftover = read(data, method, size)
    assert response is not None
    assert (response.body, response.keeps_alive, leftover) == (body, keeps, 0)
    assert response.status in {200, 204}
    if b"100 Continue" not in data:
        assert response.size == len(data)


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "to the end"])
def test_a_torn_response_is_never_complete(name: str) -> None:
    data, method, _, _ = WHOLE[name]
    for length in range(len(data)):
        response, _ = read(data[:length], method, 10_000) if length else (None, 0)
        assert response is None


GARBLED = {
    "no status line": b"<html>",
    "another protocol": b"HTTP/2 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1 abc OK\r\n\r\n",
    "no header name": OK + b"nonsense\r\n\r\n",
    "blank before colon": OK + b"Server : x\r\n\r\n",
    "no length": OK + b"Content-Length: five\r\n\r\n",
    "negative length": OK + b"Content-Length: -5\r\n\r\n",
    "no chunk length": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "negative chunk length": OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
    "chunk length of Python's": OK + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
    "endless chunk length": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 100,
    "chunk too long": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nhel\r\n",
    "something after the last chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nHTTP",
    "endless head": OK + b"X: " + b"a" * 70_000,
}


@pytest.mark.parametrize("size", [1, 10_000_000])
@pytest.mark.parametrize("name", GARBLED)
def test_what_is_no_response_is_an_error(name: str, size: int) -> None:
    with pytest.raises(GarbledResponseError):
        read(GARBLED[name], "GET", size if len(GARBLED[name]) < 1000 else 10_000)


def test_pipelined_responses_come_in_order_and_what_is_too_much_is_left_over() -> None:
    reader = ResponseReader()
    for method in ("GET", "HEAD", "GET"):
        reader.expect(method)
    reader.feed(LENGTH + HEAD + CHUNKED + LENGTH)
    taken = [reader.take() for _ in range(3)]
    assert [response.body for response in taken if response] == [b"hello", b"", b"hello"]
    assert reader.take() is None
    assert reader.leftover == len(LENGTH)


def test_half_of_a_response_that_is_due_is_not_left_over() -> None:
    reader = ResponseReader()
    for method in ("GET", "GET"):
        reader.expect(method)
    reader.feed(LENGTH + CHUNKED[:-3])
    reader.end()
    assert reader.take() is not None
    assert reader.leftover == 0


def test_a_body_where_none_may_be_is_left_over() -> None:
    response, leftover = read(HEAD + b"hello", "HEAD", 10_000)
    assert response is not None
    assert leftover == 5


def test_partial_shows_what_arrived_so_far() -> None:
    reader = ResponseReader()
    reader.expect("GET")
    reader.feed(CHUNKED[:20])
    assert [reader.take(), reader.partial] == [None, None]
    reader.feed(CHUNKED[20:-15])
    assert reader.take() is None
    partial = reader.partial
    assert partial is not None
    assert (partial.status, partial.body) == (200, b"hel")


def test_headers_are_found_by_their_lower_case_name() -> None:
    response, _ = read(OK + b"Set-Cookie: a=1\r\nSET-COOKIE:b=2\r\nContent-Length: 0\r\n\r\n", "GET", 99)
    assert response is not None
    assert response.header("set-cookie") == "a=1"
    assert response.all_headers("set-cookie") == ["a=1", "b=2"]
    assert response.header("vary") is None


def test_requests_say_their_length_only_if_they_may_have_a_body() -> None:
    plain = encode_request("GET", "/a?b=c", "h:1", [("X-A", "b")], b"", close=False)
    assert plain == b"GET /a?b=c HTTP/1.1\r\nHost: h:1\r\nX-A: b\r\n\r\n"
    post = encode_request("POST", "/", "h:1", [], b"xy", close=True)
    assert post == b"POST / HTTP/1.1\r\nHost: h:1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nxy"
    foreign = encode_request("GET", "/", "h:1", [("X-Name", "日本")], b"", close=False)
    assert "\r\nX-Name: 日本\r\n".encode() in foreign
    assert b"Content-Length: 0" in encode_request("POST", "/", "h:1", [], b"", close=False)


def test_a_body_in_chunks_is_sent_as_it_is() -> None:
    chunked = [("Transfer-Encoding", "chunked")]
    sent = encode_request("POST", "/", "h:1", chunked, b"0\r\nX-T: 1\r\n\r\n", close=False)
    head = b"POST / HTTP/1.1\r\nHost: h:1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert sent == head + b"0\r\nX-T: 1\r\n\r\n"
