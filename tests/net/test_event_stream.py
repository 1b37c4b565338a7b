"""Server-sent events: from bytes to events, and over HTTP from servers that behave in any way."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Generator, Iterator
from http.client import HTTPException, IncompleteRead
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net import event_stream
from net.event_stream import (
    MOST_EVENT_BYTES,
    Event,
    EventReader,
    EventStream,
    NoEventStream,
    StreamBroken,
)
from net.trust import also_trust
from simulators.faults import Action, Drop, Hang, Reply, Truncate
from simulators.http import Request, Response, SimulatorServer

PING = Event("ping", "{}")
PING_BYTES = b"event: ping\ndata: {}\n\n"


def read(*parts: bytes) -> list[Event]:
    reader = EventReader()
    return [event for each in parts for event in reader.feed(each)]


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (PING_BYTES, [PING]),
        (b"event: ping\r\ndata: {}\r\n\r\n", [PING]),
        (b"event: ping\rdata: {}\r\r", [PING]),
        (b"event:ping\ndata:{}\n\n", [PING]),
        (b"data: one\ndata:  two\n\n", [Event("", "one\n two")]),
        (b"data:\n\n", [Event("", "")]),
        (b"data\n\n", [Event("", "")]),
        (b"event: ping\n\ndata: x\n\n", [Event("", "x")]),
        (b": a comment\nid: 4\nretry: 9\nfoo: bar\ndata: x\n\n", [Event("", "x")]),
        ("data: one\u2028two\x0bthree\x85\n\n".encode(), [Event("", "one\u2028two\x0bthree\x85")]),
        (b"data: \xff\n\n", [Event("", "\ufffd")]),
        (b"\n\n\n\n", []),
        (b"data: cut off\n", []),
        (b"", []),
    ],
)
def test_lines_and_fields(content: bytes, events: list[Event]) -> None:
    assert read(content) == events
    assert read(*(content[place : place + 1] for place in range(len(content)))) == events


@given(st.lists(st.sampled_from([b"event: a", b"data: b", b"\r\n", b"\n", b"\r", b"c"])), st.data())
def test_it_is_the_same_however_it_is_cut(pieces: list[bytes], data: st.DataObject) -> None:
    content = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)))))
    parts = [content[a:b] for a, b in pairwise([0, *cuts, len(content)])]
    assert read(*parts) == read(content)


@pytest.mark.parametrize(
    "part", [b"x" * 4096, b"data: " + b"x" * 4096 + b"\n", b"data\n" * 800, b"event: y\n" * 400]
)
def test_what_it_keeps_has_bounds(part: bytes) -> None:
    reader: Any = EventReader()
    most = 0
    try:
        for _ in range(100):
            assert list(reader.feed(part)) == []
            most = max(most, len(reader._rest) + sum(len(x) + 1 for x in reader._data))
    except StreamBroken:
        assert not part.startswith(b"event")
    assert most <= MOST_EVENT_BYTES


def test_a_large_event_is_read_that_is_not_too_large() -> None:
    text = "x" * (MOST_EVENT_BYTES - 10)
    assert read(b"data: " + text.encode() + b"\n\n") == [Event("", text)]


# Over HTTP


class Server(SimulatorServer):
    """Answers with these parts, which then end, or with what it `says`."""

    def __init__(self, *parts: bytes) -> None:
        super().__init__()
        self.says: Callable[[], Generator[bytes, None, None]] = lambda: (each for each in parts)

    def handle(self, request: Request) -> Response:
        return Response(content_type="text/event-stream", parts=self.says())


@pytest.fixture(autouse=True)
def _no_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_SLICE_S", 0.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(PING_BYTES, b"data: a", b" b\n", b"\n", b"data: unfinished\n") as started:
        yield started


def stream(server: SimulatorServer, **options: Any) -> EventStream:
    options = {"verify": True, "silence_s": 30.0, **options}
    return EventStream(f"{server.url}/events?kind=a", {"X-Token": "a secret"}, **options)


def test_events_come_until_the_end(server: Server) -> None:
    assert list(stream(server).events()) == [PING, Event("", "a b")]
    (request,) = server.requests.entries
    assert request.line == "GET /events?kind=a"
    assert request.headers["x-token"] == "a secret"
    assert request.headers["accept"] == "text/event-stream"


def test_one_comes_while_the_stream_goes_on(server: Server) -> None:
    ends = threading.Event()

    def say() -> Generator[bytes, None, None]:
        yield PING_BYTES
        while not ends.wait(0.02):
            yield b""

    server.says = say
    events = stream(server).events()
    assert next(events) == PING
    ends.set()
    assert list(events) == []


@pytest.mark.parametrize(
    "action",
    [
        Reply(401),
        Reply(403),
        Reply(404, b"x" * 1000),
        Reply(302, headers=(("Location", "http://127.0.0.1:1/events"),)),
        Reply(204),
        Reply(200, b"<html>Log in</html>", "text/html; charset=utf-8"),
    ],
)
def test_who_has_no_stream_is_asked_once(server: Server, action: Action) -> None:
    server.faults.add(action)
    with pytest.raises(NoEventStream):
        list(stream(server).events())
    assert server.requests.count() == 1


@pytest.mark.parametrize(
    "action",
    [Reply(429), Reply(503), Reply(502), Drop(), Truncate(30), Reply(200, b"x" * 200_000, "")],
)
def test_what_may_pass_is_told_apart(server: Server, action: Action) -> None:
    server.faults.add(action)
    with pytest.raises((OSError, HTTPException)):
        list(stream(server).events())


def test_what_was_whole_before_it_broke_was_an_event(server: Server) -> None:
    server.faults.add(Truncate(len(PING_BYTES) + 3))
    events = stream(server).events()
    assert next(events) == PING
    with pytest.raises((OSError, IncompleteRead)):
        next(events)


def test_silence_ends_it(server: Server) -> None:
    server.faults.add(Hang())
    with pytest.raises(TimeoutError):
        list(stream(server, silence_s=0.05).events())


def test_the_address_alone_is_asked_whatever_the_environment_says(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert list(stream(server).events())


def is_over(thread: threading.Thread) -> bool:
    thread.join(30.0)
    return not thread.is_alive()


def in_a_thread(events: Callable[[], Iterator[Event]]) -> threading.Thread:
    def read_all() -> None:
        try:
            list(events())
        except (OSError, HTTPException):
            return

    thread = threading.Thread(target=read_all, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("encrypts", [False, True])
@pytest.mark.parametrize("has_answered", [False, True])
def test_it_can_be_closed_at_any_time(
    server: Server, self_signed: ssl.SSLContext, encrypts: bool, has_answered: bool
) -> None:
    if encrypts:
        server.encrypt(self_signed)
    begun = threading.Event()

    def say() -> Generator[bytes, None, None]:
        yield PING_BYTES
        begun.set()
        while True:
            threading.Event().wait(0.02)
            yield b""

    server.says = say
    if not has_answered:
        server.faults.add(Hang())
    opened = stream(server, verify=False)
    thread = in_a_thread(opened.events)
    while not (begun.is_set() if has_answered else server.requests.count()):
        threading.Event().wait(0.01)
    opened.close()
    assert is_over(thread)


def test_one_that_was_closed_before_sends_nothing(server: Server) -> None:
    opened = stream(server)
    opened.close()
    assert is_over(in_a_thread(opened.events))
    assert server.requests.count() == 0


def test_one_that_is_closed_while_it_greets_sends_nothing(server: Server) -> None:
    made: list[EventStream] = []
    made.append(stream(server, greet=lambda _connection: made[0].close()))
    with pytest.raises((OSError, HTTPException)):
        list(made[0].events())
    assert server.requests.count() == 0


def test_a_greeting_may_use_up_the_connection(server: Server) -> None:
    assert list(stream(server, greet=lambda connection: connection.close()).events())


def test_a_certificate_is_checked_and_may_be_one_of_ca_file(
    server: Server, authority: tuple[ssl.SSLContext, str], tmp_path: Any
) -> None:
    context, certificate = authority
    server.encrypt(context)
    with pytest.raises(ssl.SSLError):
        list(stream(server).events())
    assert list(stream(server, verify=False).events())
    assert list(stream(server, verify=certificate).events())
    also_trust(certificate)
    assert list(stream(server).events())
