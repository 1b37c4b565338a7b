"""What is shown of findings, previews and the status, as lines and as rows."""

from __future__ import annotations

from entry.display import Grid
from entry.reports import doctor_report, preview_report, status_report
from jobs.job import FailedJob
from sync.plan import Kept
from worker.diagnosis import Fact, Problem
from worker.preview import Change, ItemPreview, NotSynced
from worker.status import FailureGroup, Status


def failure(object_id: int) -> FailedJob:
    return FailedJob(
        kind="scene",
        object_id=object_id,
        reason="not in Plex",
        error=f"scene {object_id} is not in Plex",
        advice="Scan the library.",
        failed_at=0.0,
    )


def test_a_status_names_every_failure_and_the_advice_once() -> None:
    status = Status(
        queue={},
        retries=[],
        failures=[FailureGroup("not in Plex", 7, [failure(2), failure(1)])],
        worker=None,
        pause=None,
        last_sync=None,
        alive_at=1.0,
    )
    *lines, retries, failures = status_report(status)
    assert lines == ["Queue: empty", "Worker: not running; the next change in Stash starts it"]
    assert isinstance(retries, Grid)
    assert isinstance(failures, Grid)
    assert list(retries.rows) == []
    assert list(failures.rows) == [
        ("not in Plex", "7", "scene 2 is not in Plex", "Scan the library."),
        ("", "", "scene 1 is not in Plex", ""),
    ]
    assert failures.lines[0] == "Failed, not in Plex: 7. Scan the library."
    assert failures.lines[-1] == "  … and 5 more"


def test_findings_stand_in_their_order() -> None:
    (grid,) = doctor_report([Fact("Plex answers"), Problem("no library", "Make one.")])
    assert isinstance(grid, Grid)
    assert list(grid.rows) == [("ok", "Plex answers", ""), ("PROBLEM", "no library", "Make one.")]
    assert list(grid.lines) == ["ok: Plex answers", "PROBLEM: no library. Make one."]


def test_a_preview_has_a_row_for_each_field() -> None:
    item = ItemPreview(
        3,
        30,
        "Nanook",
        (Change("title", "Nanook", "Nanook of the North"),),
        (Kept("tagline", "Mine", "edited in Plex"),),
    )
    (grid,) = preview_report([item, NotSynced(4, "it is not organized")])
    assert isinstance(grid, Grid)
    assert list(grid.rows) == [
        ("3", "Nanook", "title", '"Nanook" → "Nanook of the North"'),
        ("3", "Nanook", "tagline", 'left as "Mine", edited in Plex'),
        ("4", "", "", "not synced, it is not organized"),
    ]
    assert grid.lines[0] == "scene 3, item 30, Nanook:"


def test_a_preview_of_what_is_in_sync_says_so() -> None:
    assert list(preview_report([ItemPreview(3, 30, "Nanook", (), ())])) == ["nothing would change"]
