"""Queries of a page or a script, through Stash's own mutation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from simulators.faults import Reply
from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import GraphQLErrors
from tests.docs import text_of
from tests.harness.rig import act, ask, command_line, snapshots


@pytest.fixture
def synced(make_rig: Callable[..., Rig]) -> Rig:
    """Four films, of which the second fails and the fourth is not in Plex."""
    rig = make_rig(count=4, absent=1, link=False)
    rig.plex.faults.add(Reply(400), rf"PUT .*[?&]id={rig.item(2).rating_key}&")
    assert command_line(rig, "sync").returncode == 0
    rig.plex.faults.clear()
    return rig


def test_the_status_is_that_of_the_command_line(synced: Rig) -> None:
    found = ask(synced, "status")
    told = json.loads(command_line(synced, "status", "--json").stdout)
    assert {name: found[name] for name in told} == told
    assert {each["reason"]: each["count"] for each in found["failures"]} == {
        "plex refused": 1,
        "not in Plex": 1,
    }
    assert found["worker"] is None


def test_failures_come_by_reason_and_as_many_as_are_wanted(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=8, absent=7, link=False)
    assert command_line(rig, "sync").returncode == 0
    shown = json.loads(command_line(rig, "status", "--json").stdout)["failures"]
    (group,) = ask(rig, "failures")["failures"]
    assert (group["reason"], group["count"]) == ("not in Plex", 7)
    assert [each["object_id"] for each in group["jobs"]] == [8, 7, 6, 5, 4, 3, 2]
    assert group["jobs"][:5] == shown[0]["newest"]
    (fewer,) = ask(rig, "failures", limit=2)["failures"]
    assert ask(rig, "failures", limit=None) == ask(rig, "failures")
    assert fewer == {**group, "jobs": group["jobs"][:2]}


def test_a_preview_is_that_of_the_command_line(synced: Rig) -> None:
    synced.stash.library.scenes[1].title = "Человек с киноаппаратом"
    found = {each["scene"]: each for each in ask(synced, "preview", scenes=[1, "4"])["previews"]}
    assert list(found) == [1, 4]
    for scene_id, each in found.items():
        shown = command_line(synced, "preview", "--scene", str(scene_id), "--json").stdout
        assert each == json.loads(shown)
    (change,) = found[1]["changes"]
    assert (change["field"], change["new"]) == ("title", "Человек с киноаппаратом")
    assert "not in Plex" in found[4]["not_synced"]


def test_nothing_is_written_by_any_query(synced: Rig) -> None:
    synced.stash.library.scenes[1].title = "Edited while the plugin was off"
    before, scenes = snapshots(synced), str(synced.stash.library.scenes)
    ask(synced, "preview", scenes=[1])  # opening a database may fold its log into it
    stored = {name: (synced.data_dir / name).read_bytes() for name in ("jobs.db", "ledger.db")}
    synced.plex.requests.clear()
    synced.stash.requests.clear()
    for what, args in (("status", {}), ("failures", {}), ("preview", {"scenes": [1, 2, 3, 4]})):
        ask(synced, what, **args)
    assert set(synced.plex.requests.by_method()) == {"GET"}
    assert snapshots(synced) == before
    assert str(synced.stash.library.scenes) == scenes
    assert {name: (synced.data_dir / name).read_bytes() for name in stored} == stored
    assert synced.worker_pids() == []


def test_the_workers_waiting_lines_go_to_stashs_log_and_not_into_the_answer(synced: Rig) -> None:
    with synced.store() as store:
        store.add_log_lines([("w", "last words of a worker")])
    assert set(ask(synced, "failures")) == {"total", "failures"}
    lines = [(line.level, line.text) for line in synced.stash.log if line.source == "operation"]
    assert lines == [("warning", "last words of a worker")]


@pytest.mark.parametrize(
    ("what", "args", "told"),
    [
        (None, {}, 'unknown query None. Expected "what" to be any of status, failures,'),
        ("sync", {}, "unknown query 'sync'. Expected"),
        (["status"], {}, r"unknown query \['status'\]"),
        ("status", {"scenes": [1]}, "the query status doesn't know scenes. It takes no arguments."),
        ("preview", {"scene": 1}, "the query preview doesn't know scene. It takes scenes."),
        ("preview", {}, r"scenes must be a list of scene ids. For example \[12, 13\]."),
        ("preview", {"scenes": []}, "scenes must be a list"),
        ("preview", {"scenes": 12}, "scenes must be a list"),
        ("preview", {"scenes": [1, "one"]}, "'one' is no scene's id. Expected a number like 42."),
        ("preview", {"scenes": [True]}, "True is no scene's id"),
        ("preview", {"scenes": [-1]}, "-1 is no scene's id"),
        (
            "preview",
            {"scenes": list(range(1, 102))},
            "101 scenes are too many.* up to 100 at a",
        ),
        ("failures", {"limit": 0}, "limit is 0. Expected a number from 1 to 1000."),
        ("failures", {"limit": "many"}, "limit is 'many'"),
        ("failures", {"limit": 1001}, "limit is 1001"),
    ],
    ids=str,
)
def test_arguments_that_make_no_sense_are_answered_with_what_to_do(
    rig: Rig, what: object, args: dict[str, object], told: str
) -> None:
    with pytest.raises(GraphQLErrors, match=f"PlexSync: {told}"):
        ask(rig, what, **args)
    assert not [line for line in rig.stash.log if line.source == "operation"]


def test_servers_and_settings_that_fail_are_answered_with_what_to_do(rig: Rig) -> None:
    rig.configure(plex_token="a-wrong-token")
    with pytest.raises(GraphQLErrors, match="PlexSync: Plex refuses the token"):
        ask(rig, "preview", scenes=[1])
    rig.stash.configure_plugin(PLUGIN_ID, {})
    with pytest.raises(GraphQLErrors, match="PlexSync: setting plex_url is missing"):
        ask(rig, "preview", scenes=[1])
    assert ask(rig, "status")["failures"] == []


def test_a_hundred_scenes_are_previewed_at_once(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=100)
    found = ask(rig, "preview", scenes=list(range(1, 101)))["previews"]
    assert sorted(each["scene"] for each in found) == list(range(1, 101))


def test_what_the_docs_say_can_be_sent(make_rig: Callable[..., Rig]) -> None:
    text = text_of("docs/operations.md")
    found = re.search(r"```graphql\n(.*?)```", text, re.DOTALL)
    assert found
    answered = make_rig(count=13).stash.http_graphql(found[1])["runPluginOperation"]
    assert [each["scene"] for each in answered["previews"]] == [12, 13]


def test_the_mode_status_still_answers_text(rig: Rig) -> None:
    text = rig.stash.run_operation({"mode": "status"})
    assert text.startswith("Queue: empty\n")


def test_a_query_installs_nothing(make_rig: Callable[..., Rig]) -> None:
    """It dies with the browser's request. A hidden requirement stands for a missing one."""
    rig = make_rig(count=1, link=False)
    ranges = rig.config_dir / "plugins" / PLUGIN_ID / "requirements.txt"
    text = ranges.read_text(encoding="utf-8")
    ranges.write_text(f"{text}no-such-package-anywhere>=1,<2\n", encoding="utf-8")
    with pytest.raises(GraphQLErrors, match="packages are not installed yet"):
        ask(rig, "preview", scenes=[1])
    # These need none.
    assert ask(rig, "status")["queue"] == []
    assert ask(rig, "failures") == {"total": 0, "failures": []}
    assert ask(rig, "states", scenes=[1])["states"]["1"]["state"] == "unknown"
    assert ask(rig, "changes")["total"] == 0
    assert ask(rig, "written")["written"] == []
    assert ask(rig, "log")["lines"] == []
    assert "Queue: empty" in ask(rig, "report")["text"]
    assert act(rig, "pause")["paused"]
    assert act(rig, "retry", all=True) == {"queued": 0}
    assert not (rig.data_dir / "packages").exists()
