"""What a page has done, through Stash's own mutation, by the worker that this wakes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from simulators.faults import Hang, Reply
from simulators.rig import Rig
from simulators.stash import GraphQLErrors
from tests.harness.rig import SYNC_ALL, act, ask, change, run_task


@pytest.fixture
def synced(rig: Rig) -> Rig:
    """Ten films after their first sync, and no worker."""
    run_task(rig, SYNC_ALL)
    return rig


def test_scenes_are_synced_by_the_worker_that_this_starts(rig: Rig) -> None:
    assert act(rig, "sync", scenes=[3, 4]) == {"queued": 2, "left_alone": []}
    rig.until(lambda: rig.title(3) == rig.films[2].title and rig.title(4) == rig.films[3].title)
    assert rig.title(5) != rig.films[4].title


def test_all_scenes_are_synced_as_a_run_that_tells_how_far_it_is(rig: Rig) -> None:
    run = act(rig, "sync", all=True)["run"]
    rig.until(lambda: ask(rig, "status")["counts"]["in_step"] == 10, "the sync")
    rig.until(lambda: ask(rig, "status")["run"] is None, "its end")
    assert "Sync all scenes: 10 synced" in rig.log_file()
    found = ask(rig, "written")["written"]
    assert {each["run"]["id"] for each in found} == {run}
    assert {each["scene"] for each in found} == set(range(1, 11))


def test_what_failed_for_one_reason_is_tried_again(rig: Rig) -> None:
    for scene_id in (2, 3):
        key = rig.item(scene_id).rating_key
        rig.plex.faults.add(Reply(400), rf"PUT .*[?&]id={key}&")
    run_task(rig, SYNC_ALL)
    rig.plex.faults.clear()
    assert ask(rig, "status")["counts"]["failed"] == 2
    assert act(rig, "retry", reason="no such reason") == {"queued": 0}
    assert act(rig, "retry", reason="plex refused") == {"queued": 2}
    rig.until(lambda: ask(rig, "status")["counts"]["in_step"] == 10, "the retry")


def test_a_pause_keeps_what_changes_and_lasts_over_a_restart(synced: Rig) -> None:
    assert act(synced, "pause")["paused"]["until"] is None
    change(synced, "sceneUpdate", id=1, title="Edited in the evening")
    synced.until(lambda: synced.jobs_left() == 1, "the event")
    found = ask(synced, "status")
    assert (found["activity"]["state"], found["counts"]["waiting"]) == ("paused", 1)
    synced.kill_workers()
    change(synced, "sceneUpdate", id=2, title="Edited later")
    synced.until_taken_in()
    told = run_task(synced, SYNC_ALL)
    assert "PlexSync is paused, and" in told
    assert synced.title(1) == synced.films[0].title
    assert act(synced, "resume") == {"was_paused": True, "paused": None}
    synced.until(lambda: synced.title(2) == "Edited later", "the worker")
    synced.until(lambda: synced.title(1) == "Edited in the evening", "the worker")


def test_a_pause_ends_by_itself(synced: Rig) -> None:
    act(synced, "pause", until=time.time() + 3.0)
    change(synced, "sceneUpdate", id=1, title="Edited meanwhile")
    synced.until(lambda: synced.title(1) == "Edited meanwhile", "the end of the pause")
    assert ask(synced, "status")["paused"] is None


@pytest.mark.parametrize("until", ["tomorrow", True, 12, -1])
def test_a_pause_of_a_time_that_is_none_is_refused(rig: Rig, until: object) -> None:
    with pytest.raises(GraphQLErrors, match="until is"):
        act(rig, "pause", until=until)


def test_a_run_that_is_stopped_leaves_what_waits_to_a_task(rig: Rig) -> None:
    act(rig, "pause")
    act(rig, "sync", all=True)
    assert ask(rig, "status")["run"]["state"] == "asked"
    assert "Now: paused, sync_all\n" in ask(rig, "report")["text"]
    assert act(rig, "stop")["stopped"] == ["Sync all scenes"]
    act(rig, "resume")
    assert ask(rig, "status")["run"] is None
    assert rig.title(1) != rig.films[0].title


def test_a_preview_is_kept_and_looked_at_in_parts(synced: Rig) -> None:
    assert ask(synced, "changes")["computed_at"] is None
    for scene_id in (2, 5, 7):
        synced.stash.library.scenes[scene_id].title = f"Another title {scene_id}"
    synced.stash.library.scenes[7].details = "Another text"
    act(synced, "preview")
    synced.until(lambda: ask(synced, "changes")["computed_at"] is not None, "the preview")
    found = ask(synced, "changes")
    assert (found["total"], found["same"], found["running"]) == (3, 7, None)
    assert found["by_field"] == {"title": 3, "summary": 1}
    assert [each["scene"] for each in found["changes"]] == [2, 5, 7]
    (title,) = found["changes"][0]["fields"]
    assert title == {
        "field": "title",
        "stash": "Another title 2",
        "old": synced.films[1].title,
        "new": "Another title 2",
    }
    (last,) = ask(synced, "changes", field="title", offset=2, limit=1)["changes"]
    assert last["scene"] == 7
    assert ask(synced, "changes", field="summary")["total"] == 1
    assert synced.title(2) == synced.films[1].title
    assert act(synced, "sync", field="summary") == {"queued": 1, "left_alone": []}
    synced.until(lambda: synced.title(7) == "Another title 7", "the sync of one field's scenes")
    with pytest.raises(GraphQLErrors, match="the last preview has no change of 'cast'"):
        act(synced, "sync", field="cast")


def test_the_task_keeps_its_preview_too(synced: Rig) -> None:
    synced.stash.library.scenes[2].title = "Another title"
    told = run_task(synced, "Preview changes")
    assert ask(synced, "changes")["total"] == 1
    lines = [each for each in told.splitlines() if each.startswith("info:")]
    assert lines[0] == lines[-1]
    assert re.search(r"\(scene 2, item \d+\): title: .* → \"Another title\"", lines[1])


def test_a_run_is_undone_to_what_was_there_before_it(rig: Rig) -> None:
    first = rig.title(1)
    run_task(rig, SYNC_ALL)
    between = rig.title(1)
    for scene_id in (1, 2):
        rig.stash.library.update(rig.stash.library.scenes[scene_id])
        rig.stash.library.scenes[scene_id].title = f"A mistake {scene_id}"
    run = act(rig, "sync", all=True)["run"]
    rig.until(lambda: rig.title(2) == "A mistake 2" and rig.title(1) == "A mistake 1", "the sync")
    rig.until(lambda: ask(rig, "status")["run"] is None, "its end")
    plan = ask(rig, "undo_plan", run=run)
    assert (plan["scenes"], plan["items"], plan["fields"]["title"]) == (2, 2, 2)
    act(rig, "undo", run=run)
    rig.until(lambda: rig.title(1) == between and rig.title(2) == rig.films[1].title, "the undo")
    rig.until(lambda: ask(rig, "status")["counts"]["left_alone"] == 2, "its end")
    # What was there before us is not forgotten by it.
    act(rig, "undo", scene=1)
    rig.until(lambda: rig.title(1) == first, "the undo of all that was written to it")


def test_everything_is_undone(synced: Rig) -> None:
    plan = ask(synced, "undo_plan", all=True)
    assert (plan["scenes"], plan["items"]) == (10, 10)
    act(synced, "undo", all=True)
    synced.until(lambda: ask(synced, "status")["counts"]["left_alone"] == 10, "the undo")
    assert all(synced.title(each) != synced.films[each - 1].title for each in range(1, 11))


def test_the_plan_of_an_undo_says_what_is_left_and_why(synced: Rig) -> None:
    synced.item(1).fields["title"] = "Somebody's own title"
    plan = ask(synced, "undo_plan", scene=1)
    assert {"field": "title", "why": "edited in Plex"} in plan["left"]
    assert "title" not in plan["fields"]
    assert ask(synced, "undo_plan", scene=1, force=True)["fields"]["title"] == 1
    assert synced.title(1) == "Somebody's own title"


def test_a_scene_is_explained(synced: Rig) -> None:
    synced.stash.library.scenes[1].title = "Another title"
    found = ask(synced, "scene", scene=1)
    assert (found["state"], found["error"]) == ("in_step", None)
    (item,) = found["items"]
    assert item["library"] == "Films"
    assert item["link"].endswith(f"metadata%2F{synced.item(1).rating_key}")
    assert synced.plex.token not in item["link"]
    (title,) = [each for each in item["fields"] if each["field"] == "title"]
    assert (title["plex"], title["after"]) == (synced.films[0].title, "Another title")
    assert found["rules"][0]["items"] == [synced.item(1).rating_key]
    assert found["written"][0]["scene"] == 1


def test_scenes_are_handed_over_and_taken_back(synced: Rig) -> None:
    act(synced, "forget", scenes=[1, 2])
    synced.until(lambda: ask(synced, "status")["counts"]["left_alone"] == 2, "the hand-over")
    assert synced.title(1) == synced.films[0].title
    assert act(synced, "sync", scenes=[1, 3]) == {"queued": 1, "left_alone": [1]}


def test_the_log_comes_in_reading_order_and_the_report_names_nothing(synced: Rig) -> None:
    found = ask(synced, "log", limit=5)
    assert [each["at"] for each in found["lines"]] == sorted(x["at"] for x in found["lines"])
    assert any("Sync all scenes: 10 synced" in each["text"] for each in found["lines"])
    newest = ask(synced, "log", limit=3, level="debug")["lines"]
    earlier = ask(synced, "log", limit=3, level="debug", before=3)["lines"]
    assert earlier[-1]["at"] <= newest[0]["at"]
    assert all(
        each["level"] in ("warning", "error")
        for each in ask(synced, "log", level="warning")["lines"]
    )
    text = ask(synced, "report")["text"]
    assert "PlexSync" in text
    for secret in (synced.plex.token, synced.plex.url, str(synced.data_dir), synced.films[0].title):
        assert secret not in text


@pytest.mark.parametrize(
    ("what", "args", "told"),
    [
        ("clean", {}, "unknown act 'clean'. Expected"),
        ("sync", {}, "nothing was given. Expected one of scenes, field, all."),
        ("sync", {"scenes": [1], "all": True}, "scenes and all was given"),
        ("undo", {"scene": 0}, "0 is no scene's id"),
        ("undo", {"scene": 1, "force": "yes"}, "force is 'yes'. Expected true or false."),
        ("forget", {"scenes": []}, "scenes must be a list of scene ids"),
        ("retry", {"reason": 5}, "reason must be a text"),
        ("retry", {"reason": "x" * 101}, "reason has 101 characters"),
        # No more of it is repeated than anybody reads.
        ("retry", {"all": "x" * 300}, "all is 'x{99}. Expected true or false."),
        ("pause", {"until": 10**400}, "until is 10{99}. Expected a time in the next year."),
        ("stop", {"run": 1}, "the act stop doesn't know run. It takes no arguments."),
    ],
    ids=str,
)
def test_acts_that_make_no_sense_are_answered_with_what_to_do(
    rig: Rig, what: object, args: dict[str, object], told: str
) -> None:
    with pytest.raises(GraphQLErrors, match=f"PlexSync: {told}"):
        act(rig, what, **args)
    assert rig.worker_pids() == []


def test_an_undo_of_everything_survives_a_kill_and_goes_on(make_rig: Callable[..., Rig]) -> None:
    """Page by page: what a page has put back isn't looked at again."""
    rig = make_rig(count=120)
    items = list(rig.plex.library.items())
    before = [rig.plex.library.snapshot(each) for each in items]
    run_task(rig, SYNC_ALL)
    rig.plex.requests.clear()
    rig.plex.faults.add(Hang(), "^PUT", skip=105)
    act(rig, "undo", all=True)
    rig.until(lambda: ask(rig, "status")["run"]["done"] == 100, "the first page")
    rig.until(lambda: rig.plex.requests.count("PUT") > 105, "the second one")
    rig.kill_workers()
    rig.plex.faults.clear()
    rig.plex.requests.clear()
    rig.until(lambda: ask(rig, "status")["run"] is None, "the end of the undo")
    assert [rig.plex.library.snapshot(each) for each in items] == before
    assert re.search(r"Restore: 1\d\d restored, \d as before already", rig.log_file())
    paths = [x.path for x in rig.plex.requests.matching("GET", "/library/metadata/")]
    looked = {key for each in paths for key in each.rpartition("/")[2].split(",")}
    first = {str(each.rating_key) for each in sorted(items, key=lambda x: x.rating_key)[:100]}
    assert looked.isdisjoint(first)
