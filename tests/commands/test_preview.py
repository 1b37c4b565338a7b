"""Looking before: what the following sync does, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import preview as commands_preview
from commands import undo_task
from commands.preview import preview_all
from commands.preview_text import (
    ItemPreview,
    NotSynced,
    Preview,
    preview_as_json,
    preview_in_short,
    preview_lines,
)
from plex.items import EDIT_KEYS, PICTURE_LOCKS
from simulators.faults import Reply
from simulators.plex import Tag
from tests.harness.sync import Desk, picture

WIRE_NAMES = {**EDIT_KEYS, **PICTURE_LOCKS}


def preview(desk: Desk, scene_id: int | None = None) -> list[Preview]:
    desk.reset()
    with desk.context() as context:
        return list(preview_all(context, lambda _fraction: None, scene_id))


def files(folder: Path) -> dict[str, bytes]:
    """All that we store, without the cache of Plex's paths and SQLite's own files."""
    return {
        each.name: each.read_bytes()
        for each in folder.glob("*.db")
        if each.name in ("ledger.db", "jobs.db")
    }


def announced(previews: list[Preview]) -> dict[int, set[str]]:
    """Item to the names of its fields in Plex that would change."""
    return {
        each.rating_key: {WIRE_NAMES[change.field] for change in each.changes}
        for each in previews
        if isinstance(each, ItemPreview) and each.changes
    }


def done(desk: Desk) -> dict[int, set[str]]:
    """The same of what was really changed, apart from locks and Plex's own sort titles."""
    changed: dict[int, set[str]] = {}
    for rating_key, changes in desk.plex.library.edits:
        names = {name for name in changes if not name.endswith(".locked")} - {"titleSort"}
        if names:
            changed.setdefault(rating_key, set()).update(names)
    return changed


@pytest.mark.slow
def test_a_thousand_changed_scenes(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(count=1000)
    for scene_id in range(1, 1001, 4):
        desk.edit(scene_id, cover=picture("red", (100 + scene_id, 60)))
    for turn in range(2):
        before = desk.snapshots()
        previews = preview(desk)
        assert (desk.writes(), desk.plex.library.edits) == (0, [])
        assert desk.snapshots() == before
        desk.sync()
        assert announced(previews) == done(desk)
        assert len(done(desk)) >= 1000 - turn
        for scene_id in range(1, 1001):
            changes = {"title": f"New {scene_id}"} if scene_id % 2 else {"details": "", "tags": []}
            desk.edit(scene_id, rating100=scene_id % 100 + 1, **changes)
        for scene_id in range(1, 1001, 7):
            desk.item(scene_id).tags["genre"] = [Tag("By hand")]
            desk.item(scene_id).fields["studio"] = "By hand"
        for scene_id in range(1, 1001, 8):
            desk.edit(scene_id, cover=picture("blue"))
    assert announced(preview(desk)) != {}


def test_nothing_is_stored_either(desk: Desk) -> None:
    desk.edit(1, cover=picture("red"))
    desk.sync()
    desk.edit(1, cover=picture("blue"), title="New")
    preview(desk)  # opening a database may fold its log into it
    before = files(desk.rig.data_dir)
    preview(desk)
    assert files(desk.rig.data_dir) == before
    with desk.context() as context:
        assert context.stores.store.count() == 0


def test_the_text_names_old_and_new_and_why_a_field_is_left(desk: Desk) -> None:
    desk.configure(keep_plex_edits=True)
    desk.sync()
    item = desk.item(2)
    item.fields["summary"] = "Edited\nby hand"
    item.tags["genre"] = [*item.tags["genre"], Tag("Mine")]
    tags = desk.scene(2).tags
    desk.edit(2, title="New", tags=tags[1:], cover=picture("red"))
    (found,) = preview(desk, 2)
    assert preview_lines(found) == [
        f"scene 2, item {item.rating_key}, {item.title}:",
        f'  title: "{item.title}" → "New"',
        f"  genres: −{tags[0].name}",
        "  poster: the cover is uploaded",
        "  background: the cover is uploaded",
        '  summary: left as "Edited by hand", edited in Plex',
    ]


def test_the_page_gets_what_stash_says_beside_what_plex_has(desk: Desk) -> None:
    """Of a list Plex keeps what somebody added there, and what is edited there stays."""
    desk.configure(keep_plex_edits=True)
    desk.sync()
    item = desk.item(2)
    item.fields["summary"] = "Edited by hand"
    item.tags["genre"] = [*item.tags["genre"], Tag("Mine")]
    tags = [each.name for each in desk.scene(2).tags]
    desk.edit(2, title="New", tags=desk.scene(2).tags[1:])
    (found,) = preview(desk, 2)
    assert isinstance(found, ItemPreview)
    short = preview_in_short(found)
    genres = next(each for each in short["fields"] if each["field"] == "genres")
    assert genres["stash"] == tags[1:]
    assert genres["old"] == [*tags, "Mine"]
    assert genres["new"] == [*tags[1:], "Mine"]
    assert short["left"] == [
        {
            "field": "summary",
            "stash": desk.scene(2).details,
            "old": "Edited by hand",
            "why": "edited in Plex",
        }
    ]


def test_the_json_has_complete_values(desk: Desk) -> None:
    desk.edit(1, details="word " * 100)
    (found,) = preview(desk, 1)
    content = json.loads(json.dumps(preview_as_json(found)))
    changes = {each["field"]: each for each in content["changes"]}
    assert changes["summary"]["new"] == ("word " * 100).strip()
    assert changes["genres"]["old"] == []
    assert content["item"] == desk.item(1).rating_key


def test_scenes_that_are_not_synced_are_named_with_the_reason(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(count=3, absent=1)
    desk.configure(only_organized=True)
    desk.edit(2, organized=True)
    desk.edit(3, organized=True)
    reasons = {each.scene_id: each.because for each in preview(desk) if isinstance(each, NotSynced)}
    assert reasons[1] == "not organized"
    assert "not in Plex" in reasons[3]
    assert 2 not in reasons
    (gone,) = preview(desk, 99)
    assert preview_lines(gone) == ["scene 99: not synced, gone from Stash"]


def test_a_restored_scene_is_said_to_be_left(desk: Desk) -> None:
    desk.sync()
    with desk.context({"scene_id": 2}) as context:
        undo_task.restore(context, lambda _fraction: None)
    (found,) = preview(desk, 2)
    assert preview_lines(found)[1].startswith(
        "  item: left alone since it was restored or handed over"
    )


def test_a_picture_that_plex_refused_lately_is_not_announced(desk: Desk) -> None:
    desk.edit(1, cover=picture("red", (400, 300)))
    desk.plex.faults.add(Reply(413, b"<html>too large</html>"), "POST .*/posters")
    desk.sync()
    desk.edit(1, title="Edited")
    assert announced(preview(desk, 1)) == {1: {"title"}}


def test_the_task_logs_it_and_sums_up(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with desk.context() as context:
        summary = commands_preview.preview(context, lambda _fraction: None)
    assert summary == (
        "Preview: 10 item(s) would change, 0 would not, 0 scene(s) not synced; nothing was written"
    )
    assert "): title: " in caplog.text
