"""A Plex whose certificate nobody knows, with and without `insecure_tls`."""

from __future__ import annotations

import ssl

import pytest

from tests.harness.sync import Desk
from tests.harness.worker import Shift


@pytest.fixture(autouse=True)
def _encrypted(desk: Desk, self_signed: ssl.SSLContext) -> None:
    desk.plex.encrypt(self_signed)


def test_an_unknown_certificate_will_do_if_the_user_said_so(desk: Desk) -> None:
    desk.configure(insecure_tls=True)
    assert desk.plex.url.startswith("https://")
    assert "10 synced" in desk.sync()
    assert desk.rig.title(1) == desk.rig.films[0].title


def test_otherwise_the_queue_waits_with_advice_and_nothing_is_sent(
    desk: Desk, on_shift: Shift
) -> None:
    desk.configure(insecure_tls=False)
    before = desk.rig.title(1)
    on_shift.event(1)
    pause = on_shift.worker.pause
    assert pause is not None
    assert pause.is_about_settings
    assert "the connection to Plex is not trusted: certificate verify failed" in str(pause.error)
    assert "turn on insecure_tls" in pause.error.advice
    assert desk.plex.requests.count() == 0
    assert desk.rig.title(1) == before
    assert on_shift.store.failures() == []

    desk.configure(insecure_tls=True)
    on_shift.go_on(60)
    assert desk.rig.title(1) == desk.rig.films[0].title
