"""Covers and other pictures, fetched from the Stash that started us and from nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests

from net.deadline import answer_complete, at_most
from stash.exceptions import StashPictureError, StashUnauthorized, StashUnavailable

# Covers that users upload have no limit in Stash; this one only keeps our memory bounded.
MAX_COVER_BYTES = 64 * 1024 * 1024
_CHUNK = 256 * 1024
# For all of a picture; Stash is mostly on the same machine.
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Cover:
    """`etag` is Stash's name for these bytes, "" if it gave none."""

    content: bytes = field(repr=False)
    etag: str = ""


@dataclass(frozen=True, slots=True)
class NotModified:
    """Still what the given etag names."""


@dataclass(frozen=True, slots=True)
class NoCover:
    """Stash has none (yet) and serves its placeholder."""


CoverAnswer = Cover | NotModified | NoCover


# Where Stash serves the picture of an object, by its kind.
_PLACES = {
    "scene": "screenshot",
    "studio": "image",
    "tag": "image",
    "group": "frontimage",
}


def fetch_picture(
    session: requests.Session, stash_url: str, kind: str, object_id: int, etag: str
) -> CoverAnswer:
    """The cover of a scene, or the picture of a studio, tag or group, unless it is still the one
    that `etag` names ("": give it in any case).

    The address is made from the one that we already talk to: the one in Stash's answers may name
    an external host. Without a valid session Stash redirects to its login page; `session` doesn't
    follow. Raises StashUnauthorized, StashUnavailable, StashPictureError.
    """
    headers = {"Accept": "image/*", "If-None-Match": etag} if etag else {"Accept": "image/*"}
    url = f"{stash_url}/{kind}/{object_id}/{_PLACES[kind]}"
    name = f"the {'cover' if kind == 'scene' else 'picture'} of {kind} {object_id}"
    try:
        with (
            at_most(LONGEST_S) as deadline,
            session.get(url, headers=headers, stream=True) as response,
        ):
            if response.status_code == 304:
                return NotModified()
            _check_status(response, name)
            content = _read(response, name)
            if deadline.was_cut:  # an answer without a length ends where the connection does
                raise requests.ReadTimeout("the time for the answer was up")
    except requests.RequestException as error:
        raise StashUnavailable(
            f"Stash does not give {name}: {type(error).__name__}",
            advice="Nothing is lost; syncing goes on when Stash is back.",
        ) from None
    finally:
        answer_complete()
    return _cover(content, response, name)


def _check_status(response: requests.Response, name: str) -> None:
    if response.status_code in (301, 302, 303, 307, 308, 401, 403):
        raise StashUnauthorized(
            "Stash refuses our session: it has expired",
            advice="The next change in Stash, or any PlexSync task, brings a new one.",
        )
    if response.status_code != 200:
        raise StashPictureError(f"Stash answers {response.status_code} instead of {name}")


def _read(response: requests.Response, name: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > MAX_COVER_BYTES:
            raise StashPictureError(
                f"{name} is larger than {MAX_COVER_BYTES} bytes",
                advice="Give it a smaller picture in Stash.",
            )
    return bytes(content)


def _cover(content: bytes, response: requests.Response, name: str) -> CoverAnswer:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "image/svg+xml" or content[:256].lstrip().startswith(b"<svg"):
        return NoCover()
    if kind.startswith("text/") or not content:
        raise StashPictureError(f"Stash answers {kind or 'nothing'} instead of {name}")
    return Cover(content, response.headers.get("ETag", ""))
