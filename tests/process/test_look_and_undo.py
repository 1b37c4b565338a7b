"""Preview and restore as Stash and people start them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from simulators.rig import PLUGIN_ID, Rig


def command_line(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(rig.config_dir / "plugins" / PLUGIN_ID / "plex_sync.py")
    where = ["--stash-url", rig.stash.url, "--config-dir", str(rig.config_dir)]
    return subprocess.run(
        [sys.executable, script, *where, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def snapshots(rig: Rig) -> list[dict[str, object]]:
    return [rig.plex.library.snapshot(item) for item in rig.plex.library.items()]


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
    assert "restored on purpose" in command_line(rig, "preview", "--scene", "2").stdout
    assert "2 restored" in command_line(rig, "restore", "--all").stdout
    assert snapshots(rig) == before
    assert "1 synced" in command_line(rig, "sync", "--scene", "2").stdout


@pytest.mark.parametrize("arguments", [["restore"], ["restore", "--scene", "1", "--all"]])
def test_a_restore_must_say_of_what(rig: Rig, arguments: list[str]) -> None:
    assert command_line(rig, *arguments).returncode == 2


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
    run("Restore Plex metadata")
    assert snapshots(rig) == before
    rig.stash.update_scene({"id": 1, "title": "Edited after the restore"})
    rig.until_drained()
    assert snapshots(rig) == before
    run("Restore Plex metadata", scene_id="one")
    assert "is no scene's id" in rig.stash.log_text()
