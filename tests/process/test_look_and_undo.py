"""Preview and restore as Stash and people start them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulators.rig import PLUGIN_ID, Rig
from tests.harness.question import let_it_be_read
from tests.harness.rig import command_line, snapshots


def test_preview_sync_and_restore_from_the_command_line(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=3, link=False)
    before = snapshots(rig)
    found = command_line(rig, "preview", "--json")
    assert found.returncode == 0, found.stderr
    rows = [json.loads(row) for row in found.stdout.splitlines()]
    assert [row["scene"] for row in rows] == [1, 2, 3]
    assert snapshots(rig) == before
    assert "title: " in command_line(rig, "preview", "--scene", "2").stdout
    assert command_line(rig, "sync").returncode == 0
    assert "nothing would change" in command_line(rig, "preview").stdout
    assert "1 restored" in command_line(rig, "restore", "--scene", "2").stdout
    assert "left alone since" in command_line(rig, "preview", "--scene", "2").stdout
    assert "2 restored" in command_line(rig, "restore", "--all", "--yes").stdout
    assert snapshots(rig) == before


@pytest.mark.timeout(300)
def test_what_is_left_alone_is_taken_back_from_the_command_line(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=3, link=False)
    before = snapshots(rig)
    assert command_line(rig, "sync").returncode == 0
    assert "3 restored" in command_line(rig, "restore", "--all", "--yes").stdout
    refused = command_line(rig, "sync", "--scene", "2")
    assert refused.returncode == 1
    assert "run manage --scene 2" in refused.stderr
    assert "0 synced" in refused.stdout
    assert "left alone" in refused.stdout
    told = command_line(rig, "sync", "--all")
    assert "3 scene(s) are left alone" in told.stderr
    assert "3 skipped (left alone since" in told.stdout
    assert snapshots(rig) == before
    assert "Left alone since" in command_line(rig, "status").stdout
    assert "left alone since" in command_line(rig, "explain", "2").stdout
    assert "1 item(s) of scene 2" in command_line(rig, "manage", "--scene", "2").stdout
    assert "1 synced" in command_line(rig, "sync", "--scene", "2").stdout
    assert "2 item(s)" in command_line(rig, "manage", "--all").stdout
    assert "2 synced" in command_line(rig, "sync", "--all").stdout


@pytest.mark.parametrize("arguments", [["restore"], ["restore", "--scene", "1", "--all"]])
def test_a_restore_must_say_of_what(rig: Rig, arguments: list[str]) -> None:
    assert command_line(rig, *arguments).returncode == 2


@pytest.mark.parametrize(
    ("command", "would"),
    [("restore", "put back"), ("forget", "unlock and leave to Plex")],
)
def test_all_is_only_counted_until_it_is_confirmed(
    make_rig: Callable[..., Rig], command: str, would: str
) -> None:
    rig = make_rig(count=3, absent=1, link=False)
    assert command_line(rig, "sync").returncode == 0
    synced = snapshots(rig)
    asked = command_line(rig, command, "--all")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == (
        f"{command} --all would {would} up to 2 item(s) in Plex. Nothing was done; to do it, "
        "repeat the command with --yes\n"
    )
    assert snapshots(rig) == synced
    assert "left alone" not in command_line(rig, "preview").stdout
    assert command_line(rig, command, "--all", "--yes").returncode == 0
    assert snapshots(rig) != synced


def test_the_tasks_in_stash(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=3)
    before = snapshots(rig)

    def run(name: str, **args: object) -> None:
        job = rig.stash.run_task(name, args or None, plugin_id=PLUGIN_ID)
        rig.stash.wait_for_job(job, 60)

    run("Preview changes")
    assert "3 item(s) would change" in rig.stash.log_text()
    assert snapshots(rig) == before
    run("Sync all scenes")
    run("Restore Plex metadata", scene_id=1)
    assert "Restore: 1 restored" in rig.stash.log_text()
    run("Restore Plex metadata")
    assert "start this task again" in rig.stash.log_text()
    assert snapshots(rig) != before
    let_it_be_read(rig)
    run("Restore Plex metadata")
    assert snapshots(rig) == before
    rig.stash.update_scene({"id": 1, "title": "Edited after the restore"})
    rig.until_drained()
    assert snapshots(rig) == before
    run("Restore Plex metadata", scene_id="one")
    assert "is no scene's id" in rig.stash.log_text()
