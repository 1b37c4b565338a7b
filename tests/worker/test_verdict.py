"""From an outcome to the queue, with one log line for people."""

from __future__ import annotations

import logging

import pytest

from errors import SyncError
from jobs.job import Done, Failed, Job, Later, LookAgain, Retry
from jobs.schema import CHECK, LIVE, TASK
from matching.lookup import NoFile
from pipeline.outcome import Expanded, ForNow, InSync, Outcome, PutBack, Skipped, Synced
from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError, PlexUnavailable
from worker.retry import MAX_ATTEMPTS
from worker.verdict import named, verdict_on

NOW = 1_700_000_000.0


def job(*, lane: int = LIVE, attempts: int = 0) -> Job:
    return Job(1, "scene", 7, lane, attempts=attempts)


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "worker.verdict")


@pytest.mark.parametrize(
    ("outcome", "level", "line"),
    [
        (Synced(("title", "genres"), 1), logging.INFO, "scene 7: wrote title, genres"),
        (Synced(("title",), 3), logging.INFO, "scene 7: wrote title to 3 items"),
        (InSync(1), logging.DEBUG, "scene 7: already in sync"),
        (Skipped("gone from Stash"), logging.INFO, "scene 7: skipped, gone from Stash"),
        (NoFile("scene 7 has no file"), logging.INFO, "scene 7: skipped, no file"),
    ],
    ids=["written", "to-several-items", "in-sync", "skipped", "without-a-file"],
)
def test_what_needs_no_more_work_is_done(
    caplog: pytest.LogCaptureFixture, outcome: Outcome, level: int, line: str
) -> None:
    assert verdict_on(job(), outcome, now=NOW, jitter=0.5) == Done()
    assert caplog.record_tuples == [("worker.verdict", level, line)]


@pytest.mark.parametrize("lane", [TASK, CHECK])
def test_what_is_counted_at_its_end_needs_no_line_a_scene(
    caplog: pytest.LogCaptureFixture, lane: int
) -> None:
    verdict_on(job(lane=lane), Synced(("title",), 1), now=NOW, jitter=0.5)
    assert [each.levelno for each in caplog.records] == [logging.DEBUG]


def test_a_scene_that_is_in_sync_is_no_news_among_many(caplog: pytest.LogCaptureFixture) -> None:
    """A full sync of a large library would push all else out of the log file."""
    assert verdict_on(job(lane=TASK), InSync(1), now=NOW, jitter=0.5, quiet=True) == Done()
    assert caplog.messages == []


def test_what_was_expanded_is_done_and_was_told_before(caplog: pytest.LogCaptureFixture) -> None:
    performer = Job(1, "performer", 12, LIVE)
    assert verdict_on(performer, Expanded(500), now=NOW, jitter=0.5) == Done()
    assert caplog.messages == []


def test_a_log_line_names_the_kind_of_object(caplog: pytest.LogCaptureFixture) -> None:
    performer = Job(1, "performer", 12, LIVE)
    verdict_on(performer, PlexTemporaryError("Stash failed"), now=NOW, jitter=0.5)
    verdict_on(performer, PlexPermanentError("Stash refuses"), now=NOW, jitter=0.5)
    assert caplog.messages == [
        "performer 12: Stash failed; next try in 2 s",
        "failed: performer 12: Stash refuses. ",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scene 7 has no file", "scene 7 has no file"),
        ("Plex refuses scene 7", "Plex refuses scene 7"),
        ("scene 71 has the same file", "scene 7: scene 71 has the same file"),
        ("Plex refuses", "scene 7: Plex refuses"),
    ],
)
def test_an_error_is_told_with_the_name_of_its_object_once(text: str, told: str) -> None:
    assert named("scene 7", text) == told


def test_a_transient_error_is_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    error = PlexTemporaryError("Plex failed", advice="Look into its log.")
    assert verdict_on(job(), error, now=NOW, jitter=0.5) == Retry(
        NOW + 2.0, "plex error", "Plex failed", "Look into its log."
    )
    assert caplog.messages == ["scene 7: Plex failed; next try in 2 s"]


def test_later_tries_wait_longer() -> None:
    late = verdict_on(job(attempts=4), PlexTemporaryError("x"), now=NOW, jitter=0.5)
    assert isinstance(late, Retry)
    assert late.due_at == NOW + 32.0


def test_a_permanent_error_fails_at_once_and_tells_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = PlexPermanentError("Plex refuses", advice="Ask the owner.")
    assert verdict_on(job(), error, now=NOW, jitter=0.5) == Failed(
        "plex refused", "Plex refuses", "Ask the owner."
    )
    assert caplog.record_tuples == [
        ("worker.verdict", logging.WARNING, "failed: scene 7: Plex refuses. Ask the owner.")
    ]


@pytest.mark.parametrize(
    ("failing", "error"),
    [
        (job(attempts=MAX_ATTEMPTS - 1), PlexTemporaryError("x")),
        (job(lane=TASK, attempts=3), PlexTemporaryError("x")),
        (job(lane=TASK), PlexNotFound("x")),
    ],
    ids=["tried-often", "tried-by-a-task", "not-in-plex-for-a-task"],
)
def test_when_the_tries_are_used_up_the_job_fails(failing: Job, error: SyncError) -> None:
    assert isinstance(verdict_on(failing, error, now=NOW, jitter=0.5), Failed)


def test_a_request_that_fails_although_the_server_is_well_is_tried_again() -> None:
    """The worker has asked; else the queue would have paused for an outage."""
    assert isinstance(verdict_on(job(), PlexUnavailable("x"), now=NOW, jitter=0.5), Retry)


def test_what_is_still_to_come_is_looked_at_again(caplog: pytest.LogCaptureFixture) -> None:
    for_now = ForNow(Synced(("title",), 1), NOW + 60, "waiting")
    assert verdict_on(job(), for_now, now=NOW, jitter=0.5) == LookAgain(NOW + 60, "waiting")
    assert caplog.messages == ["scene 7: wrote title", "scene 7: waiting; next look in 60 s"]


def test_what_gave_way_is_due_again_at_once(caplog: pytest.LogCaptureFixture) -> None:
    assert verdict_on(job(lane=TASK, attempts=3), PutBack(), now=NOW, jitter=0.5) == Later()
    assert [each.levelno for each in caplog.records] == [logging.DEBUG]
