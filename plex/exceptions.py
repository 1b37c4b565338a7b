"""How talking to Plex can fail, and what plexapi's, requests' and the XML parser's errors mean."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError

import requests
from plexapi import exceptions as plexapi_errors
from urllib3.exceptions import ReadTimeoutError

from errors import (
    Outage,
    PermanentError,
    ServerUnavailable,
    SettingsError,
    SyncError,
    TransientError,
)
from logs.redact import redact
from net.session import TLS_WORDS, ServerBusy, cause

MAX_TEXT = 300

# plexapi tells the status only in its text: "(503) service_unavailable; <url> <body>".
_STATUS = re.compile(r"\((\d{3})\)")

# How OpenSSL 1.1 to 3.1 and newer ones name an answer that isn't TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "record layer failure")

# The server's matter, whatever the request was: overloaded, starting, or a proxy without it.
UNAVAILABLE_STATUSES = frozenset({408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 530})


class PlexTemporaryError(TransientError):
    """Plex failed in a way that may pass."""

    reason = "plex error"


class PlexUnavailable(PlexTemporaryError, ServerUnavailable):
    """Plex doesn't answer, is starting or overloaded, or something else answers in its place."""

    reason = "plex unavailable"


class PlexTooSlow(PlexUnavailable):
    """Plex has taken the request, but not answered in time: it may have been too large."""


class PlexReplaced(PlexUnavailable):
    """Another server answers at the address: what we know of the former one says nothing of it."""

    reason = "another Plex"


class PlexUnreadable(PlexUnavailable):
    """Plex, or something in its place, answers what is no XML, or only the beginning of it."""


def is_of_one_answer(error: SyncError) -> bool:
    """Whether another question may well be answered: this one's answer was bad, not the server."""
    if isinstance(error, PlexUnreadable):
        return True
    is_status = isinstance(error, (PlexTemporaryError, PlexRefused))
    return is_status and not isinstance(error, ServerUnavailable)


class PlexPermanentError(PermanentError):
    """Plex refuses, and would again."""

    reason = "plex refused"


class PlexRefused(PlexPermanentError):
    """Plex has answered that it refuses. What stands in between may have answered in its place, so
    this is final only after a few tries, and while the server answers other questions well."""


class PlexTooLarge(PlexRefused):
    """More than what answers there takes in one request, mostly a proxy's limit for uploads."""


class PictureTooLarge(PlexRefused):
    """What else was to be written is; this picture isn't sent again before long."""


class PlexSettingsError(PlexPermanentError, SettingsError):
    """Plex refuses because of a setting: the token, the address, a library's name."""

    reason = "plex settings"


class PlexNotFound(TransientError):
    """Plex has no item for this (yet): it may not have scanned the file."""

    reason = "not in Plex"


class BeingScanned(PlexNotFound):
    """Not yet, but Plex was asked to scan the file's folder a moment ago."""


def translate_plex_exception(error: Exception) -> SyncError:
    """The error of ours that says what `error` means. Ours come back as they are.

    Anything that nobody planned for is permanent: repeating a bug doesn't cure it.
    """
    match error:
        case SyncError():
            return error
        case plexapi_errors.Unauthorized():
            return unauthorized()
        case plexapi_errors.NotFound():
            return PlexNotFound(f"Plex has no such item: {_text(error)}")
        case plexapi_errors.BadRequest():
            return _from_status(error)
        case requests.exceptions.RequestException():
            return _from_requests(error)
        case ParseError():
            return PlexUnreadable(
                f"Plex's answer is cut short or not XML: {_text(error)}",
                advice=f"{_WAIT} If this stays, check plex_url: Stash itself or a proxy's login "
                "page reads so.",
            )
        case TypeError() if "'NoneType' object is not subscriptable" in str(error):
            # plexapi 4.18 looks statuses up in requests' table and stumbles over unknown ones.
            return PlexUnavailable("something in front of Plex answered with an unknown status")
    return PlexPermanentError(f"unexpected {type(error).__name__}: {_text(error)}")


_WAIT = (
    "Is Plex on, and can plex_url be reached from where Stash runs? What is queued is kept and "
    "synced when Plex is back."
)


def replaced(found: str, met: str) -> PlexReplaced:
    return PlexReplaced(
        f"another Plex answers at plex_url now, machine identifier {found} instead of {met}",
        advice="What was written to the former one stays stored for it; of this one nothing is "
        'known yet. Run the task "Sync all scenes" to bring it in step.',
    )


def unauthorized() -> PlexSettingsError:
    return PlexSettingsError(
        "Plex refuses the token",
        advice="Check plex_token in the plugin's settings, or sign in to Plex anew.",
    )


def not_plex(what: str) -> PlexUnavailable:
    """Something answered, but it isn't a Plex Media Server in working order."""
    return PlexUnavailable(
        f"plex_url leads to something that does not answer like Plex ({what})",
        advice="Check plex_url: the address of the server itself, without a proxy's login page.",
    )


def outage(error: SyncError) -> Outage:
    """The same failure, of a server that fails whatever it is asked."""
    if isinstance(error, Outage):
        return error
    if isinstance(error, (PlexRefused, PlexNotFound)):
        return PlexUnavailable(
            f"plex_url leads to something that does not answer like Plex ({error})",
            advice="Is a proxy in front of Plex that doesn't let us through, does plex_url begin "
            "with http:// where it must be https://, or is another program at that port? What is "
            "queued is kept.",
        )
    return PlexUnavailable(
        str(error),
        advice="Restart Plex; if that doesn't help, its own log says more. What is queued is kept "
        "and synced when Plex works again.",
    )


def error_of_probe(status: int) -> SyncError:
    """What a status other than 200 means where everybody is let in."""
    if status in UNAVAILABLE_STATUSES or status == 500:
        return PlexUnavailable(f"Plex is busy or starting: it answers {status}", advice=_WAIT)
    return _redirected() if 300 <= status < 400 else not_plex(f"status {status}")


def _from_requests(error: requests.RequestException) -> SyncError:
    match error:
        case ServerBusy():
            return PlexUnavailable(
                f"Plex is busy or starting: it answers {error.status}",
                advice=_WAIT,
                retry_after_s=error.retry_after_s,
                overloaded=True,
            )
        case requests.exceptions.SSLError():
            return _untrusted(error)
        case (
            requests.exceptions.InvalidURL()
            | requests.exceptions.MissingSchema()
            | requests.exceptions.InvalidSchema()
        ):
            return PlexSettingsError(f"plex_url is not usable: {_text(error)}")
    kind = PlexTooSlow if _is_read_timeout(error) else PlexUnavailable
    return kind(f"Plex does not answer: {cause(error)}", advice=_WAIT)


def _is_read_timeout(error: requests.RequestException) -> bool:
    """Before the answer, or within it, for which requests has another name."""
    inner = error.args[0] if error.args else None
    return isinstance(error, requests.ReadTimeout) or isinstance(inner, ReadTimeoutError)


def _untrusted(error: Exception) -> PlexSettingsError:
    if any(sign in str(error) for sign in _NO_TLS):
        return PlexSettingsError(
            "the connection to Plex is not trusted: what answers there doesn't encrypt",
            advice="Write http:// instead of https:// in plex_url, inside your own network.",
        )
    said = TLS_WORDS.search(str(error))
    return PlexSettingsError(
        f"the connection to Plex is not trusted: {said[1] if said else _text(error)}",
        advice="Use the address that Plex's certificate was made for, or http:// inside "
        "your own network, or turn on insecure_tls. If an authority of your own signed it, name "
        "its certificate in ca_file.",
    )


def _from_status(error: Exception) -> SyncError:
    found = _STATUS.match(str(error))
    status = int(found[1]) if found else 0
    if status in UNAVAILABLE_STATUSES:
        return PlexUnavailable(f"Plex is busy or starting: {_text(error)}", advice=_WAIT)
    if status == 403:
        return PlexSettingsError(
            "Plex does not allow this with the given token",
            advice="Use the token of the server's owner in plex_token.",
        )
    if status == 413:
        return PlexTooLarge("Plex, or a proxy in front of it, refuses so large a request (413)")
    if 300 <= status < 400:
        return _redirected()
    if status >= 500:
        return PlexTemporaryError(f"Plex failed: {_text(error)}")
    return PlexRefused(f"Plex refuses the request: {_text(error)}")


def _redirected() -> PlexSettingsError:
    return PlexSettingsError(
        "plex_url redirects somewhere else",
        advice="Set plex_url to the final address; redirected edits would be lost.",
    )


def _text(error: Exception) -> str:
    """The error's text without secrets, addresses' queries and pages of HTML."""
    text = re.sub(r"\?[^\s)]*", "", redact(str(error))) or type(error).__name__
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
