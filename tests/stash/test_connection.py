"""From what Stash says about itself to an address that can be connected to."""

from __future__ import annotations

from typing import Any

import pytest

from logs import redact
from stash.connection import StashConnection

COOKIE = {"Name": "session", "Value": "the-cookies-value", "Path": "/", "MaxAge": 3600}


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_secrets", set())


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"Scheme": "http", "Host": "0.0.0.0", "Port": 9999}, "http://127.0.0.1:9999"),
        ({"Scheme": "http", "Host": "", "Port": 9999}, "http://127.0.0.1:9999"),
        ({"Scheme": "http", "Host": "::", "Port": 9999}, "http://[::1]:9999"),
        ({"Scheme": "http", "Host": "[::]", "Port": 9999}, "http://[::1]:9999"),
        ({"Scheme": "http", "Host": "fe80::7", "Port": 80}, "http://[fe80::7]:80"),
        ({"Scheme": "https", "Host": "stash.lan", "Port": 9998}, "https://stash.lan:9998"),
        ({"Scheme": "http", "Host": "localhost", "Port": "9997"}, "http://localhost:9997"),
        ({}, "http://127.0.0.1:9999"),
        ({"Scheme": None, "Host": None, "Port": None}, "http://127.0.0.1:9999"),
    ],
    ids=str,
)
def test_the_address_can_be_connected_to(given: dict[str, Any], url: str) -> None:
    assert StashConnection.from_plugin_input(given).url == url


def test_the_cookies_value_is_taken_and_kept_secret() -> None:
    connection = StashConnection.from_plugin_input({"SessionCookie": COOKIE})
    assert connection.cookie == "the-cookies-value"
    assert redact.redact("x the-cookies-value y") == f"x {redact.HIDDEN} y"


@pytest.mark.parametrize("cookie", [None, {}, {"Value": None}, "text"], ids=repr)
def test_without_a_cookie_there_is_none(cookie: object) -> None:
    assert StashConnection.from_plugin_input({"SessionCookie": cookie}).cookie == ""


@pytest.mark.parametrize(
    ("host", "verified"),
    [
        ("0.0.0.0", False),
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("::1", False),
        ("localhost", False),
        ("stash.lan", True),
        ("192.168.1.5", True),
        ("::1:2:3", True),
        ("localhost.example.org", True),
        ("127.example.org", True),
    ],
)
def test_only_on_this_machine_a_certificate_goes_unchecked(host: str, verified: bool) -> None:
    """Stash's own is often self-signed."""
    assert StashConnection.from_plugin_input({"Host": host}).verify_tls is verified
