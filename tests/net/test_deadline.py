"""A deadline for each request as a whole, against a server that drips a byte at a time."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests

from net.deadline import at_most
from net.session import CarefulSession, TookTooLong
from plex.client import PlexClient
from plex.exceptions import PlexTooSlow, PlexUnavailable
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable

READ_TIMEOUT_S = 10.0
LONGEST_S = 0.4

HEADS = {
    "in the head": b"HTTP/1.1 200 OK\r\nX-Drip: ",
    "in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
    "without a length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
}


class Dripping:
    """Answers every request with `head` and then a byte every few milliseconds, for ever."""

    def __init__(self, head: bytes, tls: ssl.SSLContext | None = None) -> None:
        self._head = head
        self._drop = b"1\r\n.\r\n" if b"chunked" in head else b"."
        self._tls = tls
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def end(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._threads:
            each.join(5.0)

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._drip, args=(taken,), daemon=True))
            self._threads[-1].start()

    def _drip(self, taken: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                taken = self._tls.wrap_socket(taken, server_side=True)
            with taken:
                taken.recv(65536)
                taken.sendall(self._head)
                while not self._ended.wait(0.02):
                    taken.sendall(self._drop)


@pytest.fixture
def drip() -> Iterator[Callable[..., Dripping]]:
    made: list[Dripping] = []

    def make(head: bytes = HEADS["in the body"], tls: ssl.SSLContext | None = None) -> Dripping:
        made.append(Dripping(head, tls))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def session() -> Iterator[CarefulSession]:
    with CarefulSession(read_timeout_s=READ_TIMEOUT_S, longest_s=LONGEST_S, verify=False) as opened:
        yield opened


@pytest.mark.parametrize("where", HEADS)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_what_drips_is_cut_off(
    drip: Callable[..., Dripping], session: CarefulSession, where: str, method: str
) -> None:
    """Without, it would go on for ever."""
    with pytest.raises(TookTooLong):
        session.request(method, drip(HEADS[where]).url, data=b"x" * 100)


def test_what_drips_encrypted_is_cut_off_too(
    drip: Callable[..., Dripping], session: CarefulSession, self_signed: ssl.SSLContext
) -> None:
    with pytest.raises(TookTooLong):
        session.get(drip(HEADS["in the body"], self_signed).url)


def test_a_block_can_give_another_limit_and_shares_it(
    drip: Callable[..., Dripping],
) -> None:
    with CarefulSession(read_timeout_s=READ_TIMEOUT_S) as patient:
        url = drip().url
        with at_most(LONGEST_S):
            with pytest.raises(TookTooLong), at_most(1000.0):
                patient.get(url)
            # Its time is up: nothing more is asked.
            with pytest.raises(TookTooLong):
                patient.get(url)


def test_a_request_can_be_given_up(drip: Callable[..., Dripping]) -> None:
    with CarefulSession(read_timeout_s=READ_TIMEOUT_S) as patient, at_most(1000.0) as deadline:
        timer = threading.Timer(0.2, deadline.cut)
        timer.start()
        with pytest.raises(TookTooLong):
            patient.get(drip().url)
        timer.join()


def test_a_connection_that_is_done_with_is_not_cut() -> None:
    """It may be another thread's by then."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        taken, _ = listener.accept()
        with taken:
            for _ in range(2):
                taken.recv(65536)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    serving = threading.Thread(target=answer)
    serving.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with CarefulSession(read_timeout_s=READ_TIMEOUT_S) as session:
        with at_most(1000.0) as former:
            assert session.get(url).text == "ok"
            former.cut()
        before_m = session.ended_m
        assert session.get(url).text == "ok"  # by the same connection
        assert session.ended_m > before_m
    serving.join()
    listener.close()


@pytest.mark.parametrize("where", HEADS)
def test_plex_cannot_hold_us_by_dripping(drip: Callable[..., Dripping], where: str) -> None:
    client = PlexClient(
        drip(HEADS[where]).url,
        "token",
        client_id="tests",
        connect_timeout_s=0.2,
        read_timeout_s=0.2,
    )
    with pytest.raises(PlexTooSlow):
        client.probe()
    with pytest.raises(PlexUnavailable):
        client.sections()
    client.close()


@pytest.mark.parametrize("where", HEADS)
def test_stash_cannot_hold_us_by_dripping(
    drip: Callable[..., Dripping], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr("stash.transport.READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr("stash.pictures.LONGEST_S", LONGEST_S)
    client = StashClient(StashConnection(drip(HEADS[where]).url))
    with pytest.raises(StashUnavailable):
        client.ping()
    with pytest.raises(StashUnavailable):
        client.cover(1)
    client.close()


def test_the_times_are_requests_own_kind_of_error() -> None:
    assert issubclass(TookTooLong, requests.ReadTimeout)
