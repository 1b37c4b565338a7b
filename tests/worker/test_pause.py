"""Standing still for a server or a setting, and for how long."""

from __future__ import annotations

import json

import pytest

from errors import ServerUnavailable, SettingsError
from plex.exceptions import PlexSettingsError, PlexUnavailable
from worker.circuit import LONGEST_RETRY_AFTER_S, RECHECK_S, SETTINGS_PROBE_CAP_S, Pause

NOW = 1_700_000_000.0
NOW_M = 5000.0


def pause(error: ServerUnavailable | SettingsError) -> Pause:
    return Pause(error, NOW, NOW_M, checked_m=NOW_M)


def delays(paused: Pause, count: int) -> list[float]:
    return [paused.postpone(NOW_M, jitter=1.0) for _ in range(count)]


def test_a_server_is_asked_ever_more_seldom() -> None:
    assert delays(pause(PlexUnavailable("down")), 8) == [1, 2, 4, 8, 16, 32, 60, 60]


def test_settings_are_looked_at_more_often_since_somebody_is_watching() -> None:
    assert delays(pause(PlexSettingsError("token")), 6) == [1, 2, 4, 8, *[SETTINGS_PROBE_CAP_S] * 2]


def test_the_time_of_the_next_probe_is_remembered() -> None:
    paused = pause(PlexUnavailable("down"))
    assert paused.next_probe_m <= NOW_M
    delay_s = paused.postpone(NOW_M, jitter=0.0)
    assert paused.next_probe_m == NOW_M + delay_s


@pytest.mark.parametrize(
    ("asked_s", "waited_s"),
    [(None, 1.0), (0.0, 1.0), (0.5, 1.0), (30.0, 30.0), (1e9, LONGEST_RETRY_AFTER_S)],
)
def test_what_the_server_asks_for_counts_within_reason(
    asked_s: float | None, waited_s: float
) -> None:
    paused = pause(ServerUnavailable("busy", retry_after_s=asked_s))
    assert paused.postpone(NOW_M, jitter=1.0) == waited_s


def test_a_server_is_asked_at_every_probe_and_settings_now_and_then() -> None:
    assert pause(PlexUnavailable("down")).needs_check(NOW_M)
    about_settings = pause(PlexSettingsError("library"))
    assert not about_settings.needs_check(NOW_M + RECHECK_S - 1)
    assert about_settings.needs_check(NOW_M + RECHECK_S)


@pytest.mark.parametrize(
    ("error", "about_settings"),
    [
        (PlexSettingsError("token"), True),
        (SettingsError("url"), True),
        (PlexUnavailable("x"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_it_is_about_follows_the_error(
    error: ServerUnavailable | SettingsError, about_settings: bool
) -> None:
    assert pause(error).is_about_settings is about_settings


def test_the_note_tells_another_process_why_and_since_when() -> None:
    note = json.loads(pause(PlexSettingsError("Plex refuses", advice="Check plex_token.")).note())
    assert note == {
        "reason": "plex settings",
        "error": "Plex refuses",
        "advice": "Check plex_token.",
        "since": NOW,
    }
