"""Whether anybody gets a picture from Stash, without our credentials."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from net.session import CarefulSession
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable

READ_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Open:
    """Anybody gets it."""


@dataclass(frozen=True, slots=True)
class LoginNeeded:
    """Stash asks for a login."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Stash gave neither a picture nor its login page."""

    because: str


Openness = Open | LoginNeeded | Unclear


def performer_pictures(connection: StashConnection, performer_id: int) -> Openness:
    """Ask for this performer's picture as a stranger would. Raises StashUnavailable.

    A placeholder counts: it is served to the same people. Without a login Stash answers 302 to its
    login page, which is not followed.
    """
    url = f"{connection.url}/performer/{performer_id}/image"
    stranger = CarefulSession(read_timeout_s=READ_TIMEOUT_S, verify=connection.verify_tls)
    try:
        with stranger.get(url, headers={"Accept": "image/*"}, stream=True) as response:
            return _openness(response)
    except requests.RequestException as error:
        raise StashUnavailable(
            f"Stash does not give a performer's picture: {type(error).__name__}"
        ) from None
    finally:
        stranger.close()


def _openness(response: requests.Response) -> Openness:
    status = response.status_code
    if status in (301, 302, 303, 307, 308, 401, 403):
        return LoginNeeded()
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status == 200 and kind.startswith("image/"):
        return Open()
    return Unclear(f"Stash answers {status} {kind or 'without a type'}")
