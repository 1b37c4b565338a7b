"""Which addresses of a server are worth trying from here, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from plex.plex_tv import AccountServer, Connection


@dataclass(frozen=True, slots=True)
class Address:
    """`because` says what kind of address it is, for people."""

    url: str
    because: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """A server that answered in the local network, and where."""

    identifier: str
    url: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying an address: who answers there, or why nobody does."""

    address: Address
    identifier: str = ""
    problem: str = ""


IN_SETTINGS = "the address in plex_url"
LOCAL_HTTPS = "local and encrypted"
LOCAL_HTTP = "local, not encrypted"
REMOTE = "over the internet, encrypted"
RELAY = "through Plex's relay, which is slow and needs the internet"


def addresses_of(server: AccountServer, nearby: Iterable[Nearby] = ()) -> list[Address]:
    """The best first: local before remote, encrypted before plain, Plex's relay last.

    Without encryption only inside the local network, since the token would be readable on its
    way, and not where the server itself insists on encryption.
    """
    found = list(_encrypted(server.connections, is_local=True, because=LOCAL_HTTPS))
    if not server.requires_https:
        found += _plain(server.connections)
        found += [
            Address(each.url, LOCAL_HTTP) for each in nearby if each.identifier == server.identifier
        ]
    found += _encrypted(server.connections, is_local=False, because=REMOTE)
    found += [
        Address(each.uri, RELAY)
        for each in server.connections
        if each.is_relay and _is_https(each.uri)
    ]
    unique: dict[str, Address] = {}
    for each in found:
        unique.setdefault(each.url, each)
    return list(unique.values())


def best(trials: Sequence[Trial], identifier: str) -> Address | None:
    """The first address at which this very server answers."""
    return next((each.address for each in trials if each.identifier == identifier), None)


def trial_text(trial: Trial, identifier: str) -> str:
    """What came of it, for people."""
    if trial.problem:
        return f"{trial.address.url} ({trial.address.because}): {trial.problem}"
    if trial.identifier != identifier:
        return f"{trial.address.url} ({trial.address.because}): another Plex server answers there"
    return f"{trial.address.url} ({trial.address.because}): answers"


def _encrypted(
    connections: Iterable[Connection], *, is_local: bool, because: str
) -> Iterator[Address]:
    for each in connections:
        if _is_https(each.uri) and each.is_local == is_local and not each.is_relay:
            yield Address(each.uri, because)


def _plain(connections: Iterable[Connection]) -> Iterator[Address]:
    for each in connections:
        if not each.is_local or each.is_relay or not _is_private(each.address):
            continue
        if not _is_https(each.uri):
            yield Address(each.uri, LOCAL_HTTP)
        elif each.address and each.port:
            host = f"[{each.address}]" if ":" in each.address else each.address
            yield Address(f"http://{host}:{each.port}", LOCAL_HTTP)


def _is_https(url: str) -> bool:
    return urlsplit(url).scheme == "https"


def _is_private(address: str) -> bool:
    """A server with a public address of its own calls that local; names can't be told."""
    try:
        return not ip_address(address).is_global
    except ValueError:
        return True
