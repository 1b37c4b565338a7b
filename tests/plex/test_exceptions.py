"""What plexapi's, requests' and the XML parser's errors mean: one row per line of the reference."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

import pytest
import requests
from plexapi import exceptions as plexapi_errors
from requests import exceptions as requests_errors

from errors import PermanentError, SyncError
from net.session import ServerBusy
from plex.exceptions import (
    MAX_TEXT,
    PlexNotFound,
    PlexPermanentError,
    PlexRefused,
    PlexSettingsError,
    PlexTemporaryError,
    PlexTooLarge,
    PlexTooSlow,
    PlexUnavailable,
    PlexUnreadable,
    error_of_probe,
    not_plex,
    translate_plex_exception,
    unauthorized,
)
from stash.exceptions import StashQueryError

TOKEN = "s3cret-Pl3x_T0ken"
URL = f"http://plex:32400/library/sections/1/all?type=1&X-Plex-Token={TOKEN}"


def bad_request(status: int, name: str = "some_name") -> plexapi_errors.BadRequest:
    """As plexapi words it: the status is only in the text."""
    return plexapi_errors.BadRequest(f"({status}) {name}; {URL} <html><body>{name}</body></html>")


def busy(status: int, retry_after: str = "") -> ServerBusy:
    response = requests.Response()
    response.status_code = status
    if retry_after:
        response.headers["Retry-After"] = retry_after
    return ServerBusy(response)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (plexapi_errors.Unauthorized(f"(401) unauthorized; {URL}"), PlexSettingsError),
        (plexapi_errors.NotFound(f"(404) not_found; {URL}"), PlexNotFound),
        (bad_request(400, "bad_request"), PlexRefused),
        (bad_request(403, "forbidden"), PlexSettingsError),
        (bad_request(408, "request_timeout"), PlexUnavailable),
        (bad_request(409, "conflict"), PlexRefused),
        (bad_request(413, "request_entity_too_large"), PlexTooLarge),
        (bad_request(414, "request_uri_too_large"), PlexRefused),
        (bad_request(429, "too_many_requests"), PlexUnavailable),
        (bad_request(500, "internal_server_error"), PlexTemporaryError),
        (bad_request(502, "bad_gateway"), PlexUnavailable),
        (bad_request(503, "service_unavailable"), PlexUnavailable),
        (bad_request(504, "gateway_timeout"), PlexUnavailable),
        (bad_request(507, "insufficient_storage"), PlexTemporaryError),
        (bad_request(301, "moved"), PlexSettingsError),
        (bad_request(302, "found"), PlexSettingsError),
        (bad_request(308, "resume"), PlexSettingsError),
        (plexapi_errors.BadRequest("no status at all"), PlexRefused),
        (busy(429), PlexUnavailable),
        (busy(503), PlexUnavailable),
        (TypeError("'NoneType' object is not subscriptable"), PlexUnavailable),
        (requests_errors.ConnectionError("refused"), PlexUnavailable),
        (requests_errors.ConnectTimeout("connect timeout=5"), PlexUnavailable),
        (requests_errors.ReadTimeout("read timeout=30"), PlexTooSlow),
        (requests_errors.ChunkedEncodingError("IncompleteRead"), PlexUnavailable),
        (requests_errors.ContentDecodingError("gzip"), PlexUnavailable),
        (requests_errors.SSLError("certificate verify failed"), PlexSettingsError),
        (requests_errors.InvalidURL("no host"), PlexSettingsError),
        (requests_errors.MissingSchema("no http"), PlexSettingsError),
        (requests_errors.InvalidSchema("ftp"), PlexSettingsError),
        (ParseError("no element found: line 1, column 0"), PlexUnreadable),
        (plexapi_errors.Unsupported("x"), PlexPermanentError),
        (plexapi_errors.UnknownType("x"), PlexPermanentError),
        (TypeError("'NoneType' object is not iterable"), PlexPermanentError),
        (KeyError("ratingKey"), PlexPermanentError),
        (ValueError("a bug"), PlexPermanentError),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, Exception) else value.__name__,
)
def test_every_failure_has_its_meaning(error: Exception, meaning: type[SyncError]) -> None:
    assert type(translate_plex_exception(error)) is meaning


@pytest.mark.parametrize(
    "error",
    [
        unauthorized(),
        PlexNotFound("x"),
        PlexTemporaryError("x"),
        StashQueryError("x"),
        PermanentError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_our_own_errors_come_back_as_they_are(error: SyncError) -> None:
    assert translate_plex_exception(error) is error


def test_a_bug_is_called_by_its_name() -> None:
    assert "unexpected KeyError: 'ratingKey'" in str(
        translate_plex_exception(KeyError("ratingKey"))
    )
    assert "unexpected ValueError: ValueError" in str(translate_plex_exception(ValueError()))


@pytest.mark.parametrize(
    ("asked", "seconds"), [("", None), ("30", 30.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
def test_a_busy_plex_is_an_outage_that_may_say_how_long(asked: str, seconds: float | None) -> None:
    error = translate_plex_exception(busy(503, asked))
    assert isinstance(error, PlexUnavailable)
    assert (error.retry_after_s, error.overloaded) == (seconds, True)


@pytest.mark.parametrize(
    "error",
    [
        bad_request(409),
        bad_request(500),
        plexapi_errors.NotFound(f"(404) not_found; {URL}"),
        requests_errors.ConnectionError(f"Max retries exceeded with url: {URL} (refused)"),
        requests_errors.InvalidURL(f"Failed to parse: {URL}"),
        ValueError(f"{{'X-Plex-Token': '{TOKEN}'}}"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_texts_hold_neither_token_nor_query(error: Exception) -> None:
    text = str(translate_plex_exception(error))
    assert TOKEN not in text
    assert "type=1" not in text


@pytest.mark.parametrize(
    ("said", "told", "advice"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, "
            "certificate is not valid for 'plex'. (_ssl.c:1006)",
            "trusted: certificate verify failed: Hostname mismatch, certificate is not valid for "
            "'plex'.",
            "insecure_tls",
        ),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "doesn't encrypt", "//"),
        ("[SSL] record layer failure (_ssl.c:1000)", "doesn't encrypt", "http:// instead of"),
    ],
)
def test_of_a_connection_that_is_not_trusted_only_the_reason_is_told(
    said: str, told: str, advice: str
) -> None:
    around = f"HTTPSConnectionPool(host='plex', port=32400): (Caused by SSLError(1, \"{said}\"))"
    error = translate_plex_exception(requests_errors.SSLError(around))
    assert str(error).endswith(told)
    assert "HTTPSConnectionPool" not in str(error)
    assert advice in error.advice


def test_pages_of_html_are_cut_short() -> None:
    text = str(translate_plex_exception(plexapi_errors.BadRequest("(409) x; " + "<p>" * 10_000)))
    assert len(text) < MAX_TEXT + 50
    assert text.endswith("…")


@pytest.mark.parametrize(
    "error",
    [
        unauthorized(),
        not_plex("<html>"),
        translate_plex_exception(bad_request(403)),
        translate_plex_exception(bad_request(302)),
        translate_plex_exception(busy(503)),
        translate_plex_exception(requests_errors.ConnectionError("refused")),
        translate_plex_exception(requests_errors.SSLError("verify failed")),
    ],
    ids=lambda error: str(error)[:40],
)
def test_what_people_can_do_something_about_comes_with_advice(error: SyncError) -> None:
    assert error.advice


@pytest.mark.parametrize(
    ("status", "meaning", "told"),
    [
        (503, PlexUnavailable, "busy or starting: it answers 503"),
        (500, PlexUnavailable, "busy or starting: it answers 500"),
        (520, PlexUnavailable, "busy or starting: it answers 520"),
        (302, PlexSettingsError, "redirects"),
        (401, PlexUnavailable, "does not answer like Plex"),
        (404, PlexUnavailable, "does not answer like Plex"),
    ],
)
def test_a_probe_that_is_answered_otherwise_has_its_meaning(
    status: int, meaning: type[SyncError], told: str
) -> None:
    error = error_of_probe(status)
    assert type(error) is meaning
    assert told in str(error)
