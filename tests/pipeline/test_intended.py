"""A write of which the answer is lost, crossed with every setting that changes a decision."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from tests.harness.sync import Desk, describe, shown
from tests.harness.worker import event, outage, shift

SETTINGS = {
    "plain": {},
    "keep": {"keep_plex_edits": True},
    "keep, collections": {"keep_plex_edits": True, "collections": "studio, groups, tags:Nature"},
    "keep, labels": {"keep_plex_edits": True, "tags_as": "labels"},
    "keep, both, photos": {"keep_plex_edits": True, "tags_as": "both", "cast_photos": True},
    "keep, no genres": {"keep_plex_edits": True, "skip_fields": "genres, poster, background"},
}
OUTAGES = ("reset", "reset, applied", "503", "killed", "killed, applied")


def after_saves(
    desk: Desk, settings: dict[str, Any], first: bool, tag_mode: str, interruption: Any
) -> dict[str, set[str]]:
    """What Plex shows in the end of a scene that was saved, and perhaps saved before."""
    desk.plex.quirks.tag_mode = tag_mode  # type: ignore[assignment]
    desk.configure(**{"skip_fields": "poster, background", **settings})
    with shift(desk) as on_shift:
        if not first:
            describe(desk, desk.scene(1), "Old", "Both")
            event(on_shift, 1)
        describe(desk, desk.scene(1), "New", "Both")
        with interruption(desk):
            event(on_shift, 1)
        for _ in range(3):
            event(on_shift, 1)
            on_shift.go_on(100.0)
    assert desk.rig.jobs_left() == 0
    return shown(desk, 1)


# What an undisturbed write comes to, made once for all interruptions.
_undisturbed: dict[tuple[object, ...], dict[str, set[str]]] = {}


@pytest.mark.parametrize("tag_mode", ["additive", "replacing"])
@pytest.mark.parametrize("kind", OUTAGES)
@pytest.mark.parametrize("first", [True, False], ids=["first write", "later"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_an_interrupted_write_ends_as_an_undisturbed_one(
    make_desk: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    first: bool,
    kind: str,
    tag_mode: str,
) -> None:
    case = (str(settings), first, tag_mode)
    if case not in _undisturbed:
        calm = make_desk(count=2)
        _undisturbed[case] = after_saves(calm, settings, first, tag_mode, nullcontext)
    found = after_saves(
        make_desk(count=2), settings, first, tag_mode, lambda desk: outage(desk, kind, monkeypatch)
    )
    assert found == _undisturbed[case]
    assert found["actor"] >= {"New Méliès", "Both Méliès"}


@pytest.mark.parametrize("kind", ["reset, applied", "killed, applied"])
def test_what_arrived_and_was_removed_by_somebody_stays_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    desk.configure(skip_fields="poster, background", keep_plex_edits=True)
    with shift(desk) as on_shift:
        describe(desk, desk.scene(1), "Old", "Both")
        event(on_shift, 1)
        describe(desk, desk.scene(1), "New", "Both")
        with outage(desk, kind, monkeypatch):
            event(on_shift, 1)
        on_shift.go_on(100.0)
        event(on_shift, 1)
        library = desk.plex.library
        both = [each for each in desk.item(1).tags["genre"] if each.name == "Both scenery"]
        library.set_tags(desk.item(1), "genre", both)
        desk.edit(1, rating100=80)
        event(on_shift, 1)
        assert desk.item(1).tag_names("genre") == ["Both scenery"]
        assert desk.item(1).fields["userRating"]
