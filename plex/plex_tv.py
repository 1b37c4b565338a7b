"""plex.tv, for signing in only: a code that the user enters there, and the servers they own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, fromstring

import plexapi
import requests
from plexapi.exceptions import BadRequest, PlexApiException
from plexapi.myplex import MyPlexAccount, MyPlexPinLogin, MyPlexResource, ResourceConnection

from errors import PermanentError, TransientError
from logs.redact import remember_secret
from net.session import CarefulSession, ServerBusy, cause
from plex.client import introduce_ourselves
from plex.own_identity import PLEX_TV

LINK_PAGE = "https://plex.tv/link"
READ_TIMEOUT_S = 20.0

# How long plex.tv keeps a code, should it not say so.
USUAL_VALIDITY_S = 900.0

BY_HAND = "Or set plex_url and plex_token by hand; the README says where to find the token."

# plexapi tells the status only in its text, which holds the address and the answer's body as well.
_STATUS = re.compile(r"\((\d{3})\)")


class SignInFailed(PermanentError):
    """Nobody was signed in, or no server was found; nothing was changed."""

    reason = "sign-in"


class CodeExpired(SignInFailed):
    """The code was not entered in time."""

    def __init__(self) -> None:
        super().__init__(
            "the code has expired and nobody is signed in",
            advice="Start it again: it shows a new code.",
        )


_NEEDS_INTERNET = "Signing in needs the internet where Stash runs; try again later."
_NEEDS_TRUST = (
    "If a proxy of your network looks into what is encrypted, name its certificate in ca_file."
)


class PlexTvUnavailable(TransientError):
    """plex.tv doesn't answer, or not as it should."""

    reason = "plex.tv unavailable"

    def __init__(self, what: str, advice: str = _NEEDS_INTERNET) -> None:
        super().__init__(what, advice=f"{advice} {BY_HAND}")


@dataclass(frozen=True, slots=True)
class Code:
    """What the user enters at LINK_PAGE. `pin`: by which plex.tv knows it; who has that can ask for
    the token as well."""

    text: str
    valid_s: float
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Connection:
    """One way to a server as it was told to plex.tv. `uri` is mostly https with a name made of the
    address, such as https://192-168-1-10.….plex.direct:32400."""

    uri: str
    address: str
    port: int
    is_local: bool
    is_relay: bool


@dataclass(frozen=True, slots=True)
class AccountServer:
    """A Plex Media Server that the account owns or may use. `token` opens this server only."""

    name: str
    identifier: str
    is_owned: bool
    requires_https: bool
    connections: tuple[Connection, ...]
    token: str = field(repr=False)


class PlexTv:
    """One sign-in. Every method may raise PlexTvUnavailable or SignInFailed.

    `base`: another address for plex.tv, for tests. The token it gets is known to the redaction
    before anybody else sees it.
    """

    def __init__(self, client_id: str, base: str = PLEX_TV) -> None:
        introduce_ourselves(client_id)
        self._session = _PlexTvSession(base)
        self._number = ""

    def new_code(self) -> Code:
        with _translated():
            # plexapi 4.17 asks plex.tv at once, 4.18 when it is asked for the code.
            pin = _Pin(self._session)
            text, self._number = pin.pin, pin.number
        if not (text and self._number):
            raise PlexTvUnavailable("plex.tv's answer has no code")
        return Code(str(text), pin.valid_s, self._number)

    def resume(self, pin: str) -> None:
        """Go on with a code that another process has asked for."""
        self._number = pin

    def token(self) -> str | None:
        """The account's token, None until the user has entered the code. Raises CodeExpired."""
        if not self._number:
            return None
        try:
            with _translated():
                token = self._pin_now().get("authToken", "")
        except _NotFound:
            raise CodeExpired from None
        remember_secret(token)
        return token or None

    def _pin_now(self) -> Element:
        address = f"{PLEX_TV}/api/v2/pins/{quote(self._number, safe='')}"
        answer = self._session.get(address, headers=plexapi.BASE_HEADERS)
        if not answer.ok:
            raise BadRequest(f"({answer.status_code})")
        return fromstring(answer.text)

    def servers(self, token: str) -> list[AccountServer]:
        """The account's servers, others' servers that it may use included."""
        with _translated():
            account = MyPlexAccount(
                token=token, session=self._session, timeout=self._session.timeout
            )
            remember_secret(account.authToken)
            found = [each for each in account.resources() if _is_server(each)]
            return [_server(each, token) for each in found]

    def close(self) -> None:
        self._session.close()


class _PlexTvSession(CarefulSession):
    """plexapi has plex.tv's address in its classes: it is replaced here, and no other is let
    through."""

    def __init__(self, base: str) -> None:
        super().__init__(read_timeout_s=READ_TIMEOUT_S)
        self._base = base

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if not str(url).startswith(f"{PLEX_TV}/"):
            raise requests.exceptions.InvalidURL("not plex.tv")
        path = str(url).removeprefix(PLEX_TV)
        return super().request(method, f"{self._base}{path}", *args, **kwargs)


class _Pin(MyPlexPinLogin):
    """plexapi forgets how long a code is valid, and its own check takes every failure for an
    expired one."""

    def __init__(self, session: CarefulSession) -> None:
        self.valid_s = USUAL_VALIDITY_S
        super().__init__(  # type: ignore[no-untyped-call]
            session=session, requestTimeout=session.timeout
        )

    @property
    def number(self) -> str:
        return str(self._id or "")

    def _query(self, *args: Any, **kwargs: Any) -> Element | None:
        answer: Element | None = super()._query(*args, **kwargs)  # type: ignore[no-untyped-call]
        left = "" if answer is None else answer.get("expiresIn", "")
        if left.isdigit() and self._code is None:
            self.valid_s = float(left)
        return answer


class _NotFound(PlexTvUnavailable):
    pass


@contextmanager
def _translated() -> Iterator[None]:
    """No error of plexapi's is passed on as it is: its text may hold what was sent."""
    try:
        yield
    except ServerBusy as error:
        raise PlexTvUnavailable(f"plex.tv is busy: it answers {error.status}") from None
    except requests.exceptions.SSLError as error:
        raise PlexTvUnavailable(f"plex.tv is not trusted: {cause(error)}", _NEEDS_TRUST) from None
    except requests.RequestException as error:
        raise PlexTvUnavailable(f"plex.tv does not answer: {cause(error)}") from None
    except PlexApiException as error:
        raise _from_status(error) from None
    except (ParseError, AttributeError, TypeError, ValueError):
        raise PlexTvUnavailable("plex.tv answers something unexpected") from None


def _from_status(error: Exception) -> PlexTvUnavailable | SignInFailed:
    found = _STATUS.match(str(error))
    status = found[1] if found else "an error"
    if status == "404":
        return _NotFound("plex.tv has no such page")
    if status in ("401", "403", "422", "498"):
        return SignInFailed(
            f"plex.tv refuses the sign-in: it answers {status}",
            advice=f"Start it again: it shows a new code. {BY_HAND}",
        )
    return PlexTvUnavailable(f"plex.tv answers {status}")


def _is_server(resource: MyPlexResource) -> bool:
    return "server" in (resource.provides or "").split(",")


def _server(resource: MyPlexResource, account_token: str) -> AccountServer:
    token = resource.accessToken or account_token
    remember_secret(token)
    return AccountServer(
        name=resource.name or resource.clientIdentifier,
        identifier=resource.clientIdentifier,
        is_owned=bool(resource.owned),
        requires_https=bool(resource.httpsRequired),
        connections=tuple(_connection(each) for each in resource.connections if each.uri),
        token=token,
    )


def _connection(connection: ResourceConnection) -> Connection:
    return Connection(
        uri=connection.uri.rstrip("/"),
        address=connection.address or "",
        port=connection.port or 0,
        is_local=bool(connection.local),
        is_relay=bool(connection.relay),
    )
