"""What we remember of items, in a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from errors import LeaseLost
from ledger.ledger import NO_SCENE, Ledger
from ledger.own_collections import OwnCollection
from ledger.rows import MAX_PENDING, Entry, Intent
from ledger.schema import FILE_NAME, MIGRATIONS
from plex.items import PlexFile, PlexItem
from storage.sqlite import open_database
from sync.pictures import PictureMemory
from sync.plan import Plan
from sync.values import Answer, Credit, ItemState, Memory, Values

SERVER = "server"
BEFORE = ItemState({"title": "before", "genres": (Credit("Old", "r", "p"),)}, frozenset({"title"}))
OURS: Values = {"title": "ours", "genres": (Credit("New"),), "tagline": "", "labels": ()}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(str(tmp_path))
    yield made
    made.close()


def item(key: int = 7, path: str = "/a.mp4") -> PlexItem:
    return PlexItem(key, "1", "movie", BEFORE, (PlexFile(path),))


def intent(
    found: PlexItem | None = None,
    baseline: Values = OURS,
    memory: Memory | None = None,
    scene_id: int = 1,
) -> Intent:
    remembered = memory or Memory()
    plan = Plan((), (), baseline, remembered.original or BEFORE)
    return Intent(found or item(), scene_id, remembered, plan)


def recall(ledger: Ledger, found: PlexItem | None = None, scene_id: int = 1) -> Entry:
    found = found or item()
    return ledger.recall(SERVER, [(found, scene_id)])[found.rating_key]


def test_nothing_is_known_of_a_new_item(ledger: Ledger) -> None:
    assert recall(ledger).memory == Memory()


def test_an_intention_is_known_before_it_is_confirmed(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    assert recall(ledger).memory == Memory({}, (OURS,), BEFORE)
    ledger.confirm(SERVER, [intent()], now=5.0)
    assert recall(ledger).memory == Memory(OURS, (), BEFORE)


def test_every_unconfirmed_intention_is_remembered_but_not_without_end(ledger: Ledger) -> None:
    for number in range(20):
        memory = recall(ledger).memory
        ledger.intend(SERVER, [intent(baseline={"title": f"try {number // 2}"}, memory=memory)])
    pending = recall(ledger).memory.pending
    assert len(pending) == MAX_PENDING
    assert pending[-1] == {"title": "try 9"}
    assert len({str(each) for each in pending}) == MAX_PENDING


def test_a_crash_while_storing_leaves_the_former_state(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    ledger.confirm(SERVER, [intent()], now=5.0)
    broken = intent(baseline={"title": object()})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        ledger.intend(SERVER, [intent(baseline={"title": "next"}), broken])
    assert recall(ledger).memory == Memory(OURS, (), BEFORE)


def test_a_rating_key_that_passed_to_another_file_is_forgotten(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    ledger.confirm(SERVER, [intent()], now=5.0)
    other = item(path="/b.mp4")
    assert recall(ledger, other, scene_id=2).memory == Memory()
    assert recall(ledger, other, scene_id=1).memory != Memory()  # the file was renamed
    assert recall(ledger, item(), scene_id=2).memory != Memory()  # the scene was merged
    fresh = Intent(other, 2, Memory(), Plan((), (), {}, BEFORE))
    ledger.remember_pictures(SERVER, [(fresh, {"poster": PictureMemory(sha1="x")})])
    found = recall(ledger, other, scene_id=2)
    assert (found.memory.baseline, found.pictures["poster"].sha1) == ({}, "x")


def test_servers_are_kept_apart(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    assert ledger.recall("another", [(item(), 1)])[7].memory == Memory()
    assert list(ledger.entries("another")) == []


def test_pictures_are_stored_beside_and_survive_the_next_intention(ledger: Ledger) -> None:
    known = {"poster": PictureMemory("s", "e", "1", "fit", "k", "h", ("h", "i"), "", True)}
    ledger.intend(SERVER, [intent()])
    edited = recall(ledger)
    later = Intent(item(), 1, edited.memory, Plan((), (), OURS, BEFORE))
    ledger.remember_pictures(SERVER, [(later, known)])
    found = recall(ledger)
    assert found.pictures == known
    assert found.memory.pending == (OURS,)
    ledger.intend(SERVER, [Intent(item(), 1, found.memory, Plan((), (), OURS, BEFORE), known)])
    assert recall(ledger).pictures == known


def test_pictures_that_are_confirmed_after_a_restore_stay_as_that_has_left_them(
    ledger: Ledger,
) -> None:
    sent, left = {"poster": PictureMemory(sha1="x")}, {"poster": PictureMemory(uploaded=("x",))}
    ledger.remember_pictures(SERVER, [(intent(), sent)])
    ledger.unmanage(SERVER, 7, {}, left)
    ledger.remember_pictures(SERVER, [(intent(), sent)], is_sent=True)
    found = recall(ledger)
    assert (found.memory.is_unmanaged, found.pictures) == (True, left)


def test_whoever_has_lost_its_place_stores_nothing_of_an_edit(tmp_path: Path) -> None:
    has_place = [True]
    with closing(Ledger(str(tmp_path), lambda: has_place[0])) as ledger:
        ledger.intend(SERVER, [intent()])
        has_place[0] = False
        later, sent = intent(baseline={"title": "later"}), {"poster": PictureMemory(sha1="x")}
        with pytest.raises(LeaseLost):
            ledger.intend(SERVER, [later])
        with pytest.raises(LeaseLost):
            ledger.confirm(SERVER, [later], now=5.0)
        with pytest.raises(LeaseLost):
            ledger.remember_pictures(SERVER, [(later, sent)])
        found = recall(ledger)
    assert (found.memory, found.pictures) == (Memory({}, (OURS,), BEFORE), {})


def test_an_item_that_passed_to_another_scene_keeps_what_was_there_before(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    ledger.confirm(SERVER, [intent()], now=5.0)
    assert not recall(ledger).is_news(item(), 1)
    assert recall(ledger, scene_id=2).is_news(item(), 2)
    ledger.relocate(SERVER, [intent(scene_id=2)])
    assert ledger.of_scenes([1]) == []
    ((server, entry),) = ledger.of_scenes([2])
    assert (server, entry.memory) == (SERVER, Memory(OURS, (), BEFORE))
    assert not entry.is_news(item(), 2)


def test_a_file_that_was_moved_is_known_by_its_new_path(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    moved = item(path="/b.mp4")
    assert recall(ledger, moved).is_news(moved, 1)
    ledger.relocate(SERVER, [intent(moved)])
    assert recall(ledger, moved).is_about(moved)


def test_what_is_not_known_is_no_news(ledger: Ledger) -> None:
    assert not recall(ledger, scene_id=2).is_news(item(), 2)


def test_what_is_forgotten_must_still_be_the_scenes(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent(), intent(item(8, "/b.mp4"))])
    entries = [entry for _, entry in ledger.of_scenes([1])]
    ledger.relocate(SERVER, [intent(item(8, "/b.mp4"), scene_id=2)])
    ledger.forget(SERVER, entries)
    assert ledger.of_scenes([1]) == []
    assert [entry.rating_key for _, entry in ledger.of_scenes([1, 2])] == [8]


def test_entries_come_in_pages_and_by_scene(ledger: Ledger) -> None:
    ledger.intend(
        SERVER, [intent(item(key, f"/{key}"), scene_id=key % 10) for key in range(1, 251)]
    )
    assert [len(page) for page in ledger.entries(SERVER)] == [100, 100, 50]
    (page,) = ledger.entries(SERVER, 3)
    assert [entry.rating_key for entry in page][:2] == [3, 13]
    assert ledger.count() == 250


def test_a_release_keeps_what_is_left_until_it_is_taken_up(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent()])
    ledger.confirm(SERVER, [intent()], now=5.0)
    ledger.unmanage(SERVER, 7)
    assert recall(ledger).memory == Memory(OURS, (), BEFORE, is_unmanaged=True)
    ledger.unmanage(SERVER, 7, {"title": "ours"}, {})
    assert recall(ledger).memory == Memory({"title": "ours"}, (), BEFORE, is_unmanaged=True)
    assert (ledger.manage(99), ledger.manage(1), ledger.manage()) == (0, 1, 0)
    assert recall(ledger).memory.is_unmanaged is False


def test_answers_stay_until_another_is_confirmed_or_they_are_doubted(ledger: Ledger) -> None:
    answers = {"title": Answer("ours", "OURS"), "cast": Answer((Credit("A", "b"),), ())}
    ledger.intend(SERVER, [intent()])
    ledger.confirm(SERVER, [intent()], 5.0, {7: answers})
    memory = recall(ledger).memory
    assert memory.answers == answers
    ledger.intend(SERVER, [intent(memory=memory)])
    assert recall(ledger).memory.answers == answers
    ledger.confirm(SERVER, [intent(memory=memory)], 6.0)
    assert recall(ledger).memory.answers == answers
    ledger.forget_answers([2])
    assert recall(ledger).memory.answers == answers
    ledger.forget_answers([1])
    assert recall(ledger).memory.answers == {}


def test_rows_of_the_first_version_can_be_read(tmp_path: Path) -> None:
    path = str(tmp_path / FILE_NAME)
    original = '{"values": {"title": "before", "genres": [["Old", "r", "p"]]}, "locked": ["title"]}'
    row = ("server", 7, 1, "/a.mp4", original, '{"title": "ours"}', '{"title": "meant"}', 5.0)
    with closing(open_database(path, MIGRATIONS[:1])) as old:
        old.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    with closing(Ledger(str(tmp_path))) as ledger:
        memory = recall(ledger).memory
    assert memory == Memory({"title": "ours"}, ({"title": "meant"},), BEFORE)


def test_an_intention_survives_a_process_that_dies(tmp_path: Path) -> None:
    dead = Ledger(str(tmp_path))
    dead.intend(SERVER, [intent()])
    with closing(Ledger(str(tmp_path))) as ledger:
        assert recall(ledger).memory.pending == (OURS,)
    dead.close()


def test_the_file_is_private(ledger: Ledger, tmp_path: Path) -> None:
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def collection(key: int = 50, guid: str = "collection://one") -> PlexItem:
    return PlexItem(key, "1", "collection", BEFORE, (), guid=guid)


def test_what_was_written_to_a_collection_is_known_by_its_guid(ledger: Ledger) -> None:
    ledger.intend(SERVER, [intent(collection(), scene_id=NO_SCENE)])
    entry = recall(ledger, collection(), scene_id=NO_SCENE)
    assert entry.is_collection
    assert entry.memory.pending == (OURS,)
    # Its key passed to another collection, or to a film.
    for other in (collection(guid="collection://other"), item(50)):
        assert not entry.is_about(other)
        assert recall(ledger, other, scene_id=NO_SCENE).memory == Memory()


def test_own_collections_are_remembered_until_they_are_gone(tmp_path: Path) -> None:
    one = OwnCollection(("1", "star film"), "studio", 7)
    two = replace(one, place=("2", "star film"), rating_key=50, hint="then", sorting="1")
    failed = replace(one, place=("1", "other"), failed_at=100.0)
    with closing(Ledger(str(tmp_path))) as ledger:
        ledger.collections.remember(SERVER, [one, two, failed])
    with closing(Ledger(str(tmp_path))) as ledger:
        book = ledger.collections
        places = [one.place, two.place, ("3", "star film")]
        assert book.get(SERVER, places) == {one.place: one, two.place: two}
        assert book.get("another", places) == {}
        assert book.unfinished(SERVER, 50.0, 5) == [one]
        assert book.unfinished(SERVER, 150.0, 5) == [failed, one]
        book.forget(SERVER, [one.place])
        assert book.get(SERVER, places) == {two.place: two}


def test_a_ledger_of_the_second_version_can_be_used(tmp_path: Path) -> None:
    with closing(open_database(str(tmp_path / FILE_NAME), MIGRATIONS[:2])) as old:
        old.execute("INSERT INTO items VALUES ('server', 7, 1, '/a', '{}', '{}', NULL, 5, 0, '{}')")
    with closing(Ledger(str(tmp_path))) as ledger:
        assert ledger.collections.unfinished(SERVER, 0.0, 5) == []
        assert ledger.scene_ids(SERVER, [7, 8]) == {7: 1}
