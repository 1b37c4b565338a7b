"""Files that were renamed or upgraded in both servers, where Plex keeps the item and its times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness.sync import Desk

LONG_AGO = 1_600_000_000


@pytest.fixture
def synced(desk: Desk) -> Desk:
    """Ten films in step, the first nine of which no question for what is new brings up."""
    *older, _ = desk.plex.library.items()
    for item in older:
        item.added_at = item.updated_at = LONG_AGO
    desk.sync()
    return desk


def rename(desk: Desk, scene_id: int, ending: str = " renamed.mkv") -> None:
    """In both servers, without a scan of ours; the scene gets another title as well."""
    scene = desk.scene(scene_id)
    old, item = scene.files[0].path, desk.item(scene_id)
    desk.plex.library.repath(item, old, old + ending)
    item.updated_at = LONG_AGO
    desk.edit(scene_id, files=[replace(scene.files[0], path=old + ending)], title="Another title")


def plex_title(desk: Desk, rating_key: int) -> str:
    return desk.plex.library.item(rating_key).title


@pytest.mark.parametrize("args", [{}, {"full": "true"}], ids=["known", "full"])
def test_a_sync_of_all_finds_a_renamed_file(synced: Desk, args: dict[str, str]) -> None:
    key = synced.item(3).rating_key
    rename(synced, 3)
    synced.sync(**args)
    assert plex_title(synced, key) == "Another title"


def test_a_saved_scene_whose_file_was_renamed_is_synced_at_once(synced: Desk) -> None:
    key = synced.item(3).rating_key
    rename(synced, 3)
    synced.event(3)
    assert plex_title(synced, key) == "Another title"


def test_an_item_that_was_never_written_is_remembered_over_a_look_that_missed(
    synced: Desk,
) -> None:
    """Plex follows the rename only after the scene was looked for in vain."""
    with synced.ledger() as ledger:
        for _, entry in ledger.of_scenes([3]):
            ledger.forget(synced.plex.library.machine_identifier, [entry])
    key, scene = synced.item(3).rating_key, synced.scene(3)
    synced.item(3).updated_at = LONG_AGO
    old = scene.files[0].path
    synced.plex.library.repath(synced.item(3), old, "/elsewhere/first.mkv")
    new = f"{old} renamed.mkv"
    synced.edit(3, files=[replace(scene.files[0], path=new, size=1)], title="Another title")
    synced.sync()
    assert plex_title(synced, key) != "Another title"
    synced.plex.library.repath(synced.plex.library.item(key), "/elsewhere/first.mkv", new, size=1)
    synced.event(3)
    assert plex_title(synced, key) == "Another title"
