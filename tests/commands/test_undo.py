"""Undo, against both simulators."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from commands import tasks, undo_task
from commands.confirmation import READ_S, Moment, Press, press
from commands.status import status_of
from commands.undo_task import UndoOrder
from errors import LeaseLost
from pipeline.planning import plan_items
from simulators.plex import Item, Picture, Tag
from stash.task_arguments import WrongArguments
from tests.harness.question import let_it_be_read
from tests.harness.sync import Desk, picture


def restore(desk: Desk, **args: Any) -> str:
    with desk.context(args) as context:
        return undo_task.restore(context, lambda _fraction: None)


def dress(item: Item, number: int) -> None:
    """An item as people and agents leave it: no two alike."""
    chance = random.Random(number)
    for name in ("studio", "summary", "tagline"):
        if chance.random() < 0.5:
            item.fields[name] = f"{name} {number}"
    if chance.random() < 0.5:
        item.fields["userRating"] = "3.5"
    if chance.random() < 0.3:
        item.fields["titleSort"] = f"Special {number}"
    for lock in ("title", "studio", "genre", "actor", "thumb"):
        if chance.random() < 0.2:
            item.locks.add(lock)
    tag(item, number, chance)
    if "thumb" in item.locks:
        item.choose("thumb", Picture("metadata://posters/2"))
    if chance.random() < 0.5:
        item.posters.append(Picture("metadata://posters/3"))


def tag(item: Item, number: int, chance: random.Random) -> None:
    if chance.random() < 0.5:
        item.tags["genre"] = [Tag("Drama"), Tag(f"Genre {number}")]
    if chance.random() < 0.5:
        item.tags["actor"] = [Tag("Buster Keaton", role="Himself"), Tag("Zoe", role="Guide")]
    if chance.random() < 0.3:
        item.tags["label"] = [Tag("Watch")]


SETTINGS = {
    "tags_as": "both",
    "collections": "studio",
    "content_rating": "NR",
    "tagline_template": "{studio}",
}


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("tag_mode", ["additive", "replacing"])
def test_a_thousand_items_are_as_before(make_desk: Callable[..., Desk], tag_mode: str) -> None:
    desk = make_desk(count=1000)
    desk.plex.quirks.tag_mode = tag_mode  # type: ignore[assignment]
    for number, item in enumerate(desk.plex.library.items()):
        dress(item, number)
    for scene_id in range(1, 1001, 5):
        desk.edit(scene_id, cover=picture("red", (100 + scene_id, 60)))
    before = desk.snapshots()
    desk.configure(**SETTINGS)
    desk.sync()
    for scene_id in range(1, 1001, 3):
        desk.edit(scene_id, title=f"Changed {scene_id}", details="", tags=[])
    desk.sync()
    assert all(one != two for one, two in zip(before, desk.snapshots(), strict=True))
    summary = restore(desk, confirm=True)
    assert summary == ("Restore: 1000 restored, 0 as before already, 0 with fields left, 0 failed")
    after = desk.snapshots()
    for one, two in zip(before, after, strict=True):
        assert two == one


@pytest.mark.parametrize("forgets", [False, True], ids=["restored", "handed over"])
def test_what_is_left_alone_stays_so_through_every_task(desk: Desk, forgets: bool) -> None:
    desk.sync()
    restore(desk, confirm="true", forget=forgets)
    desk.item(1).fields["summary"] = "Edited in Plex"
    for number in range(1, 11):
        desk.edit(number, title="Edited", details="Edited")
    left = desk.snapshots()
    desk.event(1)
    summaries = [desk.sync(), desk.sync(full="true"), desk.sync_recent()]
    with desk.context() as context:
        summaries.append(tasks.sync_scenes(context, [1, 2], lambda _fraction: None))
        tasks.retry_failed(context, lambda _fraction: None)
        assert status_of(context.stores).as_json()["left_alone"] == 10
    assert all("skipped (left alone since" in each for each in (*summaries[:2], summaries[3]))
    assert desk.snapshots() == left


def test_a_sync_of_all_says_first_what_is_left_alone(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.sync()
    assert "left alone" not in caplog.text
    restore(desk, scene_id=3)
    restore(desk, scene_id=4, forget=True)
    caplog.clear()
    desk.sync()
    assert caplog.records[0].message.startswith("2 scene(s) are left alone")
    assert "manage --all" in caplog.records[0].message


def test_another_key_for_the_same_file_takes_nothing_back(desk: Desk) -> None:
    """As after Plex has lost the file for a while, or its library was made anew."""
    desk.sync()
    restore(desk, scene_id=2, forget=True)
    former = desk.item(2)
    part = former.media[0].parts[0]
    desk.plex.library.remove(former)
    desk.plex.library.add_item(
        desk.rig.section, part.file, title="New", size=part.size, duration_ms=part.duration_ms
    )
    desk.sync()
    assert desk.item(2).title == "New"


def test_manage_takes_back_one_scene_or_all(desk: Desk) -> None:
    desk.sync()
    restored = restore(desk, confirm="true")
    assert "10 restored" in restored
    for number in (1, 2, 3):
        desk.edit(number, title="Edited")
    assert "1 item(s) of scene 2" in restore(desk, manage="true", scene_id="2")
    desk.sync()
    assert [desk.item(number).title == "Edited" for number in (1, 2, 3)] == [False, True, False]
    assert "9 item(s) of Plex" in restore(desk, manage="true")
    assert "nothing of Plex was left alone" in restore(desk, manage="true")
    desk.sync()
    assert all(desk.item(number).title == "Edited" for number in (1, 2, 3))


def test_what_is_managed_again_can_be_restored_again(desk: Desk) -> None:
    before = desk.snapshots()
    desk.sync()
    restore(desk, confirm="true")
    desk.edit(1, title="Edited")
    desk.event(1)
    assert desk.snapshots() == before
    restore(desk, manage=True)
    desk.sync()
    assert desk.item(1).title == "Edited"
    restore(desk, confirm="true")
    assert desk.snapshots() == before


def test_one_scene_alone(desk: Desk) -> None:
    before = desk.snapshots()
    desk.sync()
    assert "1 restored" in restore(desk, scene_id="2")
    after = desk.snapshots()
    assert after[1] == before[1]
    assert all(one != two for one, two in zip(before[2:], after[2:], strict=True))


def test_edits_since_are_left_and_told_unless_forced(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    before = desk.snapshots()
    desk.edit(2, cover=picture("red"))
    desk.sync()
    item = desk.item(2)
    item.fields["summary"] = "Edited by hand"
    item.choose("thumb", Picture("upload://posters/by-hand"))
    assert "1 with fields left" in restore(desk, confirm=True)
    assert item.fields["summary"] == "Edited by hand"
    chosen = item.selected("thumb")
    assert chosen is not None
    assert chosen.rating_key.endswith("by-hand")
    assert "left summary, edited in Plex" in caplog.text
    restore(desk, scene_id=2, force=True)
    assert desk.snapshots() == before


def test_all_needs_a_confirmation(desk: Desk) -> None:
    desk.sync()
    synced = desk.snapshots()
    assert "start this task again" in restore(desk)
    assert desk.snapshots() == synced
    let_it_be_read(desk.rig, READ_S)
    assert "10 restored" in restore(desk)
    assert "start this task again" in restore(desk)


def test_a_double_click_is_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.sync()
    synced = desk.snapshots()
    began = Moment(time.time(), time.monotonic())
    moments = iter([began, *(Moment(began.at + n, began.at_m + n) for n in (1, 2, 9.9, READ_S))])
    monkeypatch.setattr(undo_task, "_moment", lambda: next(moments))
    restore(desk)
    for _ in range(3):
        assert "sooner than its question can have been read" in restore(desk)
    assert desk.snapshots() == synced
    assert "10 restored" in restore(desk)


@pytest.mark.parametrize(
    ("later_s", "later_m", "meaning"),
    [
        (1, 1, Press.TOO_SOON),
        (9.9, 9.9, Press.TOO_SOON),
        (3600, 2, Press.TOO_SOON),  # the clock was set within the double click
        (-3600, 2, Press.TOO_SOON),
        (11, 11, Press.ANSWER),
        (599, 599, Press.ANSWER),
        (601, 601, Press.FIRST),
        (-3600, 60, Press.FIRST),  # set back: how long ago it was is not known
        (60, -3600, Press.FIRST),  # the machine was started anew
        (60, 3600, Press.FIRST),
    ],
)
def test_when_a_press_is_an_answer(later_s: float, later_m: float, meaning: Press) -> None:
    asked = Moment(1_700_000_000.0, 50_000.0)
    now = Moment(asked.at + later_s, asked.at_m + later_m)
    assert press(asked.dump(), now) is meaning


@pytest.mark.parametrize("noted", [None, "", "1700000000.0", "{}", "[]", "nonsense"])
def test_no_question_or_one_of_another_version_is_none(noted: str | None) -> None:
    assert press(noted, Moment(1_700_000_001.0, 1.0)) is Press.FIRST


def test_handing_over_unlocks_and_keeps_the_values(desk: Desk) -> None:
    desk.edit(2, cover=picture("red"))
    desk.sync()
    title = desk.item(2).title
    assert "handed over" in restore(desk, scene_id=2, forget=True)
    assert desk.item(2).title == title
    assert desk.item(2).locks == set()
    desk.edit(2, title="Edited")
    desk.event(2)
    assert desk.item(2).title == title


def test_a_restore_that_dies_can_be_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.snapshots()
    desk.sync()
    with monkeypatch.context() as dying:
        dying.setattr("commands.undo.send_plan", _die)
        with pytest.raises(LeaseLost):
            restore(desk, confirm=True)
    desk.edit(2, title="Edited")
    desk.event(2)
    restore(desk, confirm=True)
    assert desk.snapshots() == before


def test_a_restore_beside_a_running_sync_wins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch was planned before, and is written after the restore."""
    before = desk.snapshots()
    desk.sync()
    desk.edit(2, title="Edited")

    def restored_meanwhile(*args: Any) -> Any:
        found = plan_items(*args)
        with monkeypatch.context() as quiet:
            quiet.setattr("pipeline.scene_sync.plan_items", plan_items)
            restore(desk, confirm=True)
        return found

    with monkeypatch.context() as racing:
        racing.setattr("pipeline.scene_sync.plan_items", restored_meanwhile)
        desk.event(2)
    assert desk.snapshots() == before
    desk.event(2)
    assert desk.snapshots() == before


def _die(*_args: object) -> None:
    raise LeaseLost


def test_an_item_that_is_gone_or_became_another_is_left(desk: Desk) -> None:
    desk.sync()
    gone = desk.item(2)
    desk.plex.library.remove(gone)
    desk.item(3).media[0].parts[0].file = "/elsewhere/other.mp4"
    title = desk.plex.library.item(3).title
    assert "2 failed" in restore(desk, confirm=True)
    assert desk.plex.library.item(3).title == title


def test_a_file_renamed_since_is_still_the_scenes(desk: Desk) -> None:
    """Plex kept the item, and Stash knows the new name; no sync has come in between."""
    before = desk.snapshots()
    desk.sync()
    for scene_id, keeps_key in (2, True), (3, False):
        part = desk.plex.library.item(scene_id).media[0].parts[0]
        part.file = f"/data/films/renamed {scene_id}.mp4"
        if keeps_key:
            desk.scene(scene_id).files[0].path = part.file
    assert "9 restored" in (told := restore(desk, confirm=True))
    assert "1 failed" in told
    after = desk.snapshots()
    assert [one == two for one, two in zip(before, after, strict=True)] == [
        n != 3 for n in range(1, 11)
    ]


def test_nothing_written_is_nothing_to_restore(desk: Desk) -> None:
    desk.configure()
    assert "nothing was ever written" in restore(desk, scene_id=5)


@pytest.mark.parametrize(
    "args",
    [
        *({"scene_id": "x"}, {"scene_id": -1}, {"scene_id": "²"}, {"scene_id": "9" * 30}),
        {"confirm": "maybe"},
    ],
)
def test_wrong_arguments_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(WrongArguments):
        UndoOrder.from_args(args)


def test_another_plex_is_not_touched(desk: Desk) -> None:
    """Rating keys mean nothing on another server."""
    desk.sync()
    synced = desk.snapshots()
    desk.plex.library.machine_identifier = "another"
    assert "nothing was ever written" in restore(desk, confirm=True)
    assert desk.snapshots() == synced
