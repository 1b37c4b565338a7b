"""A worker without anything to do rests: a small process in its place, until there is something."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs import inbox, lock, looked
from jobs.schema import LIVE, SCENE
from playback.at_rest.question import question
from playback.imports import POLL_S
from rest.watch import TOLD_POLL_S
from simulators.faults import Call
from simulators.rig import PLUGIN_ID, Rig
from tests.harness.rest import (
    arguments_of,
    document,
    put_to_rest,
    rests,
    start_watcher,
    until_it_rests,
)
from tests.harness.rig import ask, command_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")

STARTED = "INFO worker.supervisor: the worker has started"
WOKEN = "DEBUG worker.supervisor: the worker has started"


@pytest.fixture
def make_sleepy_rig(make_rig: Callable[..., Rig]) -> Callable[..., Rig]:
    """Like `make_rig`, for workers that rest as soon as they can."""

    def make(**options: Any) -> Rig:
        return make_rig(environment={"PLEXSYNC_REST_AFTER": "0.2"}, **options)

    return make


def save(rig: Rig, scene_id: int, title: str) -> None:
    rig.stash.update_scene({"id": scene_id, "title": title})
    rig.until(lambda: rig.title(scene_id) == title, "the edit")


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """But for the mark of who asks."""
    found = {each: each.stat() for each in folder.rglob("*") if each.name != looked.FILE_NAME}
    return {str(path): (each.st_mtime_ns, each.st_size) for path, each in found.items()}


def voluntary_waits(pid: int) -> int:
    """How often the process has waited for something, so far; 0 where the system doesn't tell."""
    path = Path(f"/proc/{pid}/status")
    lines = path.read_text().splitlines() if path.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))


def hears_of_events(pid: int, rig: Rig) -> bool:
    """Whether it has asked the system to be told of what comes into the inbox."""
    opened = [os.path.realpath(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
    return str((rig.data_dir / inbox.FOLDER).resolve()) in opened


@pytest.mark.skipif(sys.platform != "linux", reason="the system doesn't tell there")
def test_it_is_told_of_events_as_long_as_it_rests(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    rig.until(lambda: hears_of_events(pid, rig), "its being told")
    told: list[tuple[object, ...]] = []

    def look() -> None:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        blocked = [line.split()[1].strip("0") for line in status if line.startswith("SigBlk")]
        told.append((hears_of_events(pid, rig), *blocked))

    rig.plex.faults.add(Call(look), "PUT ", times=1)
    save(rig, 2, "After the rest")
    assert told == [(False, "")]
    assert until_it_rests(rig) == pid
    rig.until(lambda: hears_of_events(pid, rig), "its being told again")


def test_an_edit_wakes_it_in_the_same_process(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    assert rig.workers() == []
    for number in range(3):
        save(rig, 2, f"After rest {number}")
        assert until_it_rests(rig) == pid
    assert rig.worker_pids() == [pid]
    assert rig.log_file().count(STARTED) == 1
    assert rig.log_file().count(WOKEN) == 3


def test_hooks_that_meet_it_start_no_other(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    for scene in rig.stash.library.scenes.values():
        rig.stash.library.update(scene, title=f"At once {scene.id}")
    hooks = [rig.start_hook(scene_id) for scene_id in range(1, 11)]
    answers = [each.communicate() for each in hooks]
    assert {each[0] for each in answers} == {b'{"output": "ok"}\n'}
    rig.until(lambda: all(rig.title(n) == f"At once {n}" for n in range(1, 11)), "the edits")
    assert until_it_rests(rig) == pid
    assert rig.log_file().count(STARTED) == 1


def test_a_play_in_plex_is_found_at_rest(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    rig.configure(import_plays=True)
    activity = rig.plex.library.activity
    activity.watch(rig.item(3))
    put_to_rest(rig)
    rig.kill_workers()
    assert "1 play in Plex's history noted" in rig.log_file()
    told = json.loads(document(rig))
    known = ["/status/sessions/history/1"]
    newest = activity.plays[0].viewed_at or 0
    told["args"]["asks_plex"] = question(
        rig.plex.url, rig.plex.token, "a client", newest, known, verify=True
    )
    activity.watch(rig.item(2))
    content, hurry = json.dumps(told).encode(), {"PLEXSYNC_REST_AFTER": "0.2"}
    watcher = start_watcher(rig, content, plays_m=0.0, environment=hurry)
    scene = rig.stash.library.scene(2)
    rig.until(lambda: scene.play_count == 1, "the play in Stash")
    assert until_it_rests(rig) == watcher.pid
    os.kill(watcher.pid, signal.SIGKILL)
    watcher.wait()


def test_nothing_is_written_at_rest_and_who_asks_wakes_nobody(
    make_sleepy_rig: Callable[..., Rig],
) -> None:
    rig = make_sleepy_rig(link=False)
    pid = put_to_rest(rig)
    before, woken = files(rig.data_dir), rig.log_file().count(WOKEN)
    found = ask(rig, "status")
    assert (found["worker"], found["worker_rests"]) == ({"pid": pid}, True)
    assert f"Worker: at rest (process {pid})" in command_line(rig, "status").stdout
    assert ask(rig, "failures") == {"total": 0, "failures": []}
    waits, began_m = voluntary_waits(pid), time.monotonic()
    # Longer than between two looks of any kind.
    time.sleep(2.0)
    assert rests(rig)
    assert voluntary_waits(pid) - waits <= (time.monotonic() - began_m) / TOLD_POLL_S + 2
    assert files(rig.data_dir) == before
    assert rig.log_file().count(WOKEN) == woken == 0


def test_what_another_process_has_queued_wakes_it(make_sleepy_rig: Callable[..., Rig]) -> None:
    """A task that took an event in and was killed, say."""
    rig = make_sleepy_rig()
    put_to_rest(rig)
    scene = rig.stash.library.scene(3)
    rig.stash.library.update(scene, title="Queued")
    with rig.store() as store:
        store.enqueue(SCENE, [3], LIVE, time.time())
    rig.until(lambda: rig.title(3) == "Queued", "the edit")


def test_a_queue_that_was_deleted_wakes_it(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    for path in rig.data_dir.glob("jobs.db*"):
        path.unlink()
    rig.until((rig.data_dir / "jobs.db").exists, "another queue")
    assert until_it_rests(rig) == pid
    save(rig, 2, "After rest")


def test_a_lock_that_was_deleted_leads_to_no_second_worker(
    make_sleepy_rig: Callable[..., Rig],
) -> None:
    rig = make_sleepy_rig()
    put_to_rest(rig)
    (rig.data_dir / lock.FILE_NAME).unlink()
    save(rig, 2, "After rest")
    rig.until(lambda: len(rig.worker_pids()) == 1, "one worker only")
    until_it_rests(rig)
    assert len(rig.worker_pids()) == 1


def test_a_retry_is_made_when_it_is_due(make_sleepy_rig: Callable[..., Rig]) -> None:
    """The first one after 15 seconds, in which it rests."""
    rig = make_sleepy_rig(absent=1)
    rig.stash.update_scene({"id": 10, "title": "Found later"})
    rig.until(lambda: "is not in Plex" in rig.log_file(), "the first try")
    pid = until_it_rests(rig)
    rig.add_to_plex(rig.films[9:])
    rig.until(lambda: rig.title(10) == "Found later", "the retry", timeout_s=45.0)
    assert until_it_rests(rig) == pid


def test_a_check_of_all_scenes_is_made_when_it_is_due(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    rig.configure(reconcile_hours=0.002)
    rig.stash.update_scene({"id": 1, "title": "Begins"})
    rig.until(lambda: "INFO check.reconcile: Reconcile: 9 synced" in rig.log_file(), "a check")
    until_it_rests(rig)
    rig.until(lambda: rig.log_file().count("Reconcile: checking all scenes") >= 2, "another")


def test_it_ends_when_it_is_told_to(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    os.kill(pid, signal.SIGTERM)
    rig.until(lambda: not rig.worker_pids(), "its end")
    assert lock.living_holder(str(rig.data_dir)) == 0
    assert json.loads(command_line(rig, "status", "--json").stdout)["worker"] is None
    save(rig, 2, "With another worker")


def test_an_event_that_comes_while_it_ends_is_brought_on(
    make_sleepy_rig: Callable[..., Rig],
) -> None:
    """Its hook has seen the lock held."""
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    os.kill(pid, signal.SIGSTOP)
    rig.stash.library.update(rig.stash.library.scene(2), title="Meanwhile")
    inbox.put(str(rig.data_dir), rig.hook_input(2), time.time())
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGCONT)
    rig.until(lambda: rig.title(2) == "Meanwhile", "the edit")


def test_it_leaves_after_the_idle_time(make_rig: Callable[..., Rig]) -> None:
    variables = {"PLEXSYNC_REST_AFTER": "0.2", "PLEXSYNC_IDLE_EXIT": "3"}
    rig = make_rig(environment=variables)
    put_to_rest(rig)
    rig.until(lambda: not rig.worker_pids(), "its end")
    assert lock.living_holder(str(rig.data_dir)) == 0
    save(rig, 2, "With another worker")


def test_a_running_task_keeps_it_awake(make_sleepy_rig: Callable[..., Rig]) -> None:
    """It may be killed, and leave what only the worker's look at the queue finds."""
    rig = make_sleepy_rig()
    rig.plex.latency_s = 0.1
    put_to_rest(rig)
    job = rig.stash.run_task("Sync all scenes")
    rig.until(lambda: bool(rig.workers()), "the worker")
    rig.stash.wait_for_job(job)
    until_it_rests(rig)


def test_an_update_is_taken_over_and_the_place_is_kept(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig(link=False)
    pid = put_to_rest(rig)
    script = rig.config_dir / "plugins" / PLUGIN_ID / "plex_sync.py"
    script.write_bytes(script.read_bytes() + b"# new\n")
    rig.until(lambda: WOKEN in rig.log_file(), "a start with the new files")
    assert until_it_rests(rig) == pid
    save(rig, 2, "With the new files")


def test_it_ends_when_the_plugin_is_removed(make_sleepy_rig: Callable[..., Rig]) -> None:
    rig = make_sleepy_rig(link=False)
    put_to_rest(rig)
    shutil.rmtree(rig.config_dir / "plugins" / PLUGIN_ID)
    rig.until(lambda: not rig.worker_pids(), "its end")
    assert WOKEN not in rig.log_file()


@pytest.mark.slow
def test_one_that_was_suspended_and_replaced_leaves_its_lock_to_the_successor(
    make_sleepy_rig: Callable[..., Rig],
) -> None:
    rig = make_sleepy_rig()
    pid = put_to_rest(rig)
    os.kill(pid, signal.SIGSTOP)
    save(rig, 2, "With a successor")
    (successor,) = rig.workers()
    assert successor.pid != pid
    os.kill(pid, signal.SIGCONT)
    rig.until(lambda: rig.worker_pids() == [successor.pid], "its end")
    assert until_it_rests(rig) == successor.pid


# Asking Stash


@pytest.fixture
def watcher(make_rig: Callable[..., Rig]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts them, and ends them."""
    started: list[subprocess.Popen[bytes]] = []

    def start(rig: Rig, document: bytes, *, ask_m: float) -> subprocess.Popen[bytes]:
        started.append(start_watcher(rig, document, ask_m=ask_m))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_stash_is_asked_now_and_then_and_the_rest_goes_on(
    rig: Rig, watcher: Callable[..., subprocess.Popen[bytes]]
) -> None:
    rig.data_dir.mkdir(exist_ok=True)
    asked = document(rig)
    rig.stash.requests.clear()
    process = watcher(rig, asked, ask_m=0.0)
    rig.until(lambda: rig.stash.requests.count("POST", "/graphql") == 1, "the question")
    rig.until(lambda: rests(rig), "the rest afterwards")
    assert rig.stash.requests.count("POST", "/graphql") == 1
    save(rig, 2, "After the question")
    assert rig.worker_pids() == [process.pid]


def test_other_settings_wake_it(rig: Rig, watcher: Callable[..., subprocess.Popen[bytes]]) -> None:
    """They may ask for a check of all scenes."""
    rig.data_dir.mkdir(exist_ok=True)
    asked = document(rig)
    rig.configure(reconcile_hours=1)
    process = watcher(rig, asked, ask_m=0.0)
    rig.until(lambda: "Reconcile: checking all scenes" in rig.log_file(), "the check")
    assert rig.worker_pids() == [process.pid]


def test_where_plays_are_imported_plex_is_asked_soon_after_it_rests(
    make_sleepy_rig: Callable[..., Rig],
) -> None:
    """Not later than it would have been asked by a worker that is awake."""
    rig = make_sleepy_rig()
    rig.configure(import_plays=True)
    put_to_rest(rig)
    rig.until(lambda: "in Plex's history noted" in rig.log_file(), "the first look")
    *_, plays_m, _, _, _ = arguments_of(until_it_rests(rig)).split()
    assert float(plays_m) - time.monotonic() <= POLL_S
