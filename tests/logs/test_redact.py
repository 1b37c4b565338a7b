"""No secret leaves the process, whatever text it turns up in."""

from __future__ import annotations

import pytest
import requests

from logs.redact import HIDDEN, forget_secret, redact, remember_secret

TOKEN = "s3cret-Pl3x_T0ken"


@pytest.mark.parametrize(
    "text",
    [
        f"http://plex:32400/library?X-Plex-Token={TOKEN}&type=1",
        f"http://plex:32400/library?type=1&x-plex-token={TOKEN}",
        f"http://stash:9999/scene/1/stream?apikey={TOKEN}",
        f"https://login?next=%2Flibrary%3FX-Plex-Token%3D{TOKEN}",
        f"X-Plex-Token: {TOKEN}",
        f"ApiKey: {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"authorization: Basic {TOKEN}",
        f"Cookie: session={TOKEN}; theme=dark",
        f"Set-Cookie: session={TOKEN}; Path=/",
        f'{{"plex_token": "{TOKEN}", "plex_url": "http://plex"}}',
        f'{{"settings": "{{\\"plex_token\\": \\"{TOKEN}\\"}}"}}',
        f"{{'X-Plex-Token': '{TOKEN}', 'Accept': '*/*'}}",
        f"{{'X-Plex-Token': b'{TOKEN}'}}",
        f'<Device name="PlexSync" authToken="{TOKEN}" />',
        f'<MediaContainer accessToken="{TOKEN}">',
        f'"apiKey":"{TOKEN}"',
        f"api_key = {TOKEN}",
    ],
)
def test_credentials_are_hidden_by_their_names(text: str) -> None:
    cleaned = redact(text)
    assert TOKEN not in cleaned
    assert HIDDEN in cleaned


def test_what_stands_around_a_credential_stays() -> None:
    assert redact(f"GET http://plex/x?X-Plex-Token={TOKEN}&type=1 failed") == (
        f"GET http://plex/x?X-Plex-Token={HIDDEN}&type=1 failed"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Stash refuses our session: it has expired",
        "scene 7: wrote title, tags",
        "Check plex_token in the plugin's settings.",
        "the token belongs in plex_token",
        "http://plex:32400/library/sections/1/all?type=1",
        "obsession=banana",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"Max retries exceeded with url: /{TOKEN}/library",
        f"InvalidHeader: 'Bad value: {TOKEN}'",
        f"({TOKEN})",
        f"{TOKEN}{TOKEN}",
    ],
)
def test_a_known_secret_is_hidden_wherever_it_stands(text: str) -> None:
    assert TOKEN in redact(text)
    remember_secret(TOKEN)
    assert TOKEN not in redact(text)


def test_a_secret_within_another_one_gives_nothing_away() -> None:
    remember_secret("abcdef")
    remember_secret("abcdef-longer")
    assert redact("x abcdef-longer y abcdef") == f"x {HIDDEN} y {HIDDEN}"


@pytest.mark.parametrize("secret", [None, "", "abc"], ids=["none", "empty", "short"])
def test_what_is_no_secret_blanks_out_nothing(secret: str | None) -> None:
    remember_secret(secret)
    assert redact("abc abcabc") == "abc abcabc"


def test_a_secret_that_was_replaced_can_be_forgotten() -> None:
    remember_secret(TOKEN)
    forget_secret(TOKEN)
    forget_secret(TOKEN)
    assert redact(TOKEN) == TOKEN


def test_the_text_of_a_requests_error_is_clean() -> None:
    remember_secret(TOKEN)
    with requests.Session() as session, pytest.raises(requests.RequestException) as error:
        session.get("http://127.0.0.1:9", params={"X-Plex-Token": TOKEN}, timeout=1)
    assert TOKEN in str(error.value)
    assert TOKEN not in redact(str(error.value))


@pytest.mark.parametrize(
    "text",
    [
        "upstream said: Cookie: other=abcdef123456; more=abcdef123456",
        '{"Set-Cookie": "other=abcdef123456; Path=/"}',
        "headers map[Cookie:[other=abcdef123456]]",
    ],
)
def test_a_cookie_of_any_name_is_hidden(text: str) -> None:
    assert "abcdef123456" not in redact(text)


def test_a_sentence_about_cookies_stays() -> None:
    assert redact("the session cookie has expired") == "the session cookie has expired"
