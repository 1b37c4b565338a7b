"""The task "Import plays" and the command `import`, with their lists and confirmations."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from commands.import_task import ImportOrder
from simulators.rig import PLUGIN_ID, Rig
from stash.activity import as_text
from stash.task_arguments import WrongArguments
from tests.harness.rig import command_line, run_task

TASK = "Import plays"
DAY = 24 * 3600


def day(epoch_s: float) -> str:
    return f"{datetime.fromtimestamp(epoch_s).astimezone():%Y-%m-%d}"


def watch(rig: Rig, scene_id: int, ago_s: int = 0) -> str:
    """When, as Stash stores it."""
    at = int(time.time()) - ago_s
    rig.plex.library.activity.watch(rig.item(scene_id), at=at)
    return as_text(at)


def plays(rig: Rig) -> dict[int, list[str]]:
    scenes = rig.stash.library.scenes.values()
    return {scene.id: scene.play_history for scene in scenes if scene.play_history}


def command(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command_line(rig, f"--plugin-id={PLUGIN_ID}", "import", *arguments)


@pytest.fixture
def importing(make_rig: Callable[..., Rig]) -> Rig:
    """Two films were watched before the first run."""
    rig = make_rig(count=6)
    rig.configure(import_plays=True)
    watch(rig, 1, 4 * DAY)
    watch(rig, 2, 2 * DAY)
    assert "Import: 2 plays in Plex's history noted" in run_task(rig, TASK)
    return rig


def test_the_task_brings_what_is_new(importing: Rig) -> None:
    at = watch(importing, 3)
    lines = run_task(importing, TASK)
    assert "Import: 1 play added" in lines
    assert plays(importing) == {3: [at]}


def test_what_is_older_is_listed_first_and_brought_with_confirm(importing: Rig) -> None:
    since = day(time.time() - 2 * DAY)
    lines = run_task(importing, TASK, since=since)
    assert "scene 2: " in lines
    assert "scene 1: " not in lines
    assert "1 play added, were it done now. Nothing was done; with the argument confirm" in lines
    assert plays(importing) == {}
    assert "Import: 1 play added" in run_task(importing, TASK, since=since, confirm=True)
    assert list(plays(importing)) == [2]


@pytest.mark.parametrize(
    ("args", "left"),
    [
        ({"scene_id": 3}, [4, 5]),
        ({"day": day(time.time() - 4 * DAY)}, [3, 5]),
        ({"confirm": True}, []),
        ({}, [3, 4, 5]),
    ],
    ids=["one scene", "one day", "all", "all, not confirmed"],
)
def test_what_came_is_taken_back(importing: Rig, args: dict[str, Any], left: list[int]) -> None:
    for scene_id in (3, 4, 5):
        watch(importing, scene_id, scene_id * DAY)
    run_task(importing, TASK)
    assert list(plays(importing)) == [3, 4, 5]
    run_task(importing, TASK, undo=True, **args)
    assert list(plays(importing)) == left
    run_task(importing, TASK)
    assert list(plays(importing)) == left


def test_nothing_is_imported_while_that_is_switched_off(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=3)
    watch(rig, 1)
    assert "the setting import_plays is off" in run_task(rig, TASK)
    assert plays(rig) == {}


def test_the_command_lists_asks_brings_and_takes_back(importing: Rig) -> None:
    watch(importing, 3)
    listed = command(importing, "--preview")
    assert "Import: 1 play added, were it done now" in listed.stdout
    since = day(time.time() - 2 * DAY)
    asked = command(importing, "--since", since)
    assert (asked.returncode, plays(importing)) == (2, {})
    assert "repeat the command with --yes" in asked.stderr
    done = command(importing, "--since", since, "--yes")
    assert "Import: 2 plays added" in done.stdout
    assert list(plays(importing)) == [2, 3]
    back = command(importing, "--undo", "--day", day(time.time()))
    assert "Import: 1 play taken back" in back.stdout
    assert list(plays(importing)) == [2]


def test_status_and_explain_tell_what_came_and_from_whom(importing: Rig) -> None:
    importing.plex.library.activity.accounts[2] = "Grace"
    importing.configure(import_plays=True, plex_accounts="Ada, Grace")
    at = int(time.time()) - DAY
    importing.plex.library.activity.watch(importing.item(3), account=2, at=at)
    run_task(importing, TASK)
    listed = command_line(importing, f"--plugin-id={PLUGIN_ID}", "status").stdout
    assert "Plays in Plex's history: 1 added, 2 noted" in listed
    assert f"Last play from Plex: scene 3, {importing.title(3)}, by Grace, " in listed
    explained = command_line(importing, f"--plugin-id={PLUGIN_ID}", "explain", "3").stdout
    assert "Played in Plex " in explained
    assert " by Grace: added" in explained


@pytest.mark.parametrize(
    "args",
    [
        {"since": "yesterday"},
        {"since": "0001-01-01"},
        {"day": "2026-13-01"},
        {"day": "9999-12-31"},
        {"undo": "maybe"},
    ],
)
def test_what_makes_no_sense_is_told(args: dict[str, object]) -> None:
    with pytest.raises(WrongArguments):
        ImportOrder.from_args(args)
