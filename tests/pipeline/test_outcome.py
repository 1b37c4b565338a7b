"""Counting outcomes for a task's one-line summary."""

from __future__ import annotations

import pytest

from matching.lookup import NoFile
from pipeline.outcome import Expanded, ForNow, InSync, Outcome, PutBack, Skipped, Synced, Tally
from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError


def tally(*outcomes: Outcome) -> Tally:
    counted = Tally()
    for outcome in outcomes:
        counted.add(outcome)
    return counted


@pytest.mark.parametrize(
    ("outcomes", "summary"),
    [
        ((), "0 synced, 0 already in sync, 0 not in Plex, 0 failed"),
        (
            (Synced(("title",), 1), Synced(("title",), 2), InSync(1)),
            "2 synced, 1 already in sync, 0 not in Plex, 0 failed",
        ),
        (
            (ForNow(InSync(1), 5.0, "waiting"), ForNow(Synced(("title",), 1), 5.0, "waiting")),
            "1 synced, 1 already in sync, 0 not in Plex, 0 failed",
        ),
        (
            (PlexNotFound("x"),),
            "0 synced, 0 already in sync, 1 not in Plex, 0 failed",
        ),
        (
            (Skipped("not organized"), Skipped("gone from Stash"), Skipped("not organized")),
            "0 synced, 0 already in sync, 0 not in Plex, 2 skipped (not organized), "
            "1 skipped (gone from Stash), 0 failed",
        ),
        (
            (NoFile("x"), Skipped("not organized"), NoFile("y")),
            "0 synced, 0 already in sync, 0 not in Plex, 2 skipped (no file), "
            "1 skipped (not organized), 0 failed",
        ),
        (
            (PlexTemporaryError("x"), PlexPermanentError("x"), PlexPermanentError("y")),
            "0 synced, 0 already in sync, 0 not in Plex, 3 failed (2 plex refused, 1 plex error)",
        ),
    ],
    ids=["nothing", "synced", "for-now", "not-in-plex", "skipped", "no-file", "failed"],
)
def test_the_summary_tells_what_came_of_them(outcomes: tuple[Outcome, ...], summary: str) -> None:
    counted = tally(*outcomes)
    assert counted.summary() == summary
    assert counted.total == len(outcomes)


def test_what_was_only_expanded_does_not_count() -> None:
    counted = tally(Expanded(500), InSync(1))
    assert counted.total == 1


def test_what_was_put_back_is_not_counted_yet() -> None:
    assert tally(PutBack(), InSync(1)).total == 1


@pytest.mark.parametrize(
    ("kinds", "begin"),
    [
        (["scene", "scene"], "2 scenes failed, plex refused; the first: one 0: no."),
        (["studio", "studio"], "2 studios failed, plex refused; the first: one 0: no."),
        (["studio", "scene"], "2 scenes and others failed, plex refused; the first: one 0: no."),
        (["tag"], "failed: one 0: no."),
    ],
)
def test_what_failed_is_called_what_it_is(kinds: list[str], begin: str) -> None:
    counted = Tally()
    for number, kind in enumerate(kinds):
        counted.add(PlexPermanentError("no"), f"one {number}: no", kind)
    (line,) = counted.warnings()
    assert line.startswith(begin)
