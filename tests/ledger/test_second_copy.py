"""The ledger's second copy: when it is made, and what a ledger that is lost leaves of undo."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from commands import undo_task
from commands.status import status_lines, status_of
from ledger import second_copy
from ledger.schema import FILE_NAME
from ledger.second_copy import COPY_EVERY_S, COPY_NAME, keep_copy, recover
from simulators.plex import Picture, Tag
from storage.sqlite import StorageError
from sync.pictures import sha1_of
from tests.harness.sync import Desk, collection, picture
from tests.harness.worker import shift
from tests.storage.files import make_damaged


def ledger_of(desk: Desk) -> Path:
    return desk.rig.data_dir / FILE_NAME


def copy_of(desk: Desk) -> Path:
    return desk.rig.data_dir / COPY_NAME


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM items").fetchone()[0])


def restore(desk: Desk, **args: object) -> str:
    with desk.context(args) as context:
        return undo_task.restore(context, lambda _fraction: None)


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def lose(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def overwrite(path: Path) -> None:
    make_damaged(path)


def truncate(path: Path) -> None:
    """As a power cut may leave it."""
    lose(path)
    path.touch()


def spoil_pages(path: Path) -> None:
    """The head is sound, so that it can be opened; what it holds is not."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(bytes(content))


LOSSES = [lose, overwrite, truncate, spoil_pages]


def synced(desk: Desk) -> None:
    """Everything is written, and copied after that."""
    desk.sync()
    assert keep_copy(str(desk.rig.data_dir), at_once=True)


def test_a_copy_is_made_once_a_day_if_something_was_written(desk: Desk) -> None:
    desk.event(1)
    folder = str(desk.rig.data_dir)
    assert rows(copy_of(desk)) == 1
    # Nothing is written any more, but a log may still be taken in.
    assert not [keep_copy(folder, at_once=True) for _ in range(3)][-1]
    desk.event(2)
    assert not keep_copy(folder)
    assert rows(copy_of(desk)) == 1
    age(copy_of(desk), COPY_EVERY_S + 1)
    desk.event(3)
    assert rows(copy_of(desk)) == 2  # before the day's work begins
    if sys.platform != "win32":
        assert stat.S_IMODE(copy_of(desk).stat().st_mode) == 0o600
    assert not [each for each in os.listdir(folder) if "draft" in each]


def test_a_restore_is_preceded_by_a_copy_and_what_it_leaves_alone_is_copied(desk: Desk) -> None:
    desk.event(1)
    desk.sync()
    assert rows(copy_of(desk)) == 1
    restore(desk, scene_id=2)
    assert rows(copy_of(desk)) == 10
    lose(ledger_of(desk))
    title = desk.item(2).title
    desk.edit(2, title="Edited")
    desk.sync()
    assert desk.item(2).title == title


@pytest.mark.parametrize("loss", [overwrite, truncate, spoil_pages])
def test_the_copy_is_never_replaced_by_something_worse(
    desk: Desk, loss: Callable[[Path], None]
) -> None:
    synced(desk)
    before = copy_of(desk).read_bytes()
    loss(ledger_of(desk))
    assert not keep_copy(str(desk.rig.data_dir), at_once=True)
    assert copy_of(desk).read_bytes() == before


def test_an_empty_ledger_does_not_replace_the_copy(desk: Desk) -> None:
    synced(desk)
    with closing(sqlite3.connect(ledger_of(desk))) as connection:
        connection.execute("DELETE FROM items")
        connection.commit()
    assert not keep_copy(str(desk.rig.data_dir), at_once=True)
    assert rows(copy_of(desk)) == 10


@pytest.mark.parametrize("loss", LOSSES)
def test_everything_can_be_restored_after_a_loss(desk: Desk, loss: Callable[[Path], None]) -> None:
    before = desk.snapshots()
    synced(desk)
    loss(ledger_of(desk))
    for _ in range(3):
        try:
            told = restore(desk, confirm=True)
            break
        except StorageError:
            continue  # damage that is met in the middle
    assert "10 restored" in told
    assert desk.snapshots() == before


@pytest.mark.parametrize("loss", LOSSES)
def test_a_worker_goes_on_with_the_copy(desk: Desk, loss: Callable[[Path], None]) -> None:
    """What it meets in the middle of its work, it mends in the middle of its work."""
    synced(desk)
    with shift(desk) as at_work:
        at_work.event(1)
        if os.name != "nt":
            loss(ledger_of(desk))
        for _ in range(5):
            desk.edit(2, title="Edited")
            at_work.store.enqueue("scene", [2], 0, at_work.now)
            try:
                at_work.go_on(20)
            except StorageError:
                continue
    desk.event(2)
    assert desk.item(2).title == "Edited"
    assert rows(ledger_of(desk)) == 10


def test_what_was_written_after_the_copy_is_not_taken_for_what_was_there_before(
    desk: Desk,
) -> None:
    """The ledger of scene 1 was lost as a whole; of scene 2 its last write was."""
    desk.item(1).tags["genre"] = [Tag("Nature")]
    desk.item(1).fields["tagline"] = "Plex's own"
    desk.configure(tagline_template="{studio}", skip_fields="tagline")
    desk.event(2)
    assert keep_copy(str(desk.rig.data_dir), at_once=True) or copy_of(desk).exists()
    before = desk.item(2).title
    desk.event(1)
    desk.edit(2, title="A later title")
    desk.event(2)
    lose(ledger_of(desk))
    desk.configure(
        tagline_template="{studio}",
    )
    for number in (1, 2):
        desk.edit(number, details="Edited")
        desk.event(number)
        assert desk.item(number).fields["summary"] == "Edited"
    with desk.ledger() as ledger:
        found = {
            entry.scene_id: entry.memory.original
            for page in ledger.entries(desk.plex.library.machine_identifier)
            for entry in page
        }
    assert found[1] is not None
    assert "title" not in found[1].values
    assert "cast" not in found[1].values
    assert found[1].text("tagline") == "Plex's own"
    assert found[2] is not None
    assert found[2].text("title") not in ("", "A later title", before)
    synced_title = desk.item(1).title
    restore(desk, confirm=True)
    assert desk.item(1).title == synced_title  # where undo ends
    assert desk.item(1).fields["tagline"] == "Plex's own"
    assert desk.item(2).title == found[2].text("title")


def test_status_says_where_undo_ends(desk: Desk) -> None:
    synced(desk)
    with desk.context() as context:
        assert status_of(context.stores).as_json()["recovery"] is None
    lose(ledger_of(desk))
    with desk.context() as context:
        status = status_of(context.stores)
    (told,) = [each for each in status_lines(status) if each.startswith("The ledger was lost")]
    assert "10 item(s) may have been written in between" in told
    assert status.recovery
    assert status.as_json()["recovery"]["items"] == 10


@pytest.mark.parametrize("step", ["_back_up", "_mark", "_move_remains", "_place"])
def test_a_process_that_dies_while_it_uses_the_copy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    synced(desk)
    overwrite(ledger_of(desk))
    ledger_of(desk).rename(desk.rig.data_dir / "ledger.db.damaged-by-hand")

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(second_copy, step, die)
        with pytest.raises(KeyboardInterrupt):
            recover(str(desk.rig.data_dir))
    assert not ledger_of(desk).exists()
    assert rows(copy_of(desk)) == 10
    assert recover(str(desk.rig.data_dir))
    assert not recover(str(desk.rig.data_dir))
    assert rows(ledger_of(desk)) == 10


@pytest.mark.parametrize("step", ["_back_up", "_count"])
def test_a_process_that_dies_while_it_copies_leaves_the_former_copy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    synced(desk)
    before = copy_of(desk).read_bytes()
    desk.edit(1, title="Edited")
    desk.event(1)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(second_copy, step, die)
        with pytest.raises(KeyboardInterrupt):
            keep_copy(str(desk.rig.data_dir), at_once=True)
    assert copy_of(desk).read_bytes() == before
    assert keep_copy(str(desk.rig.data_dir), at_once=True)
    assert copy_of(desk).read_bytes() != before


def test_a_copy_that_is_damaged_too_is_told_and_kept(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    synced(desk)
    lose(ledger_of(desk))
    make_damaged(copy_of(desk))
    desk.event(1)
    assert "cannot be used" in caplog.text
    assert rows(ledger_of(desk)) == 1


def test_a_copy_of_the_first_version_is_used(desk: Desk) -> None:
    """Its schema is the one of 0.1.0."""
    synced(desk)
    with closing(sqlite3.connect(copy_of(desk))) as connection:
        connection.execute("ALTER TABLE items DROP COLUMN overtaken")
        connection.execute("DROP TABLE doubts")
        connection.execute("DROP TABLE recoveries")
        connection.execute("DROP TABLE exclusions")
        connection.execute("DROP TABLE writes")
        connection.execute("DROP INDEX items_unmanaged")
        connection.execute("PRAGMA user_version=5")
        connection.commit()
    lose(ledger_of(desk))
    assert recover(str(desk.rig.data_dir))
    with desk.ledger() as ledger:
        assert ledger.doubts.recovery()
        assert ledger.count() == 10


RED, BLUE = picture("red"), picture("blue")


def shown_poster(desk: Desk, scene_id: int) -> str:
    found = desk.item(scene_id).selected("thumb")
    return found.rating_key if found else ""


@pytest.mark.parametrize("keeps", [False, True], ids=["plain", "keeps"])
@pytest.mark.parametrize("is_known", [False, True], ids=["unknown to the copy", "known to it"])
def test_our_own_picture_is_not_taken_for_what_was_there_before(
    desk: Desk, *, is_known: bool, keeps: bool
) -> None:
    """It was sent after the copy. Neither is it somebody's, nor is it sent twice."""
    desk.configure(keep_plex_edits=keeps, skip_fields="poster, background")
    desk.event(2)
    if is_known:
        desk.event(1)
    assert keep_copy(str(desk.rig.data_dir), at_once=True) or copy_of(desk).exists()
    desk.configure(keep_plex_edits=keeps, skip_fields="background")
    desk.edit(1, cover=RED)
    desk.event(1)
    ours = f"upload://posters/{sha1_of(RED)}"
    assert shown_poster(desk, 1) == ours
    lose(ledger_of(desk))
    for _ in range(2):  # it is known from the first on
        desk.event(1)
    desk.reset()
    desk.event(1)
    assert (desk.writes(), desk.cover_requests()) == (0, 0)
    with desk.ledger() as ledger:
        (entry,) = next(iter(ledger.entries(desk.plex.library.machine_identifier, 1)))
    memory = entry.pictures["poster"]
    assert (memory.original, memory.sha1) == (None, sha1_of(RED))
    desk.edit(1, cover=BLUE)
    desk.event(1)
    assert shown_poster(desk, 1) == f"upload://posters/{sha1_of(BLUE)}"
    restore(desk, confirm=True)
    assert shown_poster(desk, 1) == f"upload://posters/{sha1_of(BLUE)}"  # where undo ends


@pytest.mark.parametrize("chosen", ["upload://posters/by-hand", "metadata://posters/theirs"])
def test_a_picture_that_somebody_locked_is_found_again_though_the_ledger_was_lost(
    desk: Desk, chosen: str
) -> None:
    desk.configure(skip_fields="poster, background")
    desk.event(2)
    assert keep_copy(str(desk.rig.data_dir), at_once=True) or copy_of(desk).exists()
    desk.event(1)
    lose(ledger_of(desk))
    item = desk.item(1)
    item.choose("thumb", Picture(chosen))
    item.locks.add("thumb")
    desk.edit(1, cover=RED)
    desk.configure(keep_plex_edits=True)
    desk.event(1)
    assert shown_poster(desk, 1) == chosen
    desk.configure()
    desk.event(1)
    assert shown_poster(desk, 1) == f"upload://posters/{sha1_of(RED)}"
    restore(desk, confirm=True)
    assert shown_poster(desk, 1) == chosen


def test_a_scene_without_a_cover_leaves_every_picture_though_the_ledger_was_lost(
    desk: Desk,
) -> None:
    """None of ours can be recognised without a cover to compare it with."""
    desk.configure(skip_fields="poster, background")
    desk.event(2)
    assert keep_copy(str(desk.rig.data_dir), at_once=True) or copy_of(desk).exists()
    desk.event(1)
    lose(ledger_of(desk))
    item = desk.item(1)
    item.choose("thumb", Picture("metadata://posters/theirs"))
    desk.configure()
    before = desk.plex.library.snapshot(item)
    desk.reset()
    desk.event(1)
    assert desk.plex.library.snapshot(item) == before
    assert desk.writes() == 0
    assert desk.plex.calls["pictures"] == 0


@pytest.mark.parametrize("keeps", [False, True], ids=["plain", "keeps"])
def test_a_collection_that_was_furnished_after_the_copy(desk: Desk, *, keeps: bool) -> None:
    library = desk.rig.stash.library
    studio = library.add_studio("Méliès", image=RED)
    library.update(studio, details="Of Montreuil")
    settings = {"keep_plex_edits": keeps, "skip_fields": "summary, poster, background"}
    desk.configure(collections="studio", **settings)
    for scene_id in (1, 2):
        desk.edit(scene_id, studio=studio)
        desk.event(scene_id)
    assert keep_copy(str(desk.rig.data_dir), at_once=True) or copy_of(desk).exists()

    desk.configure(collections="studio", keep_plex_edits=keeps)
    library.update(studio, details="Of Montreuil and Paris")
    desk.edit(1, studio=studio)
    desk.event(1)
    assert collection(desk, "Méliès").fields["summary"] == "Of Montreuil and Paris"
    lose(ledger_of(desk))
    for _ in range(2):
        library.update(studio, details="Of Montreuil and Paris")
        desk.edit(1, studio=studio)
        desk.event(1)
    with desk.ledger() as ledger:
        (entry,) = [
            entry
            for page in ledger.entries(desk.plex.library.machine_identifier)
            for entry in page
            if entry.is_collection
        ]
    original = entry.memory.original
    assert original is None or original.text("summary") == ""
    assert entry.pictures["poster"].original is None
    library.update(studio, details="Of the world")
    desk.edit(1, studio=studio)
    desk.event(1)
    assert collection(desk, "Méliès").fields["summary"] == "Of the world"
