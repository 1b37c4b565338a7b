"""The tree of errors, by which the worker decides."""

from __future__ import annotations

import pytest

from errors import (
    LeaseLost,
    Outage,
    PermanentError,
    ServerUnavailable,
    SettingsError,
    SyncError,
    TransientError,
)
from plex import exceptions as plex
from stash import exceptions as stash


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (TransientError, (SyncError,)),
        (PermanentError, (SyncError,)),
        (Outage, (TransientError,)),
        (ServerUnavailable, (Outage,)),
        (SettingsError, (PermanentError,)),
        (plex.PlexTemporaryError, (TransientError,)),
        (plex.PlexUnavailable, (plex.PlexTemporaryError, ServerUnavailable)),
        (plex.PlexPermanentError, (PermanentError,)),
        (plex.PlexSettingsError, (plex.PlexPermanentError, SettingsError)),
        (plex.PlexNotFound, (TransientError,)),
        (stash.StashUnavailable, (ServerUnavailable,)),
        (stash.StashUnauthorized, (Outage,)),
        (stash.PluginDisabled, (stash.StashUnauthorized,)),
        (stash.StashQueryError, (TransientError,)),
        (stash.StashQueryRefused, (SettingsError,)),
        (stash.UnreadableScene, (PermanentError,)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_error_is_of_its_kind(
    error: type[SyncError], bases: tuple[type[SyncError], ...]
) -> None:
    assert issubclass(error, bases)
    assert not issubclass(error, TransientError) or not issubclass(error, PermanentError)


def test_a_server_that_refuses_our_session_is_there() -> None:
    assert not issubclass(stash.StashUnauthorized, ServerUnavailable)


@pytest.mark.parametrize("error", [plex.PlexNotFound, plex.PlexTemporaryError])
def test_one_jobs_failure_is_no_outage(error: type[SyncError]) -> None:
    assert not issubclass(error, Outage)


def test_errors_carry_their_advice_and_show_their_message_alone() -> None:
    error = PermanentError("scene 7 has no file", advice="Assign one.")
    assert (str(error), error.advice, PermanentError("x").advice) == (
        "scene 7 has no file",
        "Assign one.",
        "",
    )


def test_an_outage_may_say_when_to_come_back() -> None:
    assert ServerUnavailable("busy", retry_after_s=7.0).retry_after_s == 7.0
    assert ServerUnavailable("busy").retry_after_s is None


def test_a_lost_lease_is_nothing_that_a_job_can_fail_with() -> None:
    assert not issubclass(LeaseLost, SyncError)
