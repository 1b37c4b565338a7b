"""How things stand, as a page is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from simulators.faults import Reply
from simulators.rig import Rig
from tests.harness.rig import SYNC_ALL, act, ask, run_task
from tools.package import TREE


@pytest.fixture
def mixed(make_rig: Callable[..., Rig]) -> Rig:
    """Six films after a sync: the second was refused, the third isn't organized, the last two are
    not in Plex."""
    rig = make_rig(count=6, absent=2)
    for scene in rig.stash.library.scenes.values():
        scene.organized = scene.id != 3
    rig.configure(only_organized=True)
    rig.plex.faults.add(Reply(400), rf"PUT .*[?&]id={rig.item(2).rating_key}&")
    run_task(rig, SYNC_ALL)
    rig.plex.faults.clear()
    return rig


def test_everything_is_counted_once(mixed: Rig) -> None:
    found = ask(mixed, "status")
    assert found["counts"] == {
        "in_step": 2,
        "waiting": 0,
        "failed": 1,
        "not_in_plex": 2,
        "left_alone": 0,
        "excluded": 1,
    }
    version = yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))["version"]
    assert found["version"] == version
    assert found["activity"]["state"] == "off"
    assert (found["run"], found["paused"]) == (None, None)
    last = found["last_run"]
    assert (last["name"], last["what"], last["state"]) == ("Sync all scenes", "task", "done")
    assert last["summary"].startswith("Sync all scenes: 2 synced")
    assert found["plex"]["libraries"] == ["Films"]
    assert found["plex"]["name"]
    today = found["days"][-1]
    assert len(found["days"]) == 14
    assert (today["written"], today["failed"]) == (2, 3)


def test_the_states_of_scenes_come_by_id(mixed: Rig) -> None:
    found = ask(mixed, "states", scenes=[1, "2", 3, 6, 99])["states"]
    assert {key: each["state"] for key, each in found.items()} == {
        "1": "in_step",
        "2": "failed",
        "3": "excluded",
        "6": "not_in_plex",
        "99": "unknown",
    }
    assert found["3"]["why"] == "not organized"
    assert "refuse" in found["2"]["why"]


def test_failures_come_in_pages_of_a_reason(mixed: Rig) -> None:
    whole = ask(mixed, "failures")
    assert whole["total"] == 3
    (one,) = ask(mixed, "failures", reason="not in Plex", limit=1, offset=1)["failures"]
    assert (one["count"], [each["object_id"] for each in one["jobs"]]) == (2, [5])
    assert "Plex" in one["advice"]
    assert ask(mixed, "failures", reason="no such reason")["failures"] == []


def test_a_scene_that_was_restored_is_left_alone(mixed: Rig) -> None:
    act(mixed, "undo", scene=1)
    mixed.until(lambda: ask(mixed, "status")["counts"]["left_alone"] == 1, "the undo")
    assert ask(mixed, "states", scenes=[1])["states"]["1"]["state"] == "left_alone"
    assert ask(mixed, "status")["counts"]["in_step"] == 1
    assert act(mixed, "manage", scenes=[1, 2]) == {"queued": 1}
    mixed.until(lambda: ask(mixed, "status")["counts"]["in_step"] == 2, "the sync")
