"""What changes in Stash without anybody telling, kind by kind, and that a light check sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import pytest

from check.light import changed_since
from check.question import fields_of, stash_time
from jobs.schema import CHECK
from simulators.rig import FOLDER
from simulators.stash import VideoFile
from simulators.stash.model import SceneGroup
from tests.check.untold import (
    KINDS,
    assign_a_file,
    auto_tag,
    delete_a_scene,
    make_a_namesake,
    merge_performers,
    rename_a_performer,
    rename_a_studio,
    tell_a_performer_apart,
)
from tests.harness.sync import Desk, change, settled
from validation.config import PlexSyncConfig
from worker.enqueue_scenes import light_check


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    """Ten films in step and known to be, all names known; a group, and tags above tags."""
    library = desk.rig.stash.library
    group = library.add_group("A series")
    above = library.add_tag("Above all")
    for scene_id in (1, 2):
        desk.edit(scene_id, groups=[SceneGroup(group, scene_id)])
    for tag in list(library.tags.values())[:-1]:
        library.update(tag, parents=[above])
    return settled(desk)


def check(desk: Desk, later_s: float = 0.0) -> set[int]:
    """What a check queues, so many seconds from now."""
    with desk.context() as context:
        context.settings.refresh()
        light = light_check(context.stores, context.stash, lambda: time.time() + later_s)
        return light.run(context.settings.config, CHECK, changed_since).to_look_at


def forget_jobs(desk: Desk) -> None:
    with desk.context() as context:
        context.stores.store.clear()


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.__name__)
def test_every_kind_of_change_is_found_and_nothing_else(
    in_step: Desk, kind: Callable[[Desk], set[int]]
) -> None:
    desk = in_step
    library = desk.rig.stash.library
    if kind is assign_a_file:
        file = library.add_file(VideoFile(f"{FOLDER}/a second one.mp4"))
        desk.edit(7, files=[*desk.scene(7).files, file])
        check(desk)
        desk.sync()
    assert check(desk) == set()
    desk.rig.stash.requests.clear()
    assert check(desk) == set()
    assert desk.rig.stash.requests.count("POST", "/graphql") <= 4
    expected = kind(desk)
    assert check(desk) == expected
    forget_jobs(desk)
    desk.sync()
    # Within a second something else may have been moved.
    check(desk, later_s=60.0)
    assert check(desk, later_s=120.0) == set()


def test_a_name_that_two_performers_share_concerns_both(in_step: Desk) -> None:
    tell_a_performer_apart(in_step)
    check(in_step)
    in_step.sync()
    holders = make_a_namesake(in_step)
    assert holders
    assert check(in_step) == holders


def test_what_is_found_is_found_again_by_a_sync_of_all_until_it_was_looked_at(
    in_step: Desk,
) -> None:
    """The queue may be cleared meanwhile."""
    expected = merge_performers(in_step)
    assert check(in_step) == expected
    forget_jobs(in_step)
    assert f"{len(expected)} synced, {10 - len(expected)} already in sync" in in_step.sync()


def test_a_check_that_is_killed_before_it_has_queued_finds_the_same_again(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rename_a_performer(in_step)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("jobs.store.JobStore.enqueue", die)
        with pytest.raises(KeyboardInterrupt):
            check(in_step)
    assert check(in_step) == expected


def test_a_change_of_the_settings_hides_no_change_of_a_name(in_step: Desk) -> None:
    """What is asked for is another thing from then on."""
    expected = rename_a_performer(in_step)
    in_step.configure(ignore_tags="Nothing at all", collections="studio, groups")
    assert check(in_step) == expected


def test_a_stash_that_knows_no_criterion_for_files_is_asked_without(in_step: Desk) -> None:
    in_step.rig.stash.config.version = "v0.29.3"
    move_a_file_of_old = in_step.scene(6).files[0]
    move_a_file_of_old.updated_at = in_step.rig.stash.library.timestamp()
    assert check(in_step) == set()
    expected = rename_a_performer(in_step)
    assert check(in_step) == expected


def test_pages_do_not_matter(in_step: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stash.client.OBJECTS_PER_PAGE", 3)
    assert check(in_step) == set()
    expected = delete_a_scene(in_step) | rename_a_studio(in_step) | auto_tag(in_step)
    assert check(in_step) == expected


def test_more_names_than_can_be_followed_concern_every_scene(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("check.light.MOST_OBJECTS", 0)
    rename_a_studio(in_step)
    assert check(in_step) == set(range(1, 11))


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"cast_photos": True}, "performer"),
        ({"collections": ("studio",)}, "studio"),
        ({"collections": ("parent_studio",)}, "studio"),
        ({"collections": ("groups",)}, "group"),
        ({"collections": ("tags:Nature",)}, "tag"),
    ],
)
def test_a_time_of_change_is_asked_for_where_a_picture_is_shown(
    settings: dict[str, object], kind: str
) -> None:
    config = PlexSyncConfig.model_validate(
        {"plex_url": "http://127.0.0.1:1", "plex_token": "t", **settings}
    )
    found = fields_of(config)
    assert {each for each, fields in found.items() if "updated_at" in fields} == {kind}
    assert ("parents" in found["tag"]) == (kind == "tag")


def test_what_only_other_programs_see_starts_nothing(in_step: Desk) -> None:
    library = in_step.rig.stash.library
    change(in_step, next(iter(library.studios.values())), favorite=True)
    change(in_step, next(iter(library.performers.values())), details="Other words")
    change(in_step, next(iter(library.tags.values())), description="Other words")
    assert check(in_step) == set()


def test_requests_are_few_in_a_large_library(in_step: Desk) -> None:
    """At most 0.003 for each scene of 5,000."""
    in_step.rig.stash.requests.clear()
    assert "10 already in sync" in in_step.sync()
    sent = in_step.rig.stash.requests.matching("POST", "/graphql")
    names = [json.loads(each.body)["query"].split("(")[0].split()[-1] for each in sent]
    assert names == ["PlexSyncSettings", "PlexSyncNames", "PlexSyncMoved", "PlexSyncTimes"]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Has this process live in another time zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("Windows has one zone for all")

    def enter(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield enter
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("theirs_h", [-9, 0, 1, 9])
@pytest.mark.parametrize("ours", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_file_that_was_moved_is_found_whatever_zone_stash_lives_in(
    desk: Desk, zone: Callable[[str], None], ours: str, theirs_h: int
) -> None:
    """As a command that is started by cron, say."""
    zone(ours)
    library = desk.rig.stash.library
    library.utc_offset_s = theirs_h * 3600
    for scene in library.scenes.values():
        desk.edit(scene.id)
        for file in scene.files:
            file.updated_at = library.timestamp()
    settled(desk)
    assert check(desk) == set()
    file = desk.scene(3).files[0]
    file.path, file.updated_at = "/elsewhere/moved.mp4", library.timestamp(time.time())
    assert check(desk) == {3}
    # An hour is looked at again where it isn't known how Stash's clock goes.
    check(desk, later_s=4000.0)
    assert check(desk, later_s=4000.0) <= {3}
    forget_jobs(desk)
    check(desk, later_s=8000.0)
    assert 3 not in check(desk, later_s=8000.0)


# The last Sunday of October 2026 in Berlin, an hour and a half after midnight in UTC: the hour from
# two to three has come for the second time.
AGAIN = 1792891800


@pytest.mark.parametrize("newest", ["", "2026-10-25T02:00:00+02:00", "2026-01-25T02:00:00+01:00"])
def test_what_is_stored_later_is_never_earlier_as_text(
    zone: Callable[[str], None], newest: str
) -> None:
    zone("Europe/Berlin")
    for before_s in range(0, 3 * 3600, 300):
        since = stash_time(AGAIN - before_s, newest)
        for later_s in range(1, 3 * 3600, 300):
            at = datetime.fromtimestamp(AGAIN - before_s + later_s, timezone.utc).astimezone()
            assert at.isoformat(timespec="seconds") > since
    assert stash_time(AGAIN + 7200, newest) == "2026-10-25T04:30:00+01:00"
