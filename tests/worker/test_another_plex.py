"""Another Plex at the same address while we live: the former's ledger counts no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from commands import tasks
from commands.preview import preview_all
from commands.undo import Undo
from commands.undo_task import UndoOrder, undo
from matching.locate import Locator
from plex.exceptions import PlexReplaced
from simulators.plex import Item, PlexLibrary, PlexSimulator, Tag
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift

OTHER = "0b" * 20


def library_like(desk: Desk) -> PlexLibrary:
    """A clone, seen by its keys and paths, in which somebody has set a genre and a summary."""
    library = PlexLibrary(machine_identifier=OTHER)
    section = library.add_section(
        "Films", type="movie", agent="tv.plex.agents.movie", locations=[desk.rig.plex_folder]
    )
    for item in desk.plex.library.items():
        part = item.media[0].parts[0]
        made = library.add_item(
            section, part.file, title="B", size=part.size, duration_ms=part.duration_ms
        )
        assert made.rating_key == item.rating_key
        made.tags["genre"] = [Tag("Nature")]
        made.fields["summary"] = "B's own"
    return library


@contextmanager
def moved_address(desk: Desk) -> Iterator[None]:
    """The former server is off; another one answers on its port, on new connections."""
    library = library_like(desk)
    port, token = desk.plex.port, desk.plex.token
    desk.plex.stop()
    with PlexSimulator(library, port=port, token=token) as other:
        desk.rig.plex = desk.plex = other
        yield


@contextmanager
def proxy_turned(desk: Desk) -> Iterator[None]:
    """The connections stay open, and lead elsewhere."""
    desk.plex.library = library_like(desk)
    yield


Swap = Callable[[Desk], AbstractContextManager[None]]
SWAPS = [moved_address, proxy_turned]


def item_of(desk: Desk, scene_id: int) -> Item:
    return desk.plex.library.item(scene_id)


def go_on(at_work: Shift) -> None:
    """A while, with a look now and then."""
    for _ in range(5):
        at_work.go_on(100)


def had_genre(at_work: Shift) -> None:
    """The former server got the genre from us, and Stash no longer says so."""
    desk = at_work.desk
    nature = desk.rig.stash.library.add_tag("Nature")
    desk.edit(3, tags=[nature])
    at_work.event(3)
    assert item_of(desk, 3).tag_names("genre") == ["Nature"]
    desk.edit(3, tags=[])
    at_work.go_on(20)  # two edits at once are one


@pytest.mark.parametrize("swap", SWAPS)
def test_the_ledger_of_one_server_decides_nothing_about_another(
    desk: Desk, caplog: pytest.LogCaptureFixture, swap: Swap
) -> None:
    with shift(desk) as at_work:
        had_genre(at_work)
        with swap(desk):
            at_work.event(3)
            go_on(at_work)
            item = item_of(desk, 3)
            assert item.tag_names("genre") == ["Nature"]
            assert item.title == desk.scene(3).title
            assert at_work.store.count() == 0
            assert at_work.store.failure_counts() == {}
            with desk.ledger() as ledger:
                (page,) = ledger.entries(OTHER, 3)
            original = page[0].memory.original
            assert original is not None
            assert original.text("title") == "B"
            assert original.text("summary") == "B's own"
            assert [each.name for each in original.credits("genres")] == ["Nature"]
            told = [each for each in caplog.messages if "another Plex answers" in each]
            assert len(told) == 1
            with desk.context() as context:
                undo(context, lambda _fraction: None, UndoOrder(3))
            assert (item.title, item.tag_names("genre")) == ("B", ["Nature"])


@pytest.mark.parametrize("swap", SWAPS)
def test_an_outage_that_ends_with_another_server(desk: Desk, swap: Swap) -> None:
    """A probe after an outage looks who answers."""
    with shift(desk) as at_work:
        had_genre(at_work)
        desk.plex.quirks.maintenance = True
        at_work.event(3)
        assert at_work.worker.pause
        desk.plex.quirks.maintenance = False
        with swap(desk):
            go_on(at_work)
            assert item_of(desk, 3).tag_names("genre") == ["Nature"]
            assert item_of(desk, 3).title == desk.scene(3).title


@pytest.mark.parametrize("swap", SWAPS)
def test_a_server_that_is_replaced_while_a_batch_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, swap: Swap
) -> None:
    """What the former one got, the next one lacks: the batch begins anew."""
    with shift(desk) as at_work:
        had_genre(at_work)
        locate, swaps = Locator.locate, list[AbstractContextManager[None]]()

        def located_in_time(*args: object, **options: object) -> object:
            found = locate(*args, **options)  # type: ignore[arg-type]
            if not swaps:
                swaps.append(swap(desk))
                swaps[0].__enter__()
            return found

        monkeypatch.setattr("matching.locate.Locator.locate", located_in_time)
        try:
            at_work.event(*range(1, 11))
            go_on(at_work)
            assert at_work.store.count() == 0
            titles = {number: item_of(desk, number).title for number in range(1, 11)}
            assert titles == {number: desk.scene(number).title for number in range(1, 11)}
            assert item_of(desk, 3).tag_names("genre") == ["Nature"]
        finally:
            swaps[0].__exit__(None, None, None)


@pytest.mark.parametrize("swap", SWAPS)
def test_a_deleted_scene_of_another_server_is_not_forgotten(desk: Desk, swap: Swap) -> None:
    """The next server lacks the item: that says nothing of the former one's originals."""
    with shift(desk) as at_work:
        at_work.event(3)
        former = desk.plex.library.machine_identifier
        with swap(desk):
            desk.plex.library.remove(item_of(desk, 3))
            del desk.rig.stash.library.scenes[3]
            at_work.event(3)
            go_on(at_work)
            with desk.ledger() as ledger:
                assert list(ledger.entries(former, 3))


@pytest.mark.parametrize("swap", SWAPS)
def test_a_restore_stops_at_another_server(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, swap: Swap
) -> None:
    desk.sync()
    before_undo, swaps = Undo.undo, list[AbstractContextManager[None]]()

    def swapped(self: Undo, *asked: object) -> object:
        swaps.append(swap(desk))
        swaps[0].__enter__()
        desk.reset()
        return before_undo(self, *asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Undo, "undo", swapped)
    try:
        with desk.context() as context, pytest.raises(PlexReplaced, match="another Plex"):
            undo(context, lambda _fraction: None, UndoOrder())
        assert desk.writes() == 0
    finally:
        swaps[0].__exit__(None, None, None)


@pytest.mark.parametrize("swap", SWAPS)
def test_a_preview_tells_nothing_of_another_server_by_the_formers_ledger(
    make_desk: Callable[..., Desk], swap: Swap
) -> None:
    desk = make_desk(count=150)
    desk.sync()
    with desk.context() as context:
        previews = preview_all(context, lambda _fraction: None)
        next(previews)
        with swap(desk), pytest.raises(PlexReplaced):
            list(previews)


@pytest.mark.parametrize("swap", SWAPS)
def test_scenes_that_the_former_one_had_are_not_taken_for_unchanged(desk: Desk, swap: Swap) -> None:
    desk.sync()
    with swap(desk):
        with desk.context() as context:
            tasks.sync_all(context, lambda _fraction: None)
        assert item_of(desk, 5).title == desk.scene(5).title
