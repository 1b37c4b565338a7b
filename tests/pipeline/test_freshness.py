"""What somebody edits in Plex while a batch is being written there, slowly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from jobs.schema import BACKGROUND
from pipeline.freshness import FRESH_S, STALE_S, WRITES_PER_READING
from simulators.faults import Call
from simulators.plex import Item
from tests.harness.sync import Desk
from tests.harness.worker import shift

SCENES = 96
EDITED_AFTER_S = 0.5


@pytest.fixture
def slow_desk(make_desk: Any) -> Desk:
    desk: Desk = make_desk(count=SCENES)
    desk.configure(skip_fields="poster, background", keep_plex_edits=True)
    for scene_id in list(desk.rig.stash.library.scenes):
        desk.edit(scene_id, details=f"About {scene_id}")
    return desk


def write_slowly(desk: Desk, write_s: float, edit: Callable[[Item], None]) -> int:
    """Sync all scenes where each write takes so long; half a second after the first one somebody
    edits every item. How many requests read items."""
    lock, edited = threading.Lock(), threading.Event()
    with shift(desk) as on_shift:
        began = on_shift.now

        def answer() -> None:
            with lock:
                on_shift.let_pass(write_s)
                if on_shift.now < began + EDITED_AFTER_S or edited.is_set():
                    return
                edited.set()
                for item in desk.plex.library.items():
                    edit(item)

        desk.event(1)  # the index is complete
        desk.plex.faults.add(Call(answer), "PUT ")
        desk.reset()
        on_shift.event(*range(2, SCENES + 1), lane=BACKGROUND)
        assert edited.is_set() == (write_s * SCENES > EDITED_AFTER_S)
        return desk.plex.requests.count("GET", "/library/metadata/")


@pytest.mark.parametrize("write_s", [0.0375, 0.15], ids=["four at a time", "one at a time"])
def test_what_is_typed_in_plex_meanwhile_stays(slow_desk: Desk, write_s: float) -> None:
    """150 ms each; with four at a time that is one every 37.5 ms."""

    def type_summary(item: Item) -> None:
        item.fields["summary"] = "Typed"
        item.locks.add("summary")

    readings = write_slowly(slow_desk, write_s, type_summary)
    items = slow_desk.plex.library.items()
    lost = [each for each in items if each.fields["summary"] != "Typed"]
    # What was read before and written right after can't be told.
    age_s = min(STALE_S, max(FRESH_S, WRITES_PER_READING * write_s))
    assert len(lost) <= age_s / write_s + 4
    # Once at first, and once after the writes, since edits are kept.
    assert 2 + 2 <= readings <= 2 + SCENES * write_s / FRESH_S


def test_what_is_added_in_plex_meanwhile_stays_where_lists_are_replaced(slow_desk: Desk) -> None:
    slow_desk.plex.quirks.tag_mode = "replacing"
    slow_desk.configure(skip_fields="poster, background")
    library = slow_desk.plex.library

    def add_genre(item: Item) -> None:
        mine = library.make_tag(item, "genre", "Mine")
        library.set_tags(item, "genre", [*item.tags.get("genre", ()), mine])

    write_slowly(slow_desk, 0.0375, add_genre)
    lost = [each for each in library.items() if "Mine" not in each.tag_names("genre")]
    assert len(lost) <= FRESH_S / 0.0375 + 4


def test_an_item_that_goes_meanwhile_is_looked_for_anew(slow_desk: Desk) -> None:
    gone = slow_desk.item(SCENES)

    def trash(item: Item) -> None:
        if item is gone:
            slow_desk.plex.library.trash(item)

    write_slowly(slow_desk, 0.15, trash)
    others = [each for each in slow_desk.plex.library.items() if each is not gone]
    assert all(each.fields["summary"].startswith("About") for each in others)


def test_where_plex_is_quick_nothing_is_read_again(slow_desk: Desk) -> None:
    assert write_slowly(slow_desk, 0.001, lambda _item: None) == 2
