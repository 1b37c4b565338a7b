"""How many requests a sync costs both servers, by kind, and that they don't grow with a library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from jobs.schema import LIVE
from simulators.rig import Rig
from tests.harness.sync import Desk, picture

MakeRig = Callable[..., Rig]
FEW, MANY = 200, 2000

# One for each of `concurrency` writes, three for pictures, and that of the main thread.
MOST_CONNECTIONS = 4 + 3 + 1


pytestmark = pytest.mark.usefixtures("still_time")


@dataclass(frozen=True)
class Cost:
    """Requests of one full sync: to Plex by kind, to Stash without those for covers."""

    plex: dict[str, int]
    stash: int

    @property
    def to_plex(self) -> int:
        """Without the first question on each connection."""
        return sum(self.plex.values()) - self.greetings

    @property
    def greetings(self) -> int:
        return self.plex["server"]


def full_sync(desk: Desk) -> Cost:
    desk.sync()
    return Cost(dict(desk.plex.calls), desk.rig.stash.requests.count("POST", "/graphql"))


def test_a_known_scene_that_changed_costs_one_look_and_one_edit(rig: Rig) -> None:
    desk = Desk(rig)
    desk.sync()
    desk.edit(3, title="Another title", details="Other words")
    desk.reset()
    desk.event(3)
    assert desk.plex.calls == {"server": 1, "sections": 1, "metadata": 1, "edit": 1}
    assert desk.rig.stash.requests.count("POST", "/graphql") == 2  # the settings, the scene


def test_a_known_scene_that_is_in_sync_costs_one_look(rig: Rig) -> None:
    desk = Desk(rig)
    desk.sync()
    desk.reset()
    desk.event(3)
    assert desk.plex.calls == {"server": 1, "sections": 1, "metadata": 1}


def test_a_new_poster_costs_one_upload_more(rig: Rig) -> None:
    desk = Desk(rig)
    desk.configure(skip_fields="background")
    desk.edit(3, cover=picture("red"))
    desk.sync()
    desk.edit(3, cover=picture("blue"), title="Another title")
    desk.reset()
    desk.event(3)
    assert desk.plex.calls == {"server": 1, "sections": 1, "metadata": 1, "upload": 1, "edit": 1}
    assert desk.cover_requests() == 1


def test_a_first_sync_over_pictures_of_plexs_own_asks_for_no_list(make_rig: MakeRig) -> None:
    """Two uploads and an edit: which of Plex's pictures nobody had locked an item shows needn't be
    known. A locked one costs its list."""
    desk = Desk(make_rig(count=100))
    for scene_id in range(1, 101):
        desk.edit(scene_id, cover=picture("red", (160 + scene_id, 90)))
    for scene_id in range(1, 6):
        desk.item(scene_id).locks |= {"thumb", "art"}
    cost = full_sync(desk)
    assert (cost.plex["upload"], cost.plex["edit"], cost.plex["pictures"]) == (200, 100, 10)
    assert cost.to_plex <= 3.1 * 100 + 10
    assert cost.greetings <= 1 + MOST_CONNECTIONS


def test_edits_in_one_batch_share_their_look(rig: Rig) -> None:
    desk = Desk(rig)
    desk.sync()
    for scene_id in range(1, 11):
        desk.edit(scene_id, title=f"Title {scene_id}")
    desk.reset()
    with desk.context() as context:
        context.stores.store.enqueue("scene", range(1, 11), LIVE, 0.0)
    desk.event(1)
    assert desk.plex.calls["metadata"] == 1
    assert desk.plex.calls["edit"] == 10


def test_what_is_above_the_tags_costs_no_request_more(make_rig: MakeRig) -> None:
    """Within 0.03 requests to Stash per scene, of which settings and scenes take 0.02; what a check
    asks at first are few in all."""
    desk = Desk(make_rig(count=500))
    library = desk.rig.stash.library
    above = library.add_tag("Nature")
    for tag in list(library.tags.values())[:-1]:
        library.update(tag, parents=[above])
    desk.configure(skip_fields="poster, background")
    full_sync(desk)
    without = full_sync(desk)  # by now there is something that may have been moved
    desk.configure(skip_fields="poster, background", ignore_tags="Nature")
    full_sync(desk)
    assert full_sync(desk).stash <= without.stash <= 0.03 * 500
    assert not any(desk.item(scene_id).tag_names("genre") for scene_id in range(1, 301))


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_scene_costs_more_in_a_library_ten_times_as_large(make_rig: MakeRig) -> None:
    """What a scene more costs, between 200 and 2,000: its edit, and a hundredth of each batch's
    requests: the look at the items, and the question which server it is. A page of the index holds
    a thousand items, one of Stash's ids as many."""
    few, many = Desk(make_rig(count=FEW)), Desk(make_rig(count=MANY))
    new = MANY - FEW
    batches = new // 100
    changed = [full_sync(few), full_sync(many)]
    assert changed[1].plex["edit"] - changed[0].plex["edit"] == new
    assert changed[1].plex["metadata"] - changed[0].plex["metadata"] == batches
    assert changed[1].to_plex - changed[0].to_plex <= new + batches + 3
    assert changed[1].greetings <= MANY // 100 + MOST_CONNECTIONS
    assert changed[1].stash - changed[0].stash <= 2 * batches + 3
    same = [full_sync(few), full_sync(many)]
    assert "edit" not in same[0].plex | same[1].plex
    assert same[1].to_plex - same[0].to_plex <= batches + 1
    assert same[1].stash - same[0].stash <= 2 * batches + 3
