"""The HTTP side that both simulators share: threads, keep-alive, latency, faults, counters."""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import Self

from simulators import faults as fault
from simulators.faults import Faults

CONTROL_PREFIX = "/__simulator__/"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `query` keeps order, repeats and empty values; header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    raw_query: str = ""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}" + (f"?{self.raw_query}" if self.raw_query else "")

    def arg(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter."""
        return dict(self.query).get(name, default)


@dataclass(frozen=True, slots=True)
class Response:
    """`content_type` "": the header is left out. `parts`: what follows after the body, without an
    end; b"" for nothing at the moment."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()
    parts: Generator[bytes, None, None] | None = None


@dataclass(slots=True)
class RequestLog:
    """The requests that arrived, in order, faults included. Thread-safe."""

    entries: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: Request) -> None:
        with self._lock:
            self.entries.append(request)

    def clear(self) -> None:
        with self._lock:
            self.entries.clear()

    def matching(self, method: str = "", path_prefix: str = "") -> list[Request]:
        with self._lock:
            return [
                entry
                for entry in self.entries
                if method in ("", entry.method) and entry.path.startswith(path_prefix)
            ]

    def count(self, method: str = "", path_prefix: str = "") -> int:
        return len(self.matching(method, path_prefix))

    def by_method(self) -> dict[str, int]:
        with self._lock:
            return dict(Counter(entry.method for entry in self.entries))


class SimulatorServer:
    """A server on 127.0.0.1 that can be stopped and started again on the same port.

    A subclass answers in `handle`, which runs in one thread per connection. `latency_s` is added
    to every answer. `stop` also cuts open connections, as a server that goes away does.
    """

    def __init__(self, *, port: int = 0, latency_s: float = 0.0) -> None:
        self.latency_s = latency_s
        self.faults = Faults()
        self.requests = RequestLog()
        self._port = port
        self._tls: ssl.SSLContext | None = None
        self._http: _HttpServer | None = None
        self._thread: threading.Thread | None = None

    def handle(self, request: Request) -> Response:
        raise NotImplementedError

    def control(self, request: Request) -> Response:
        """Requests to `/__simulator__/`, for a driver in another process; they are not counted."""
        command = request.path.removeprefix(CONTROL_PREFIX)
        if command == "requests" and request.method == "GET":
            return json_response({"total": self.requests.count(), **self.requests.by_method()})
        if command == "requests" and request.method == "DELETE":
            self.requests.clear()
            return json_response({})
        return Response(404, b"unknown simulator command")

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        return self._http is not None

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on, and nothing else."""
        self._tls = context
        if self._http is not None:
            self._http.encrypt(context)

    def start(self) -> Self:
        self._http = _HttpServer(("127.0.0.1", self._port), self)
        self._port = self._http.server_address[1]
        if self._tls is not None:
            self._http.encrypt(self._tls)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._http is None or self._thread is None:
            return
        self._http.stopping.set()
        self._http.shutdown()
        self._http.cut_connections()
        self._http.server_close()
        self._thread.join()
        self._http = self._thread = None

    def __enter__(self) -> Self:
        return self.start() if self._http is None else self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], simulator: SimulatorServer) -> None:
        self.simulator = simulator
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the game; anything else is a bug in the simulator."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _HttpServer

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            # Where the client has died, flushing fails and would leave this end of it open.
            self.rfile.close()

    def do_GET(self) -> None:
        self._answer()

    do_PUT = do_POST = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        request = self._read()
        simulator = self.server.simulator
        if request.path.startswith(CONTROL_PREFIX):
            self._send(simulator.control(request))
            return
        simulator.requests.add(request)
        if simulator.latency_s:
            time.sleep(simulator.latency_s)
        found = simulator.faults.take(request.line)
        if found is None:
            self._send(simulator.handle(request))
        else:
            self._misbehave(found, request)

    def _misbehave(self, found: fault.Fault, request: Request) -> None:
        simulator = self.server.simulator
        match found.action:
            case fault.Reply(status, body, content_type, headers):
                self._send(Response(status, body, content_type, headers))
            case fault.Delay(seconds):
                self._wait(found, seconds)
                self._send(simulator.handle(request))
            case fault.Hang():
                self._wait(found, None)
                self._hang_up()
            case fault.Drop(applied):
                if applied:
                    simulator.handle(request)
                self._hang_up()
            case fault.Truncate(keep_bytes):
                self._send(simulator.handle(request), keep_bytes)
                self._hang_up()
            case fault.Call(action):
                action()
                self._send(simulator.handle(request))

    def _wait(self, found: fault.Fault, seconds: float | None) -> None:
        end = None if seconds is None else time.monotonic() + seconds
        while not self.server.stopping.is_set() and not found.cleared.wait(0.02):
            if end is not None and time.monotonic() >= end:
                return

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            raw_query=parts.query,
        )

    def _send(self, response: Response, keep_bytes: int | None = None) -> None:
        self.send_response(response.status)
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        if response.parts is not None:
            self.send_header("Transfer-Encoding", "chunked")
        elif response.status != 304:
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if response.parts is not None:
            self._send_parts(response.parts, keep_bytes)
        elif self.command != "HEAD":
            self.wfile.write(response.body[:keep_bytes])
        self.wfile.flush()

    def _send_parts(self, parts: Generator[bytes, None, None], keep_bytes: int | None) -> None:
        """As they come, until there are no more, somebody hangs up, or so many bytes were sent."""
        left = keep_bytes
        self.wfile.flush()
        with closing(parts):
            for part in parts:
                if self.server.stopping.is_set() or _has_left(self.connection):
                    break
                sent = part[:left]
                if sent:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent))
                    self.wfile.flush()
                left = None if left is None else left - len(sent)
                if left == 0:
                    break
            else:
                self.wfile.write(b"0\r\n\r\n")
                return
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        _cut(self.connection)


def _has_left(connection: socket.socket) -> bool:
    """Whether a client that awaits an answer has hung up: else it has nothing to say."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


def json_response(content: object, status: int = 200) -> Response:
    return Response(status, json.dumps(content).encode(), "application/json")
