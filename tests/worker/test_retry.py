"""When a job is tried again, as numbers."""

from __future__ import annotations

import pytest

from errors import TransientError
from plex.exceptions import BeingScanned, PlexNotFound, PlexTemporaryError
from worker.retry import CAP_S, IMPATIENT_ATTEMPTS, MAX_ATTEMPTS, probe_delay_s, retry_delay_s

FAILED = PlexTemporaryError("Plex failed")
NOT_FOUND = PlexNotFound("not in Plex")
HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("attempt", "jitter", "delay_s"),
    [
        (1, 0.0, 0.0),
        (1, 0.5, 2.0),
        (1, 1.0, 4.0),
        (2, 1.0, 8.0),
        (5, 0.25, 16.0),
        (8, 1.0, 512.0),
        (9, 1.0, CAP_S),
        (11, 0.5, CAP_S / 2),
    ],
)
def test_tries_back_off_with_full_jitter_up_to_a_cap(
    attempt: int, jitter: float, delay_s: float
) -> None:
    assert retry_delay_s(FAILED, attempt, jitter) == delay_s


@pytest.mark.parametrize(
    ("attempt", "delay_s"),
    [(1, 15.0), (2, 60.0), (3, 300.0), (4, 900.0), (5, HOUR_S), (6, 6 * HOUR_S), (7, 24 * HOUR_S)],
)
def test_what_is_not_in_plex_yet_has_a_long_schedule_of_its_own(
    attempt: int, delay_s: float
) -> None:
    assert retry_delay_s(NOT_FOUND, attempt, 0.0) == delay_s
    assert retry_delay_s(NOT_FOUND, attempt, 1.0) == delay_s * 1.25


def test_what_is_not_in_plex_is_waited_for_about_a_week() -> None:
    delays = [retry_delay_s(NOT_FOUND, attempt, 0.0) for attempt in range(1, 14)]
    assert sum(delay for delay in delays if delay) > 7 * 24 * HOUR_S
    assert retry_delay_s(NOT_FOUND, 14, 0.0) is None


def test_after_a_scan_the_first_tries_come_sooner() -> None:
    scanned = [retry_delay_s(BeingScanned("x"), attempt, 0.0) for attempt in range(1, 14)]
    usual = [retry_delay_s(NOT_FOUND, attempt, 0.0) for attempt in range(1, 14)]
    assert scanned[:4] == [10.0, 60.0, 120.0, 300.0]
    assert scanned[4:] == usual[3:-1]


@pytest.mark.parametrize(
    ("patient", "last"), [(True, MAX_ATTEMPTS - 1), (False, IMPATIENT_ATTEMPTS - 1)]
)
def test_tries_come_to_an_end(patient: bool, last: int) -> None:
    assert retry_delay_s(FAILED, last, 0.5, patient=patient) is not None
    assert retry_delay_s(FAILED, last + 1, 0.5, patient=patient) is None


def test_a_task_does_not_wait_for_what_is_not_in_plex() -> None:
    assert retry_delay_s(NOT_FOUND, 1, 0.5, patient=False) is None


def test_any_transient_error_is_tried_again() -> None:
    assert retry_delay_s(TransientError("x"), 1, 0.5) is not None


@pytest.mark.parametrize(
    ("probe", "longest_s"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (100, 60.0)]
)
def test_probes_grow_apart_up_to_a_minute(probe: int, longest_s: float) -> None:
    assert probe_delay_s(probe, 1.0) == longest_s
    assert probe_delay_s(probe, 0.0) == longest_s * 0.75


def test_a_server_may_be_away_for_weeks() -> None:
    """Each probe doubles the delay, and 2.0 ** 1024 is an OverflowError."""
    assert probe_delay_s(100_000, 1.0) == 60.0
