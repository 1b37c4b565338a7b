"""An update from version 0.1.0, whose processes go on for a while beside the new ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from simulators.rig import TREE, Rig
from tests.jobs.released import write_released

VERSION_0_1_0 = 2  # of the job store


@pytest.fixture
def start_old_worker() -> Iterator[Callable[[Rig], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(rig: Rig) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.old_worker", str(rig.data_dir)],
            cwd=TREE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"entered\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def written_by_the_old_one(rig: Rig) -> list[str]:
    path = rig.data_dir / "written"
    return path.read_text(encoding="ascii").split() if path.exists() else []


def put_spooled(rig: Rig, scene_id: int) -> None:
    """As a hook of 0.1.0 leaves it that met a newer job store."""
    folder = rig.data_dir / "spool"
    folder.mkdir(exist_ok=True)
    name = f"{time.time():.6f} {os.getpid()} scene {scene_id}.event"
    (folder / name).write_text("0 0.0\n", encoding="ascii")


def test_a_new_hook_displaces_an_old_worker_which_writes_no_more(
    rig: Rig, start_old_worker: Callable[[Rig], subprocess.Popen[bytes]]
) -> None:
    rig.data_dir.mkdir(exist_ok=True)
    write_released(rig.data_dir, VERSION_0_1_0)
    former = start_old_worker(rig)
    rig.until(lambda: "1" in written_by_the_old_one(rig), "the old worker's work")
    rig.stash.update_scene({"id": 5, "title": "Saved with the new one"})
    rig.until(lambda: rig.title(5) == "Saved with the new one", "the edit")
    rig.until(lambda: former.poll() is not None, "the old worker's end")
    assert "5" not in written_by_the_old_one(rig)
    # What its dead predecessor had claimed: of a task's lane, so for the next task.
    rig.stash.wait_for_job(rig.stash.run_task("Process queue"), 120)
    rig.until_drained()
    with rig.store() as store:
        assert [each.object_id for each in store.failures()] == [3]


def test_what_old_hooks_leave_is_taken_in_by_a_new_worker(rig: Rig) -> None:
    rig.data_dir.mkdir(exist_ok=True)
    write_released(rig.data_dir, VERSION_0_1_0)
    for scene_id in (6, 7):
        put_spooled(rig, scene_id)
    rig.stash.update_scene({"id": 5, "title": "Saved with the new one"})
    rig.until(lambda: rig.title(5) == "Saved with the new one", "the edit")
    put_spooled(rig, 8)
    for scene_id in (1, 6, 7, 8):
        rig.until(
            lambda each=scene_id: rig.title(each) == rig.films[each - 1].title,  # type: ignore[misc]
            f"the edit of scene {scene_id}",
        )


def test_a_worker_that_an_old_one_starts_at_its_end_has_no_lock_and_gets_one(rig: Rig) -> None:
    """By the arguments and the document of 0.1.0, whose hook or worker meets the new files."""
    rig.data_dir.mkdir(exist_ok=True)
    write_released(rig.data_dir, VERSION_0_1_0)
    process = subprocess.Popen(
        [sys.executable, str(TREE / "plex_sync.py"), "worker"],
        stdin=subprocess.PIPE,
        cwd=rig.data_dir,
    )
    connection = rig.server_connection()
    document = {"server_connection": connection, "args": {"hookContext": {"id": 1}}}
    assert process.stdin
    process.stdin.write(json.dumps(document).encode())
    process.stdin.close()
    rig.until(lambda: rig.title(1) == rig.films[0].title, "its work")
    rig.stash.update_scene({"id": 5, "title": "Saved then"})
    rig.until(lambda: rig.title(5) == "Saved then", "the edit")
    assert rig.worker_pids() == [process.pid]
    process.kill()
    process.wait()


def test_a_hook_of_the_old_manifest_is_one_still(rig: Rig) -> None:
    """Stash knows the former manifest until it loads its plugins anew."""
    done = subprocess.run(
        [sys.executable, str(TREE / "plex_sync.py")],
        input=rig.hook_input(2),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"output": "ok"}
    rig.until(lambda: rig.title(2) == rig.films[1].title, "the edit")
