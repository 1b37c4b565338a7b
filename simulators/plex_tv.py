"""A simulated plex.tv: codes that are entered, accounts, and the servers they may use.

Paths, fields and errors as plexapi 4.17 and 4.18 ask and read them; that a dead code answers 404
with error 1020 and that codes live 900 seconds was observed by others on the live service.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from simulators.http import Request, Response, SimulatorServer
from simulators.plex import PlexSimulator, markup

VALID_S = 900

_PIN = re.compile(r"/api/v2/pins/(\d+)")


@dataclass(frozen=True, slots=True)
class Way:
    """One connection of a server, as it reported it."""

    uri: str
    address: str
    port: int
    local: bool = True
    relay: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A device of an account; `token` opens it for this account."""

    name: str
    identifier: str
    token: str
    ways: Sequence[Way] = ()
    owned: bool = True
    provides: str = "server"
    https_required: bool = False


def owned(plex: PlexSimulator, name: str = "Home") -> Resource:
    """This Plex as a device of whoever owns it."""
    ways = [Way(plex.url, "127.0.0.1", plex.port)]
    return Resource(name, plex.library.machine_identifier, plex.token, ways)


@dataclass(slots=True)
class Account:
    username: str = "ada"
    token: str = "account-token-for-tests"
    resources: list[Resource] = field(default_factory=list)


@dataclass(slots=True)
class Pin:
    number: int
    code: str
    client: str
    made_at: float
    token: str = ""


class PlexTvSimulator(SimulatorServer):
    """plex.tv on 127.0.0.1. `link` does what a person does at plex.tv/link. `clock` is in
    seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.account = Account()
        self.valid_s = float(VALID_S)
        self.clock = clock
        self.pins: dict[int, Pin] = {}
        self._numbers = itertools.count(1_000_001)
        self._lock = threading.Lock()

    def link(self, code: str) -> None:
        """Enter the code, signed in as `account`. Raises LookupError if it doesn't exist."""
        with self._lock:
            for pin in self.pins.values():
                if pin.code == code and not self._is_dead(pin):
                    pin.token = self.account.token
                    return
        raise LookupError(f"no code {code}")

    def handle(self, request: Request) -> Response:
        client = request.headers.get("x-plex-client-identifier", "")
        if not client:
            return _error(400, 1000, "X-Plex-Client-Identifier is missing")
        with self._lock:
            if (request.method, request.path) == ("POST", "/api/v2/pins"):
                return self._make_pin(client)
            found = _PIN.fullmatch(request.path)
            if request.method == "GET" and found:
                return self._show_pin(int(found[1]), client)
            if request.method == "GET" and request.path in ("/api/v2/user", "/api/v2/resources"):
                if request.headers.get("x-plex-token") != self.account.token:
                    return _error(401, 1001, "User could not be authenticated")
                return self._show_user() if "user" in request.path else self._show_resources()
        return _error(404, 1002, "Not Found")

    def _make_pin(self, client: str) -> Response:
        number = next(self._numbers)
        pin = Pin(number, f"Q{number % 1000:03}", client, self.clock())
        self.pins[number] = pin
        return self._pin_xml(pin, 201)

    def _show_pin(self, number: int, client: str) -> Response:
        pin = self.pins.get(number)
        if pin is None or pin.client != client or self._is_dead(pin):
            return _error(404, 1020, "Code not found or expired")
        return self._pin_xml(pin, 200)

    def _is_dead(self, pin: Pin) -> bool:
        return self.clock() - pin.made_at >= self.valid_s

    def _pin_xml(self, pin: Pin, status: int) -> Response:
        pairs = {
            "id": pin.number,
            "code": pin.code,
            "product": "PlexSync",
            "trusted": 0,
            "clientIdentifier": pin.client,
            "expiresIn": int(self.valid_s - (self.clock() - pin.made_at)),
            "authToken": pin.token,
        }
        return markup.document(markup.element("pin", pairs), status)

    def _show_user(self) -> Response:
        pairs = {
            "id": 1234567,
            "uuid": "0123456789abcdef",
            "username": self.account.username,
            "title": self.account.username,
            "email": "ada@example.org",
            "authToken": self.account.token,
            "scrobbleTypes": 1,
            "maxHomeSize": 15,
        }
        parts = [
            markup.element("subscription", {"active": 0, "status": "Inactive"}),
            markup.element("profile", {"autoSelectAudio": 1, "autoSelectSubtitle": 0}),
        ]
        return markup.document(markup.element("user", pairs, "".join(parts)))

    def _show_resources(self) -> Response:
        rows = [_resource_xml(each) for each in self.account.resources]
        return markup.document(f"<resources>\n{''.join(rows)}</resources>\n")


def _resource_xml(resource: Resource) -> str:
    pairs: Mapping[str, object] = {
        "name": resource.name,
        "product": "Plex Media Server",
        "productVersion": "1.41.3.9314",
        "platform": "Linux",
        "clientIdentifier": resource.identifier,
        "createdAt": "2024-03-17T11:34:53Z",
        "lastSeenAt": "2024-04-19T19:09:52Z",
        "provides": resource.provides,
        "accessToken": resource.token,
        "owned": int(resource.owned),
        "home": 0,
        "synced": 0,
        "relay": int(any(each.relay for each in resource.ways)),
        "presence": 1,
        "httpsRequired": int(resource.https_required),
        "publicAddressMatches": 1,
        "dnsRebindingProtection": 0,
        "natLoopbackSupported": 0,
    }
    ways = "".join(
        markup.element(
            "connection",
            {
                "protocol": each.uri.partition(":")[0],
                "address": each.address,
                "port": each.port,
                "uri": each.uri,
                "local": int(each.local),
                "relay": int(each.relay),
                "IPv6": int(":" in each.address),
            },
        )
        for each in resource.ways
    )
    return markup.element("resource", pairs, f"<connections>\n{ways}</connections>\n")


def _error(status: int, code: int, message: str) -> Response:
    pairs = {"code": code, "message": message, "status": status}
    row = markup.element("error", pairs)
    return markup.document(f"<errors>\n{row}</errors>\n", status)
