"""From a changed performer, studio, tag or group to its scenes: the right ones, cheaply, in the
right lane."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from pydantic import SecretStr

from commands import tasks
from jobs.job import Done, Job
from jobs.schema import BACKGROUND, CHECK, LIVE, MOST_LIVE, SCENE, TASK
from jobs.store import JobStore, open_job_database
from pipeline.expand import PAGE, Expander
from pipeline.outcome import Expanded, Skipped
from simulators.faults import Reply
from simulators.rig import Rig
from simulators.stash import SceneGroup, Studio, Tag
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable
from stash.queries import LEVELS, SHOWN_STUDIOS
from tests.harness.sync import Desk
from validation.config import PlexSyncConfig

ALL = (LIVE, BACKGROUND, TASK, CHECK)


class Remembered:
    """Links as a former sync has stored them."""

    def __init__(self, links: Mapping[tuple[str, int], Sequence[int]]) -> None:
        self._links = links

    def scenes_with(self, kind: str, *object_ids: int) -> Sequence[int]:
        return [each for one in object_ids for each in self._links.get((kind, one), ())]


class Bench:
    """An expander over a rig's Stash, and the queue that it fills."""

    def __init__(self, rig: Rig, stash: StashClient, store: JobStore) -> None:
        self.rig = rig
        self.library = rig.stash.library
        self.store = store
        self._stash = stash
        self.links = Remembered({})
        self.doubted: list[tuple[str, int]] = []
        self.config = PlexSyncConfig(plex_url="http://plex:32400", plex_token=SecretStr("token"))

    def expand(self, *objects: tuple[str, int], lane: int = LIVE) -> list[object]:
        """The outcomes, after the objects were queued and claimed as the worker does."""
        for kind, object_id in objects:
            self.store.enqueue(kind, [object_id], lane, time.time())
        claimed = self.store.claim("me", [lane], time.time(), 10**6)
        jobs = [job for job in claimed if job.kind != SCENE]
        self.rig.stash.requests.clear()
        expander = Expander(self._stash, self.store, self.links, self, time.time)
        try:
            outcomes = expander.expand(jobs, self.config)
            self.store.settle("me", dict.fromkeys(jobs, Done()), time.time())
        finally:
            self.store.release_claims("me")
        return [outcomes[job] for job in jobs]

    def invalidate(self, kind: str, source_ids: Iterable[int]) -> None:
        """In place of the collections that we made."""
        self.doubted += [(kind, each) for each in source_ids]

    def queued(self) -> list[int]:
        """The scenes in the queue, in the order in which they will be worked on."""
        found: list[Job] = []
        for lane in ALL:
            found += self.store.claim("reader", [lane], time.time(), 10**6)
        self.store.release_claims("reader")
        return [job.object_id for job in found if job.kind == SCENE]

    def lanes(self) -> set[int]:
        return {lane for lane, state in self.store.counts() if state == "queued"}


@pytest.fixture
def bench(make_rig: Callable[..., Rig]) -> Iterator[Bench]:
    rig = make_rig(count=150)
    for scene in rig.stash.library.scenes.values():
        scene.performers, scene.tags, scene.groups, scene.studio = [], [], [], None
    with (
        closing(StashClient(StashConnection(rig.stash.url))) as stash,
        closing(open_job_database(str(rig.data_dir))) as database,
    ):
        yield Bench(rig, stash, JobStore(database))


def give(bench: Bench, scene_ids: Sequence[int], tag: Tag) -> None:
    for scene_id in scene_ids:
        bench.library.scene(scene_id).tags.append(tag)


def test_the_scenes_that_show_a_tag_are_queued_in_the_order_of_their_ids(bench: Bench) -> None:
    tag = bench.library.add_tag("Nature")
    give(bench, [30, 7, 12], tag)
    assert bench.expand(("tag", tag.id)) == [Expanded(3)]
    assert bench.queued() == [7, 12, 30]


def test_a_performers_scenes_are_found(bench: Bench) -> None:
    performer = bench.library.add_performer("Ada Holm")
    other = bench.library.add_performer("Vera Berg")
    bench.library.scene(4).performers = [other, performer]
    bench.library.scene(5).performers = [other]
    bench.expand(("performer", performer.id))
    assert bench.queued() == [4]


def test_the_scenes_of_those_who_are_told_apart_by_name_are_found_as_well(bench: Bench) -> None:
    """Among those who have the name of the changed one; who has no disambiguation stays as is."""
    library = bench.library
    changed = library.add_performer("Ada Holm")
    elder = library.add_performer("ada holm", disambiguation="the elder")
    younger = library.add_performer("Ada Holm", disambiguation="1902")
    for scene_id, performer in enumerate(
        (changed, elder, younger, library.add_performer("Ada Holm "), library.add_performer("Ada")),
        start=4,
    ):
        library.scene(scene_id).performers = [performer]
    bench.links = Remembered({("performer", younger.id): [9]})
    bench.expand(("performer", changed.id))
    assert bench.queued() == [4, 5, 6, 9]
    # Whose name it is, who else has it, the page of scenes, and the one after the last.
    assert bench.rig.stash.requests.count("POST") == 4


def test_many_changed_performers_are_asked_for_together(bench: Bench) -> None:
    library = bench.library
    elders = [library.add_performer(f"Ada {n}", disambiguation="the elder") for n in range(60)]
    for number, elder in enumerate(elders, start=1):
        library.scene(number).performers = [elder]
    namesakes = [library.add_performer(elder.name) for elder in elders]
    bench.expand(*(("performer", each.id) for each in namesakes), ("performer", 9_999))
    assert bench.queued() == list(range(1, 61))
    assert bench.rig.stash.requests.count("POST") == 5


def test_a_groups_scenes_are_found(bench: Bench) -> None:
    group = bench.library.add_group("The Northern Trilogy")
    for scene_id in (8, 9):
        bench.library.scene(scene_id).groups = [SceneGroup(group, None)]
    bench.expand(("group", group.id))
    assert bench.queued() == [8, 9]


def test_a_studios_scenes_are_those_that_show_its_name_also_as_a_parents(bench: Bench) -> None:
    """As far up as we ask Stash for."""
    above: Studio | None = None
    studios = []
    for number in range(4):
        above = bench.library.add_studio(f"Studio {number}", parent=above)
        studios.append(above)
        bench.library.scene(10 + number).studio = above
    bench.expand(("studio", studios[0].id))
    assert bench.queued() == list(range(10, 11 + SHOWN_STUDIOS))
    assert bench.queued()[-1] in (11, 12)


def test_a_tags_sub_tags_do_not_matter_where_no_setting_names_tags(bench: Bench) -> None:
    above = bench.library.add_tag("Nature")
    below = bench.library.add_tag("Forest", parents=[above])
    give(bench, [1], above)
    give(bench, [2], below)
    bench.expand(("tag", above.id))
    assert bench.queued() == [1]


@pytest.mark.parametrize(
    "settings",
    [{"ignore_tags": frozenset({"to do"})}, {"collections": ("studio", "tags:Nature")}],
    ids=str,
)
def test_a_tags_sub_tags_matter_as_far_down_as_scenes_are_asked_for_what_is_above(
    bench: Bench, settings: dict[str, Any]
) -> None:
    """Also for a tag that no setting names: one above it may be named."""
    bench.config = bench.config.model_copy(update=settings)
    levels = [bench.library.add_tag("Nature")]
    for number in range(LEVELS + 1):
        levels.append(bench.library.add_tag(f"Level {number}", parents=[levels[-1]]))
    for number, tag in enumerate(levels, start=1):
        give(bench, [number], tag)
    bench.expand(("tag", levels[0].id))
    assert bench.queued() == list(range(1, LEVELS + 2))


def test_the_sub_tags_of_several_parents_are_found_once(bench: Bench) -> None:
    bench.config = bench.config.model_copy(update={"ignore_tags": frozenset({"to do"})})
    nature, place = bench.library.add_tag("Nature"), bench.library.add_tag("Place")
    forest = bench.library.add_tag("Forest", parents=[nature, place])
    give(bench, [2], forest)
    assert bench.expand(("tag", nature.id), ("tag", place.id)) == [Expanded(1)] * 2
    assert bench.queued() == [2]


def test_what_is_gone_from_stash_reaches_the_scenes_that_showed_it(bench: Bench) -> None:
    bench.links = Remembered({("tag", 9_999): [3, 5]})
    assert bench.expand(("tag", 9_999)) == [Expanded(2)]
    assert bench.queued() == [3, 5]


def test_scenes_that_show_an_object_now_and_those_that_did_are_united(bench: Bench) -> None:
    tag = bench.library.add_tag("Nature")
    give(bench, [2, 3], tag)
    bench.links = Remembered({("tag", tag.id): [3, 5], ("studio", tag.id): [8]})
    assert bench.expand(("tag", tag.id)) == [Expanded(3)]
    assert bench.queued() == [2, 3, 5]


@pytest.mark.parametrize("kind", ["performer", "studio", "tag", "group"])
def test_what_no_scene_shows_is_done(bench: Bench, kind: str) -> None:
    assert bench.expand((kind, 9_999)) == [Expanded(0)]
    assert bench.queued() == []


def test_an_unknown_kind_is_skipped_and_says_so(bench: Bench) -> None:
    """After a downgrade, say."""
    (outcome,) = bench.expand(("gallery", 1))
    assert outcome == Skipped("this version of PlexSync does not know what a gallery is")


def test_the_collections_of_tags_are_to_be_looked_at(bench: Bench) -> None:
    """Of other objects the scenes tell when they were changed."""
    bench.expand(("tag", 9_998), ("tag", 9_999), ("studio", 1), ("group", 1), ("performer", 1))
    assert bench.doubted == [("tag", 9_998), ("tag", 9_999)]


# Lanes


@pytest.mark.parametrize(
    ("scenes", "lane", "scenes_lane"),
    [
        (MOST_LIVE, LIVE, LIVE),
        (MOST_LIVE + 1, LIVE, BACKGROUND),
        (3, BACKGROUND, BACKGROUND),
        (3, TASK, TASK),
        (MOST_LIVE + 1, TASK, TASK),
    ],
)
def test_a_few_scenes_stay_live_and_many_make_way(
    bench: Bench, scenes: int, lane: int, scenes_lane: int
) -> None:
    tag = bench.library.add_tag("Nature")
    give(bench, range(1, scenes + 1), tag)
    bench.expand(("tag", tag.id), lane=lane)
    assert bench.lanes() == {scenes_lane}
    assert len(bench.queued()) == scenes


def test_a_scene_that_waits_as_live_stays_so(bench: Bench) -> None:
    tag = bench.library.add_tag("Nature")
    give(bench, range(1, 151), tag)
    bench.expand(("tag", tag.id))
    bench.store.enqueue(SCENE, [140], LIVE, time.time())
    bench.expand(("tag", tag.id), lane=BACKGROUND)
    assert bench.queued()[0] == 140
    assert len(bench.queued()) == 150


# Cost


def test_many_objects_of_a_kind_cost_one_walk(bench: Bench) -> None:
    tags = [bench.library.add_tag(f"Tag {number}") for number in range(30)]
    for number, tag in enumerate(tags):
        give(bench, [number + 1], tag)
    outcomes = bench.expand(*(("tag", tag.id) for tag in tags))
    assert outcomes == [Expanded(30)] * 30
    assert bench.queued() == list(range(1, 31))
    assert bench.rig.stash.requests.count("POST") == 2  # the page, and the one after the last


def test_a_walk_over_several_pages_finds_everything(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stash.client.IDS_PER_PAGE", 40)
    monkeypatch.setattr("pipeline.expand.PAGE", 70)
    tag = bench.library.add_tag("Nature")
    give(bench, range(1, 151), tag)
    bench.expand(("tag", tag.id))
    assert bench.queued() == list(range(1, 151))
    assert bench.rig.stash.requests.count("POST") == 5
    assert PAGE == 1000


# What goes wrong


def test_an_outage_of_stash_is_everybodys_matter_and_queues_nothing_twice(bench: Bench) -> None:
    tag = bench.library.add_tag("Nature")
    give(bench, range(1, 21), tag)
    bench.rig.stash.faults.add(Reply(503, b"busy"), "POST", times=1)
    with pytest.raises(StashUnavailable):
        bench.expand(("tag", tag.id))
    bench.expand(("tag", tag.id))
    assert bench.queued() == list(range(1, 21))


def test_an_expansion_that_was_cut_short_is_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.expand.PAGE", 10)
    tag = bench.library.add_tag("Nature")
    give(bench, range(1, 31), tag)

    class Killed(BaseException):
        pass

    real, calls = bench.store.enqueue, []

    def killed_after_two(kind: str, ids: Sequence[int], lane: int, now: float) -> None:
        if kind == SCENE:
            calls.append(ids)
            if len(calls) == 3:
                raise Killed
        real(kind, ids, lane, now)

    monkeypatch.setattr(bench.store, "enqueue", killed_after_two)
    with pytest.raises(Killed):
        bench.expand(("tag", tag.id))
    assert bench.queued() == list(range(1, 21))
    bench.expand(("tag", tag.id))
    assert bench.queued() == list(range(1, 31))


# What the log says


def test_the_log_names_the_object_and_how_many_scenes(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline.expand")
    tag = bench.library.add_tag("Nature")
    give(bench, range(1, 21), tag)
    bench.expand(("tag", tag.id))
    bench.expand(("tag", tag.id), ("tag", tag.id + 1), lane=BACKGROUND)
    bench.expand(("tag", tag.id), lane=TASK)
    assert caplog.messages == [
        f"tag {tag.id}: 20 scene(s) queued",
        "2 tags: 20 scene(s) queued",
    ]


# In the worker


def test_a_job_of_any_kind_is_worked_on_and_leaves_the_summary_alone(
    bench: Bench,
) -> None:
    tag = bench.library.add_tag("Nature")
    give(bench, [1, 2], tag)
    bench.store.enqueue("tag", [tag.id], LIVE, time.time())
    bench.store.enqueue(SCENE, [5], LIVE, time.time())
    with Desk(bench.rig).context() as context:
        context.stores.registry.enter(time.time(), time.monotonic())
        worker = context.worker((LIVE, BACKGROUND))
        assert worker.step() == 0
        assert bench.queued() == [1, 2]
        assert worker.tally.total == 1
        assert worker.step() == 0
        worker.close()
    assert bench.queued() == []
    assert worker.tally.total == 3


def test_a_tag_that_goes_leaves_a_scene_of_which_plex_refuses_a_field(desk: Desk) -> None:
    """Stash no longer knows which scenes had it, and the scene never came to be in step."""
    library = desk.rig.stash.library
    tag = library.add_tag("Western")
    desk.edit(1, tags=[tag])
    desk.plex.faults.add(Reply(400), "PUT .*originallyAvailableAt")
    desk.event(1)
    assert "Western" in desk.item(1).tag_names("genre")
    desk.scene(1).tags.clear()
    with desk.context() as context:
        context.stores.store.enqueue("tag", [tag.id], LIVE, time.time())
        tasks.process_queue(context, lambda _fraction: None)
    assert "Western" not in desk.item(1).tag_names("genre")
