"""PlexClient: the requests that we make to a Plex Media Server, with typed answers and errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from http.client import IncompleteRead
from threading import Lock
from typing import Any, Literal
from xml.etree.ElementTree import Element, fromstring

import plexapi
import requests
from plexapi.exceptions import PlexApiException
from plexapi.server import PlexServer
from plexapi.utils import joinArgs
from requests.exceptions import ChunkedEncodingError

from errors import ServerUnavailable, SettingsError, SyncError
from logs.redact import remember_secret
from net.deadline import LONGEST_S, at_most
from net.event_stream import EventStream
from net.session import CONNECT_TIMEOUT_S, TIMES_LONGER
from plex.exceptions import (
    PlexNotFound,
    PlexPermanentError,
    PlexRefused,
    PlexUnavailable,
    error_of_probe,
    not_plex,
    outage,
    replaced,
    translate_plex_exception,
)
from plex.greeting import ask_on, greet_connections
from plex.items import SECTION_ITEMS, TYPE_NUMBERS, PlexItem, number
from plex.multiget import MultiGet
from plex.own_identity import headers
from plex.readable import PlexSession
from plex.write_limit import Turns, reading_only

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 30.0
CONNECT_ATTEMPTS = 3

_IDENTIFIER = re.compile(r'machineIdentifier="([^"]+)"')
_VERSION = re.compile(r'<MediaContainer[^>]*\bversion="([^"]+)"')


@dataclass(frozen=True, slots=True)
class PlexSection:
    """A library section; `type` is movie or show, `locations` its folders as Plex sees them."""

    key: str
    title: str
    type: str
    uuid: str
    locations: tuple[str, ...]

    @property
    def item_type(self) -> str:
        """The type of the items that hold files: movie or episode."""
        return SECTION_ITEMS[self.type]


class PlexClient:
    """One Plex server, connected on first use. Safe for several threads.

    It stays with the server that it met first: PlexReplaced is raised once another one answers.
    Whatever changes something there takes a turn of `turns`, which without that argument has none.
    Every method may raise what `plex.exceptions` defines, and writing what `turns` raises.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        client_id: str,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        connections: int = 4,
        verify_tls: bool = True,
        turns: Turns = reading_only,
    ) -> None:
        remember_secret(token)
        self.url = url
        self.connect_timeout_s = connect_timeout_s
        self.read_timeout_s = read_timeout_s
        self._token = token
        self._turns = turns
        self._server: PlexServer | None = None
        self._version = ""
        self._connecting = Lock()
        self._session = PlexSession(
            read_timeout_s=read_timeout_s, verify=verify_tls, connections=connections + 4
        )
        greet_connections(self._session, self._greet)
        self.times_identified = 0
        self._multi_get = MultiGet(self._get, self._living_key)
        introduce_ourselves(client_id)

    @property
    def server(self) -> PlexServer:
        """plexapi's server, connected with a few tries the first time it is needed."""
        with self._connecting:
            if self._server is None:
                self._server = self._connect()
            return self._server

    @property
    def machine_identifier(self) -> str:
        """What tells this server from any other; rating keys mean nothing without it."""
        return str(self.server.machineIdentifier)

    @property
    def version(self) -> str:
        """That of the server, as it was told last; "" if it tells none."""
        server = self.server
        return self._version or str(server.version or "")

    @property
    def ended_m(self) -> float:
        """When the last answer came, monotonic; 0 for never."""
        return self._session.ended_m

    def probe(self) -> None:
        """Returns if Plex is up, answers like Plex, and is the one that we have met."""
        self._recognize(self.identify())

    def confirm_server(self, since: int = -1) -> None:
        """Returns if the server that we have met still answers at the address; a proxy can send us
        to another one without a new connection. Not asked again if it was identified since
        `times_identified` was `since`."""
        if self.times_identified == since or since < 0:
            self.probe()

    def check(self) -> None:
        """Returns if Plex is up and gets at its libraries, which a Plex whose database is locked or
        damaged doesn't. Raises PlexUnavailable if not, or what is wrong with the settings."""
        self.probe()
        self.sections()

    def identify(self) -> str:
        """Who answers at the address: its machine identifier, by one small request that needs no
        token."""
        with at_most(TIMES_LONGER * self.connect_timeout_s), _translated():
            response = self._session.get(
                f"{self.url}/identity",
                headers=plexapi.BASE_HEADERS,
                timeout=(self.connect_timeout_s, self.connect_timeout_s),
            )
        return self._identified(response.status_code, response.text)

    def sections(self) -> list[PlexSection]:
        """The sections of type movie and show. Every Plex has this list, so what goes wrong here
        is PlexUnavailable or a matter of the settings, whatever the answer was."""
        with _whatever_is_asked():
            root = self._get("/library/sections")
        return [
            PlexSection(
                key=each.get("key", ""),
                title=each.get("title", ""),
                type=each.get("type", ""),
                uuid=each.get("uuid", ""),
                locations=tuple(found.get("path", "") for found in each.iterfind("Location")),
            )
            for each in root.iterfind("Directory")
            if each.get("type") in SECTION_ITEMS
        ]

    def listing(
        self,
        section: PlexSection,
        *,
        start: int,
        size: int,
        filters: Mapping[str, int] | None = None,
        sort: str = "id",
    ) -> Element:
        """One page of the section's items. Their tags are cut short by Plex.

        The answer may hold another number of items than asked; `totalSize` says how many exist.
        `filters` and `sort` name fields of the items; both are sent as plexapi sends them, and as
        its tests try them on real servers: of episodes with their type.
        """
        scope = "" if section.item_type == "movie" else f"{section.item_type}."
        params: dict[str, Any] = {
            "type": TYPE_NUMBERS[section.item_type],
            "sort": ",".join(f"{section.item_type}.{each}" for each in sort.split(",")),
            "includeGuids": 0,
            "excludeElements": "Genre,Country,Director,Writer,Role,Collection,Guid,Image,Rating",
            "excludeFields": "summary,tagline",
            "X-Plex-Container-Start": start,
            "X-Plex-Container-Size": size,
            **{f"{scope}{name}": value for name, value in (filters or {}).items()},
        }
        return self.in_section(section.key, "all", params)

    def in_section(self, section_key: str, path: str, params: Mapping[str, Any]) -> Element:
        """What this path below a section answers. To the path of a section that is gone Plex
        answers 404 or nothing at all; PlexNotFound in both cases."""
        where = f"/library/sections/{section_key}/{path}{joinArgs(params)}"
        root = self._query(self.server, where, self._session.get)
        if root is None:
            raise PlexNotFound(f"Plex has no library {section_key} any more")
        return _container(root)

    def items(self, rating_keys: Sequence[int]) -> dict[int, PlexItem]:
        """The items, or collections, with their complete metadata, by rating key. Those that don't
        exist are left out, for certain. One request per hundred; see `plex.multiget`."""
        return self._multi_get.items(rating_keys)

    def edit(self, items: Sequence[PlexItem], params: Mapping[str, str]) -> None:
        """Write the same to items of one section and type, in one request (see
        `plex.edits.handfuls` for how many); when this returns, Plex has confirmed it."""
        keys = [item.rating_key for item in items]
        if not (keys and params and min(keys) > 0):
            # Without an id this request would edit every item of the section.
            raise ValueError(f"nothing to edit for rating keys {keys}")
        if len({(item.section_key, item.type) for item in items}) > 1:
            raise ValueError(f"items of several sections or types: {keys}")
        if not items[0].section_key:
            raise PlexPermanentError(f"Plex does not say which library holds {keys}")
        ids = ",".join(str(key) for key in keys)
        query = {"type": TYPE_NUMBERS[items[0].type], "id": ids, **params}
        path = f"/library/sections/{items[0].section_key}/all{joinArgs(query)}"
        self._write(path, self._session.put, is_typical=len(items) == 1)

    def scan(self, section_key: str, folder: str) -> None:
        """Have the section look for files in this folder, which must be in one of its locations.
        Returns when Plex has taken the order; the scan itself takes its time."""
        query = joinArgs({"path": folder})
        path = f"/library/sections/{section_key}/refresh{query}"
        self._write(path, self._session.get, is_typical=False)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Element:
        """The container that this path answers."""
        return self._get(path, params)

    def send(
        self,
        method: Literal["PUT", "POST", "DELETE"],
        path: str,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        """A request that changes something; when this returns, Plex has confirmed it."""
        self._write(
            f"{path}{joinArgs(params or {})}",
            getattr(self._session, method.lower()),
            is_typical=body is None,
            **({} if body is None else {"data": body}),
        )

    def event_stream(self, path: str, silence_s: float) -> EventStream:
        """What this path tells as it happens, on a connection of its own that is yet to be opened;
        another server's raises PlexReplaced."""
        return EventStream(
            f"{self.url}{path}",
            {**plexapi.BASE_HEADERS, "X-Plex-Token": self._token},
            verify=self._session.verify or False,
            silence_s=silence_s,
            greet=self._greet,
        )

    def close(self) -> None:
        self._session.close()

    def _connect(self) -> PlexServer:
        try:
            return self._connect_once()
        except PlexUnavailable as error:
            return self._connect_again(error)

    def _connect_again(self, error: PlexUnavailable) -> PlexServer:
        """`error`: how the first attempt has failed."""
        from tenacity import (  # noqa: PLC0415 - the first attempt mostly does
            Retrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )

        retrying = Retrying(
            stop=stop_after_attempt(CONNECT_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.2, max=2.0),
            retry=retry_if_exception_type(PlexUnavailable),
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                if attempt.retry_state.attempt_number == 1:
                    raise error
                server = self._connect_once()
        return server

    def _connect_once(self) -> PlexServer:
        with _whatever_is_asked(), _translated():
            server = PlexServer(
                self.url,
                self._token,
                session=self._session,
                timeout=(self.connect_timeout_s, self.read_timeout_s),
            )
        # An empty answer leaves the attribute out.
        if not getattr(server, "machineIdentifier", None):
            raise not_plex("no machineIdentifier")
        log.debug("connected to Plex %s at %s", server.version, self.url)
        self.times_identified += 1
        return server

    def _greet(self, connection: Any) -> None:
        """Before anything is sent on a new connection. Whoever answers the first one is met."""
        if self._server is not None:
            url, headers = f"{self.url}/identity", plexapi.BASE_HEADERS
            try:
                answer = ask_on(connection, url, headers, self.connect_timeout_s)
            except IncompleteRead as error:
                # As requests would have it of an answer that it reads itself.
                raise translate_plex_exception(ChunkedEncodingError(error)) from None
            self._recognize(self._identified(*answer))

    def _identified(self, status: int, text: str) -> str:
        """The identifier; it may have another version than before, and no new connection is needed
        to learn that."""
        found = _identifier(status, text)
        version = _VERSION.search(text)
        self._version = version[1] if version else ""
        return found

    def _recognize(self, found: str) -> None:
        """Raises PlexReplaced if this isn't the server that we have met."""
        met = self._server.machineIdentifier if self._server else found
        if found != met:
            raise replaced(found, str(met))
        self.times_identified += 1

    def _living_key(self) -> int | None:
        """The rating key of any item that exists, None if the libraries are empty."""
        for section in self.sections():
            with suppress(PlexNotFound, PlexRefused):
                found = self.listing(section, start=0, size=1).find("Video")
                if found is not None:
                    return number(found.get("ratingKey"))
        return None

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Element:
        root = self._query(self.server, f"{path}{joinArgs(params or {})}", self._session.get)
        if root is None:
            raise not_plex("no MediaContainer")
        return _container(root)

    def _write(self, path: str, method: Any, *, is_typical: bool, **options: Any) -> None:
        server = self.server  # connected before its turn comes: that takes no part of it
        is_upload = "data" in options
        turn = self._turns(is_typical=is_typical, **({"is_upload": True} if is_upload else {}))
        with turn, at_most(LONGEST_S) if is_upload else nullcontext():
            _check_confirmation(self._query(server, path, method, **options))

    def _query(self, server: PlexServer, path: str, method: Any, **options: Any) -> Element | None:
        try:
            with _translated():
                root: Element | None = server.query(path, method=method, **options)
                return root
        except PlexNotFound:
            # A proxy in front of a Plex that is down says so of every path.
            self.probe()
            raise


def _identifier(status: int, text: str) -> str:
    """What an answer of `/identity` says. Raises PlexUnavailable."""
    if status != 200:
        raise error_of_probe(status)
    found = _IDENTIFIER.search(text)
    if found:
        return found[1]
    if text.strip():
        # What is no XML is told as it is of any other answer, so that one outage has one cause.
        with _translated():
            fromstring(text)
    raise not_plex("no machineIdentifier")


def _container(root: Element) -> Element:
    if root.tag != "MediaContainer":
        raise not_plex(f"<{root.tag[:40]}>")
    return root


def _check_confirmation(root: Element | None) -> None:
    """Plex confirms with little or nothing. A proxy's login page is no confirmation."""
    if root is not None and root.tag.lower().endswith("html"):
        raise not_plex(f"<{root.tag[:40]}>")


def introduce_ourselves(client_id: str) -> None:
    """Say so with every request. plexapi's server module holds this very dictionary, so it is
    changed in place."""
    plexapi.BASE_HEADERS.update(headers(client_id))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, PlexApiException) as error:
        raise translate_plex_exception(error) from None
    except (SyntaxError, TypeError) as error:  # ElementTree's ParseError is a SyntaxError
        raise translate_plex_exception(error) from error


@contextmanager
def _whatever_is_asked() -> Iterator[None]:
    """For questions that every Plex answers: who fails here fails whatever is asked, and no job is
    at fault."""
    try:
        yield
    except (ServerUnavailable, SettingsError):
        raise
    except SyncError as error:
        raise outage(error) from None
