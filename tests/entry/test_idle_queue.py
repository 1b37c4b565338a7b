"""Tasks about the queue: what they do without packages, and what they leave to more."""

from __future__ import annotations

import json
import time

import pytest

from entry import idle_queue, waiting_work
from jobs import inbox
from jobs.hold import begin_hold
from jobs.job import Failed, LookAgain
from jobs.notes import LAST_SYNC_NOTE
from jobs.runs import DONE
from jobs.schema import FILE_NAME, LANE_NAMES, LIVE, SCENE
from jobs.store import JobStore
from ledger.ledger import Ledger
from simulators.rig import Rig
from stash.protocol import Invocation, read_invocation
from tests.harness.rig import run_task

QUEUE, RETRY = "process_queue", "retry_failed"
FAILURE = Failed("plex refused", "no", "")


def invocation(rig: Rig, mode: str) -> Invocation:
    document = {"server_connection": rig.server_connection(), "args": {"mode": mode}}
    return read_invocation(json.dumps(document).encode())


def idle(rig: Rig) -> list[str]:
    """Those of the tasks that have nothing to do."""
    modes = (QUEUE, RETRY, "sync_all", "status")
    return [mode for mode in modes if idle_queue.is_idle(invocation(rig, mode))]


def settle(store: JobStore, verdict: Failed | LookAgain) -> None:
    """A job of scene 1 that ended so."""
    store.enqueue(SCENE, [1], LIVE, time.time())
    (job,) = store.claim("somebody", (LIVE,), time.time())
    store.settle("somebody", {job: verdict}, time.time())


def test_an_empty_queue_leaves_them_nothing(rig: Rig) -> None:
    with rig.store():
        pass
    assert idle(rig) == [QUEUE, RETRY]


@pytest.mark.parametrize("lane", LANE_NAMES)
def test_a_job_that_waits_is_work(rig: Rig, lane: int) -> None:
    with rig.store() as store:
        store.enqueue(SCENE, [1], lane, time.time())
    assert idle(rig) == []


def test_so_is_one_that_another_process_is_busy_with(rig: Rig) -> None:
    with rig.store() as store:
        store.enqueue(SCENE, [1], LIVE, time.time())
        store.claim("somebody", (LIVE,), time.time())
    assert idle(rig) == []


def test_so_is_one_for_later(rig: Rig) -> None:
    with rig.store() as store:
        settle(store, LookAgain(time.time() + 3600, "its cover"))
    assert idle(rig) == []


def test_so_is_an_event_that_nobody_has_read(rig: Rig) -> None:
    with rig.store():
        pass
    inbox.put(str(rig.data_dir), rig.hook_input(1), time.time())
    assert idle(rig) == []


def test_so_is_one_that_a_killed_hook_has_left(rig: Rig) -> None:
    """Stored, but for its name."""
    with rig.store():
        pass
    long_ago = time.time() - inbox.WRITTEN_WITHIN_S - 1
    ending = inbox.SUFFIX + inbox.UNFINISHED
    inbox.put(str(rig.data_dir), rig.hook_input(1), long_ago, ending)
    assert idle(rig) == []
    assert waiting_work.is_waiting(str(rig.data_dir))


def test_a_failure_is_work_for_the_one_that_tries_again(rig: Rig) -> None:
    with rig.store() as store:
        settle(store, FAILURE)
    assert idle(rig) == [QUEUE]


def test_who_has_paused_it_is_told_so(rig: Rig) -> None:
    with rig.store() as store:
        begin_hold(store.database, time.time(), None)
    assert idle(rig) == []
    assert "PlexSync is paused" in run_task(rig, "Process queue")


def test_a_damaged_queue_is_for_those_who_mend_it(rig: Rig) -> None:
    rig.data_dir.mkdir(exist_ok=True)
    (rig.data_dir / FILE_NAME).write_bytes(b"no database " * 1000)
    assert idle(rig) == []
    assert "the job store was damaged" in run_task(rig, "Process queue")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Process queue", "Process queue: nothing waits"),
        ("Retry failed", "Retry failed: nothing has failed, and nothing waits"),
    ],
)
def test_each_says_so_and_is_among_the_runs(rig: Rig, name: str, said: str) -> None:
    assert said in run_task(rig, name)
    assert rig.stash.stash.jobs.all[1].progress_history[-1] == 1.0
    with rig.store() as store:
        assert json.loads(store.note(LAST_SYNC_NOTE) or "{}")["summary"] == said
        with store.database.read() as connection:
            runs = connection.execute("SELECT name, state, summary FROM runs").fetchall()
        assert [tuple(each) for each in runs] == [(name, DONE, said)]
    assert rig.plex.requests.count() == 0


def test_pictures_that_were_refused_are_tried_again_also_where_nothing_has_failed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Ledger, "forget_refusals", lambda _self: asked.append("again"))
    for mode in (QUEUE, RETRY):
        assert idle_queue.run(invocation(rig, mode)) == 0
    assert asked == ["again"]
