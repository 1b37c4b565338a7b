"""Changes that no hook tells, through the real entry points."""

from __future__ import annotations

import json
from collections.abc import Callable

from check.schedule import VARIABLE
from simulators.rig import PLUGIN_ID, Rig
from tests.harness.rest import until_it_rests
from tests.harness.rig import SYNC_ALL, ask, run_task

SYNC_RECENT = "Sync recent changes"


def enable(rig: Rig, on: bool) -> None:
    rig.stash.graphql(
        "mutation($map: BoolMap!) { setPluginsEnabled(enabledMap: $map) }",
        {"map": {PLUGIN_ID: on}},
    )


def scenes_asked_for(rig: Rig) -> list[int]:
    sent = [json.loads(each.body) for each in rig.stash.requests.matching("POST", "/graphql")]
    found = [each["variables"] for each in sent if "query PlexSyncScenes" in each["query"]]
    return sorted(int(scene_id) for each in found for scene_id in each.values())


def merge_performers(rig: Rig) -> tuple[str, str]:
    """The names of the one that is gone and the one that was kept."""
    scenes = rig.stash.library.scenes
    gone, kept = scenes[1].performers[0], scenes[2].performers[0]
    rig.stash.config.version = "v0.31.0"
    rig.stash.graphql(
        "mutation($input: PerformerMergeInput!) { performerMerge(input: $input) { id } }",
        {"input": {"source": [str(gone.id)], "destination": str(kept.id)}},
    )
    return gone.name, kept.name


def cast(rig: Rig, scene_id: int) -> list[str]:
    return [tag.name for tag in rig.item(scene_id).tags.get("actor", [])]


def test_what_changed_while_the_plugin_was_disabled_is_found(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=50)
    run_task(rig, SYNC_ALL)
    run_task(rig, SYNC_RECENT)
    enable(rig, on=False)
    # Else it would find by itself what this is about.
    rig.kill_workers()
    for scene_id in (3, 17, 42):
        rig.stash.update_scene({"id": scene_id, "title": f"While it was off {scene_id}"})
    assert not rig.worker_pids()
    enable(rig, on=True)
    rig.stash.requests.clear()
    lines = run_task(rig, SYNC_RECENT)
    assert "3 scene(s) changed since the last run" in lines
    assert "Sync recent changes: 3 synced, 0 already in sync" in lines
    assert scenes_asked_for(rig) == [3, 17, 42]
    assert rig.title(42) == "While it was off 42"


def test_a_full_sync_can_be_asked_for_when_the_task_is_run(rig: Rig) -> None:
    run_task(rig, SYNC_ALL)
    run_task(rig, SYNC_ALL)
    rig.item(4).fields["title"] = "Edited, and Plex gave it no time"
    assert "1 synced" in run_task(rig, SYNC_ALL, full="true")
    assert rig.title(4) == rig.films[3].title


def test_an_argument_that_makes_no_sense_is_refused(rig: Rig) -> None:
    assert "full is 'perhaps'. Expected true or false" in run_task(rig, SYNC_ALL, full="perhaps")
    assert not rig.plex.requests.count("PUT")


def test_the_worker_checks_at_the_interval(rig: Rig) -> None:
    run_task(rig, SYNC_ALL)
    rig.configure(reconcile_hours=1 / 3600)
    # Nothing but a hook can start a worker.
    rig.stash.update_scene({"id": 5, "title": "Starts the worker"})
    rig.until(lambda: "Reconcile: " in rig.log_file(), "the first check")
    gone, kept = merge_performers(rig)
    rig.until(lambda: kept in cast(rig, 1), "the merge, in Plex")
    assert gone not in cast(rig, 1)
    assert len(rig.workers()) == 1


def test_a_worker_at_rest_finds_by_itself_what_nobody_tells(make_rig: Callable[..., Rig]) -> None:
    """Within four minutes; at once, when somebody looks at the page."""
    rig = make_rig(environment={"PLEXSYNC_REST_AFTER": "0.2", VARIABLE: "on"})
    run_task(rig, SYNC_ALL)
    pid = until_it_rests(rig)
    gone, kept = merge_performers(rig)
    assert gone in cast(rig, 1)
    assert ask(rig, "status")["worker_rests"]
    rig.until(lambda: kept in cast(rig, 1), "the merge, in Plex")
    assert gone not in cast(rig, 1)
    assert until_it_rests(rig) == pid


def test_after_the_plugin_was_off_a_look_at_the_page_brings_on_what_was_missed(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(environment={VARIABLE: "on"})
    run_task(rig, SYNC_ALL)
    enable(rig, on=False)
    rig.kill_workers()
    rig.stash.update_scene({"id": 3, "title": "While it was off"})
    enable(rig, on=True)
    assert not rig.worker_pids()
    ask(rig, "status")
    rig.until(lambda: rig.title(3) == "While it was off", "the edit")


def test_nothing_is_written_by_itself_before_everything_was_synced_once(
    make_rig: Callable[..., Rig],
) -> None:
    """Whoever has only installed it wants to see first what it would do."""
    rig = make_rig(environment={"PLEXSYNC_REST_AFTER": "0.2", VARIABLE: "on"})
    rig.stash.update_scene({"id": 3, "title": "The first save"})
    rig.until(lambda: rig.title(3) == "The first save", "the edit")
    until_it_rests(rig)
    assert rig.title(4) != rig.films[3].title
    sent = [each.body for each in rig.stash.requests.matching("POST", "/graphql")]
    assert not any(b"query PlexSyncTimes" in each for each in sent)
