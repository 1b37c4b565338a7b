"""How things stand, for people and for programs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from commands.status import LAST_SYNC_NOTE, SHOWN_FAILURES, Status, status_lines, status_of, when
from commands.status import read_status as read_status_at
from jobs import inbox
from jobs.job import Failed, Job, Later, LookAgain, Retry, Verdict
from jobs.liveness import BEAT_STALE_S
from jobs.notes import RECONCILE_NOTE
from jobs.registry import TASK_ROLE, WORKER, Registry
from jobs.schema import BACKGROUND, LIVE, TASK
from jobs.store import JobStore
from storage.database import Database
from tests.harness.sync import Desk
from tests.jobs.events import save
from worker.circuit import PAUSE_NOTE

NOW = 1_700_000_000.0


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database)


@pytest.fixture
def registry(database: Database) -> Registry:
    """Of the process that asks."""
    return Registry(database, TASK_ROLE)


@pytest.fixture
def worker(database: Database) -> Registry:
    """A worker that has just beaten."""
    registry = Registry(database, WORKER)
    assert registry.enter(NOW, 0.0)
    return registry


def read_status(store: JobStore, registry: Registry, now: float = NOW) -> Status:
    return read_status_at(store, registry, clock=lambda: now)


def lines(store: JobStore, registry: Registry, now: float = NOW) -> list[str]:
    return status_lines(read_status(store, registry, now))


def note_pause(store: JobStore) -> None:
    note = {"reason": "plex settings", "error": "Plex refuses the token", "since": NOW}
    store.set_note(PAUSE_NOTE, json.dumps({**note, "advice": "Check plex_token."}))


def fail(store: JobStore, count: int, reason: str, *, start: int = 1) -> None:
    store.enqueue("scene", range(start, start + count), LIVE, NOW)
    for job in store.claim("me", [LIVE], NOW):
        failed = Failed(reason, f"scene {job.object_id}: {reason}", "Do something.")
        store.settle("me", {job: failed}, NOW)


def test_a_folder_in_which_nothing_ever_ran_is_told(store: JobStore, registry: Registry) -> None:
    """Perhaps it is not the one that Stash gives the plugin."""
    assert lines(store, registry) == [
        "Queue: empty",
        "Worker: not running, and nothing has run yet with this data folder;"
        " the next change in Stash starts it",
    ]
    assert read_status(store, registry).as_json()["alive_at"] is None


def test_at_rest_there_is_little_to_say(
    store: JobStore, registry: Registry, worker: Registry
) -> None:
    worker.beat(NOW + 5)
    worker.leave()
    assert read_status(store, registry).as_json()["alive_at"] == NOW + 5
    assert lines(store, registry) == [
        "Queue: empty",
        "Worker: not running; the next change in Stash starts it",
    ]


def test_the_queue_is_told_by_lane_and_state(
    store: JobStore, registry: Registry, worker: Registry
) -> None:
    store.enqueue("scene", [1, 2], LIVE, NOW)
    first, second = store.claim(worker.token, [LIVE], NOW)
    store.settle(worker.token, {first: Retry(NOW + 60, "plex error", "Plex failed")}, NOW)
    store.enqueue("scene", [3, 4, 5], TASK, NOW)
    assert lines(store, registry)[0] == "Queue: 1 live claimed, 1 live retrying, 3 task queued"
    assert second.object_id == 2


def test_what_the_dead_have_claimed_waits_like_anything_else(
    store: JobStore, registry: Registry, worker: Registry
) -> None:
    """A stopped task is killed in the middle of its batch, and nobody may come by for long."""
    store.enqueue("scene", [1, 2], TASK, NOW)
    store.claim("a-task-that-was-killed", [TASK], NOW, limit=1)
    assert lines(store, registry)[0] == "Queue: 2 task queued"
    store.enqueue("scene", [3], LIVE, NOW)
    store.claim(worker.token, [LIVE], NOW)
    assert lines(store, registry)[0] == "Queue: 1 live claimed, 2 task queued"
    later = NOW + BEAT_STALE_S
    assert lines(store, registry, later)[0] == "Queue: 1 live queued, 2 task queued"


def test_events_in_files_are_told(store: JobStore, registry: Registry, tmp_path: Path) -> None:
    """The database could not take them, so that the queue knows nothing of them yet."""
    for scene_id in (7, 8):
        save(tmp_path, scene_id, NOW + scene_id)
    assert lines(store, registry)[0] == "Queue: 2 event(s) in files, not taken in yet"
    store.enqueue("scene", [1], LIVE, NOW)
    assert lines(store, registry)[0] == (
        "Queue: 1 live queued, 2 event(s) in files, not taken in yet"
    )
    assert read_status(store, registry).as_json()["spooled"] == 2
    assert len(inbox.waiting(str(tmp_path))) == 2  # looked at, and left


def test_what_could_not_be_read_is_told_until_it_is_deleted(
    store: JobStore, registry: Registry, tmp_path: Path
) -> None:
    inbox.put(str(tmp_path), b"torn", NOW)
    store.take_in(NOW)
    assert lines(store, registry)[:2] == [
        "Queue: empty",
        "Set aside: 1 event(s) that could not be read, in the folder inbox/aside; delete them "
        "once nothing is missing in Plex",
    ]
    assert read_status(store, registry).as_json()["set_aside"] == 1


@pytest.mark.usefixtures("worker")
def test_a_living_worker_is_named(store: JobStore, registry: Registry) -> None:
    status = read_status(store, registry)
    assert status.worker
    assert f"Worker: alive (process {status.worker.pid})" in status_lines(status)


def test_a_task_is_no_worker(store: JobStore, registry: Registry, database: Database) -> None:
    Registry(database, TASK_ROLE).enter(NOW, 0.0)
    assert read_status(store, registry).worker is None


@pytest.mark.parametrize("elsewhere", [False, True], ids=["reused pid", "another container"])
@pytest.mark.parametrize("sign", [1, -1], ids=["later", "clock set back"])
def test_a_worker_is_believed_while_its_beat_is_fresh(
    store: JobStore, registry: Registry, worker: Registry, elsewhere: bool, sign: int
) -> None:
    """Its process id tells nothing: another process has it, or we can't look there."""
    if elsewhere:
        with store.database.write() as connection:
            connection.execute("UPDATE processes SET place = 'a container of before'")
    fresh, stale = (NOW + sign * age_s for age_s in (BEAT_STALE_S - 1, BEAT_STALE_S))
    assert read_status(store, registry, fresh).worker
    assert read_status(store, registry, stale).worker is None
    assert worker.beat(stale)
    assert read_status(store, registry, stale).worker


@pytest.mark.usefixtures("worker")
def test_why_nothing_happens_comes_first(store: JobStore, registry: Registry) -> None:
    note_pause(store)
    first = lines(store, registry)[0]
    assert first.startswith("Waiting since 2023-11-1")
    assert first.endswith(": Plex refuses the token. Check plex_token.")


def test_nobody_waits_where_the_worker_is_gone(
    store: JobStore, registry: Registry, worker: Registry
) -> None:
    """Killed, or sent away by Stash: it can't take back what it has noted."""
    note_pause(store)
    assert read_status(store, registry).pause
    assert read_status(store, registry, NOW + BEAT_STALE_S).pause is None
    worker.leave()
    status = read_status(store, registry)
    assert status_lines(status)[0] == "Queue: empty"
    assert status.as_json()["pause"] is None


def test_the_checks_of_all_scenes_are_told(store: JobStore, registry: Registry) -> None:
    round_ = {"started": NOW, "after": 40, "finished": NOW - 86_400}
    store.set_note(RECONCILE_NOTE, json.dumps(round_))
    under_way, last = lines(store, registry)[-2:]
    assert under_way.startswith("Checking all scenes since 2023-11-1")
    assert under_way.endswith(", so far up to scene 40")
    assert last.startswith("Last check of all scenes: 2023-11-1")
    assert read_status(store, registry).as_json()["check"] == round_
    store.set_note(RECONCILE_NOTE, json.dumps({**round_, "started": 0.0}))
    assert not any(line.startswith("Checking") for line in lines(store, registry))


def test_when_plex_last_confirmed_a_write_is_told(desk: Desk) -> None:
    """While nothing waits, that is what is known of Plex without asking it."""
    with desk.context() as context:
        before = status_of(context.stores)
    assert before.as_json()["written_at"] is None
    assert not any("written to Plex" in line for line in status_lines(before))
    began = time.time()
    desk.sync()
    desk.reset()
    with desk.context() as context:
        after = status_of(context.stores)
    assert after.written_at is not None
    assert began <= after.written_at <= time.time()
    assert f"Fields last written to Plex: {when(after.written_at)}" in status_lines(after)
    assert desk.plex.requests.count() == desk.rig.stash.requests.count() == 0


def test_the_last_task_is_told(store: JobStore, registry: Registry) -> None:
    store.set_note(LAST_SYNC_NOTE, json.dumps({"at": NOW, "summary": "Sync all scenes: 3 synced"}))
    assert any(line.endswith(": Sync all scenes: 3 synced") for line in lines(store, registry))


def test_failures_are_told_by_reason_the_most_frequent_first_and_not_all_of_them(
    store: JobStore, registry: Registry
) -> None:
    fail(store, 2, "ambiguous")
    fail(store, SHOWN_FAILURES + 3, "no file", start=10)
    told = lines(store, registry)[2:]
    assert told[0] == f"Failed, no file: {SHOWN_FAILURES + 3}. Do something."
    assert told[SHOWN_FAILURES + 1] == "  … and 3 more"
    assert told[SHOWN_FAILURES + 2] == "Failed, ambiguous: 2. Do something."
    assert len(told) == 1 + SHOWN_FAILURES + 1 + 1 + 2


def test_failures_that_are_brought_back_meanwhile_are_none(
    store: JobStore, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(store, 2, "ambiguous")
    counted = store.failure_counts()
    store.retry_failed(NOW, TASK)
    monkeypatch.setattr(store, "failure_counts", lambda: counted)
    assert read_status(store, registry).as_json()["failures"] == []
    assert not [line for line in lines(store, registry) if line.startswith("Failed")]


def test_a_failure_and_a_retry_are_told_with_the_name_of_their_object(
    store: JobStore, registry: Registry
) -> None:
    store.enqueue("performer", [12, 13], LIVE, NOW)
    first, second = store.claim("me", [LIVE], NOW)
    store.settle("me", {first: Failed("stash error", "Stash failed", "Wait.")}, NOW)
    store.settle("me", {second: Retry(NOW + 60, "stash error", "Stash failed")}, NOW)
    told = lines(store, registry)
    assert "  performer 12: Stash failed" in told
    assert any(line.endswith("failed tries: performer 13: Stash failed") for line in told)


def test_what_a_pause_has_put_back_is_due_as_soon_as_possible_and_not_in_1970(
    store: JobStore, registry: Registry
) -> None:
    store.enqueue("scene", [1, 2], LIVE, NOW)
    first, second = store.claim("me", [LIVE], NOW)
    again = LookAgain(NOW, "a cover")
    verdicts: dict[Job, Verdict] = {first: Retry(NOW, "not in Plex", "no item"), second: again}
    store.settle("me", verdicts, NOW)
    for lane in (LIVE, BACKGROUND):
        # Plex has gone when their time comes.
        store.settle("me", dict.fromkeys(store.claim("me", [lane], NOW), Later()), NOW)
    told = lines(store, registry)
    assert "Retry as soon as possible, after 1 failed tries: scene 1: no item" in told
    assert "Looked at again later: 1 scene(s), a cover; the next as soon as possible" in told


def test_a_program_gets_the_same_as_json(store: JobStore, registry: Registry) -> None:
    fail(store, 1, "no file")
    store.enqueue("scene", [9], TASK, NOW)
    told = json.loads(json.dumps(read_status(store, registry).as_json()))
    assert told["worker"] is None
    assert told["failures"][0]["reason"] == "no file"
    assert {"lane": "task", "state": "queued", "jobs": 1} in told["queue"]


def test_what_is_looked_at_again_is_told_apart_from_failures(
    store: JobStore, registry: Registry
) -> None:
    store.enqueue("scene", [1, 2], LIVE, NOW)
    first, second = store.claim("me", [LIVE], NOW)
    reason = "waiting for the cover"
    store.settle(
        "me", {first: LookAgain(NOW + 90, reason), second: LookAgain(NOW + 60, reason)}, NOW
    )
    told = lines(store, registry)
    assert told[0] == "Queue: 2 background put off"
    assert told[1].startswith("Looked at again later: 2 scene(s), waiting for the cover; the next")
    assert not [line for line in told if line.startswith(("Retry", "Failed"))]
    (shown,) = read_status(store, registry).as_json()["put_off"]
    assert shown == {"reason": reason, "jobs": 2, "due_at": NOW + 60}
