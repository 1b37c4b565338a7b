"""The job queue: nothing is lost, nothing is done by two, nobody waits for another's back-off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import inbox
from jobs.job import Done, Failed, Job, Later, LookAgain, PutOff, Retry, Verdict
from jobs.registry import WORKER, Registry
from jobs.schema import BACKGROUND, LIVE, TASK
from jobs.store import JobStore
from storage.database import Database
from tests.jobs.events import document

ALL = (LIVE, BACKGROUND, TASK)
NOW = 1_700_000_000.0

RETRY = Retry(NOW + 60, "plex error", "Plex failed", "Wait.")
FAILED = Failed("no file", "scene 1 has no file", "Assign one.")


def enqueue(store: JobStore, *object_ids: int, lane: int = LIVE, now: float = NOW) -> None:
    store.enqueue("scene", object_ids, lane, now)


def claimed_ids(
    store: JobStore, token: str = "me", lanes: tuple[int, ...] = ALL, now: float = NOW
) -> list[int]:
    return [job.object_id for job in store.claim(token, lanes, now)]


def settle_all(store: JobStore, verdict: Verdict) -> None:
    """Claim everything that is due and end it so."""
    jobs = store.claim("me", ALL, NOW)
    store.settle("me", dict.fromkeys(jobs, verdict), NOW)


# Claiming


def test_a_job_is_claimed_as_it_was_enqueued(store: JobStore) -> None:
    enqueue(store, 7, lane=BACKGROUND)
    (job,) = store.claim("me", ALL, NOW)
    assert (job.kind, job.object_id, job.lane, job.generation, job.attempts, job.created_at) == (
        "scene",
        7,
        BACKGROUND,
        1,
        0,
        NOW,
    )


def test_lanes_are_served_in_their_order_one_per_claim(store: JobStore) -> None:
    enqueue(store, 3, lane=TASK)
    enqueue(store, 2, lane=BACKGROUND)
    enqueue(store, 1, lane=LIVE)
    assert [claimed_ids(store) for _ in range(4)] == [[1], [2], [3], []]


def test_only_the_named_lanes_are_served(store: JobStore) -> None:
    enqueue(store, 1, lane=TASK)
    assert claimed_ids(store, lanes=(LIVE, BACKGROUND)) == []
    assert claimed_ids(store, lanes=(TASK,)) == [1]


def test_within_a_lane_first_come_is_first_served(store: JobStore) -> None:
    enqueue(store, 30)
    enqueue(store, 10, 20)
    assert claimed_ids(store) == [30, 10, 20]


def test_a_claim_takes_no_more_than_its_limit(store: JobStore) -> None:
    enqueue(store, *range(1, 251))
    assert [len(store.claim("me", ALL, NOW)) for _ in range(4)] == [100, 100, 50, 0]


def test_kinds_have_ids_of_their_own(store: JobStore) -> None:
    enqueue(store, 1)
    store.enqueue("tag", [1], LIVE, NOW)
    assert {job.kind for job in store.claim("me", ALL, NOW)} == {"scene", "tag"}


def test_two_claimers_never_get_the_same_job(
    store: JobStore, open_another: Callable[[], Database]
) -> None:
    enqueue(store, *range(1, 101))
    claimers = [JobStore(open_another()) for _ in range(2)]
    barrier = threading.Barrier(2)
    got: dict[str, list[int]] = {"a": [], "b": []}

    def work(name: str, own: JobStore) -> None:
        barrier.wait()
        while jobs := own.claim(name, ALL, NOW, limit=5):
            got[name] += [job.object_id for job in jobs]

    threads = [
        threading.Thread(target=work, args=each) for each in zip("ab", claimers, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got["a"] + got["b"]) == list(range(1, 101))


# One row per object


def test_events_for_one_object_are_one_job(store: JobStore) -> None:
    for _ in range(50):
        enqueue(store, 1)
    (job,) = store.claim("me", ALL, NOW)
    assert job.generation == 50
    store.settle("me", {job: Done()}, NOW)
    assert store.count() == 0


def test_a_live_event_pulls_a_tasks_job_forward_and_a_task_pushes_none_back(
    store: JobStore,
) -> None:
    enqueue(store, 1, lane=TASK)
    enqueue(store, 1, lane=LIVE)
    enqueue(store, 1, lane=TASK)
    assert claimed_ids(store, lanes=(LIVE,)) == [1]


@pytest.mark.parametrize(
    "verdict", [Done(), Later(NOW + 5), RETRY, FAILED], ids=lambda each: type(each).__name__
)
def test_an_event_that_comes_while_the_job_is_claimed_makes_it_run_again(
    store: JobStore, verdict: Verdict
) -> None:
    enqueue(store, 1)
    (first,) = store.claim("me", ALL, NOW)
    enqueue(store, 1)
    assert claimed_ids(store, "other") == []  # still being worked on
    store.settle("me", {first: verdict}, NOW)
    (second,) = store.claim("me", ALL, NOW)
    assert (second.generation, second.attempts) == (2, 0)
    store.settle("me", {second: Done()}, NOW)
    assert store.counts() == {}


def test_an_event_brings_a_failed_job_back_as_new(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, FAILED)
    enqueue(store, 1)
    assert store.failures() == []
    (job,) = store.claim("me", ALL, NOW)
    assert job.attempts == 0


def test_an_event_makes_a_job_in_back_off_due_at_once(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, RETRY)
    assert claimed_ids(store) == []
    enqueue(store, 1)
    assert claimed_ids(store) == [1]


# Settling


def test_done_removes_the_job(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, Done())
    assert store.counts() == {}


def test_later_costs_no_attempt(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, Later(NOW + 5))
    assert claimed_ids(store, now=NOW + 4.9) == []
    (job,) = store.claim("me", ALL, NOW + 5)
    assert job.attempts == 0


def test_a_retry_is_due_at_its_time_and_counts(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, RETRY)
    assert store.counts() == {(LIVE, "retrying"): 1}
    assert claimed_ids(store, now=NOW + 59) == []
    (job,) = store.claim("me", ALL, NOW + 60)
    assert job.attempts == 1


def test_a_job_in_back_off_blocks_nobody(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, RETRY)
    enqueue(store, 2)
    enqueue(store, 3, lane=TASK)
    assert [claimed_ids(store) for _ in range(2)] == [[2], [3]]


def test_a_failed_job_is_kept_with_its_reason_and_not_claimed(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, FAILED)
    assert claimed_ids(store, now=NOW + 1e9) == []
    (failure,) = store.failures()
    assert (failure.object_id, failure.reason, failure.error, failure.advice) == (
        1,
        "no file",
        "scene 1 has no file",
        "Assign one.",
    )
    assert failure.failed_at == NOW


def test_failures_are_listed_newest_first(store: JobStore) -> None:
    enqueue(store, 1, 2, 3)
    jobs = store.claim("me", ALL, NOW)
    for seconds, job in enumerate(jobs):
        store.settle("me", {job: FAILED}, NOW + seconds)
    assert [each.object_id for each in store.failures()] == [3, 2, 1]
    assert [each.object_id for each in store.failures(limit=1)] == [3]


def test_verdicts_on_claims_that_were_lost_are_ignored(store: JobStore) -> None:
    """The claimer stood still, and another one has the job now."""
    enqueue(store, 1)
    (job,) = store.claim("slow", ALL, NOW)
    store.release_claims("slow")
    assert claimed_ids(store, "quick") == [1]
    store.settle("slow", {job: Done()}, NOW)
    assert store.counts() == {(LIVE, "claimed"): 1}
    assert claimed_ids(store, "third") == []


def test_a_job_that_nobody_settled_is_claimable_once_its_claim_is_released(
    store: JobStore, open_another: Callable[[], Database]
) -> None:
    """A crash between the write to Plex and the acknowledgement: it runs twice, not never."""
    enqueue(store, 1)
    JobStore(open_another()).claim("crashed", ALL, NOW)
    assert store.release_claims("crashed") == 1
    assert claimed_ids(store) == [1]


# When


def test_next_due_is_that_of_the_earliest_job_nobody_works_on(store: JobStore) -> None:
    assert store.next_due_at(ALL) is None
    enqueue(store, 1)
    settle_all(store, RETRY)
    enqueue(store, 2, lane=TASK)
    assert store.next_due_at((LIVE,)) == NOW + 60
    assert store.next_due_at(ALL) == 0.0
    store.claim("me", (TASK,), NOW)
    assert store.next_due_at((TASK,)) is None


def test_a_live_edit_is_seen_when_it_is_due_or_about_a_claimed_object(store: JobStore) -> None:
    store.enqueue("scene", [1, 2], BACKGROUND, NOW)
    store.claim("mine", [BACKGROUND], NOW)
    assert not store.has_live_edit("mine", NOW)
    store.enqueue("scene", [2], LIVE, NOW)
    assert store.has_live_edit("mine", NOW)
    assert not store.has_live_edit("another", NOW)
    store.enqueue("scene", [3], LIVE, NOW)
    assert store.has_live_edit("another", NOW)


@pytest.mark.parametrize("verdict", [RETRY, Later(NOW + 60), LookAgain(NOW + 60, "a cover")])
@pytest.mark.parametrize("years", [0, 1, 50])
def test_a_clock_set_back_keeps_nothing_waiting(
    store: JobStore, verdict: Verdict, years: int
) -> None:
    """On a board without a clock battery by years."""
    enqueue(store, 1)
    settle_all(store, verdict)
    back = NOW - 3600 - years * 365 * 86400
    assert claimed_ids(store, now=back) == [1]


def test_a_clock_set_forward_makes_a_retry_early_and_set_back_again_not_late(
    store: JobStore,
) -> None:
    """The step between a failure and the next look moved them twice, into the next year."""
    year_s = 365 * 86400.0
    enqueue(store, 1)
    (job,) = store.claim("me", ALL, NOW + year_s)
    store.settle("me", {job: Retry(NOW + year_s + 60, "plex error", "Plex failed")}, NOW + year_s)
    assert claimed_ids(store, now=NOW) == [1]


def test_small_corrections_of_the_clock_make_nothing_due(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, RETRY)
    assert claimed_ids(store, now=NOW - 20) == []
    assert claimed_ids(store, now=NOW + 60) == [1]


def test_a_new_scenes_wait_is_no_longer_when_the_clock_is_set_back(
    store: JobStore, tmp_path: Path
) -> None:
    inbox.put(str(tmp_path), document({"id": 7, "type": "Scene.Create.Post"}), NOW)
    store.take_in(NOW)
    assert claimed_ids(store, now=NOW) == []
    assert claimed_ids(store, now=NOW - 86400) == [7]


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0], ids=["forward", "back"])
def test_fresh_jobs_are_due_whatever_the_clock_says(store: JobStore, jump_s: float) -> None:
    enqueue(store, 1)
    assert store.next_due_at(ALL) == 0.0
    enqueue(store, 2, now=NOW + jump_s)
    assert claimed_ids(store, now=NOW - 7200) == [1, 2]


# Counting and remembering


def test_counts_tell_lanes_and_states_apart(store: JobStore) -> None:
    enqueue(store, 1, 2, 3)
    one, two, three = store.claim("me", ALL, NOW)
    store.settle("me", {one: FAILED, two: RETRY}, NOW)
    enqueue(store, 4, 5, lane=TASK)
    assert store.counts() == {
        (LIVE, "failed"): 1,
        (LIVE, "retrying"): 1,
        (LIVE, "claimed"): 1,
        (TASK, "queued"): 2,
    }
    assert (store.count(), store.count((TASK,)), store.count((BACKGROUND,))) == (4, 2, 0)
    assert three.object_id == 3


def test_notes_are_remembered_replaced_and_forgotten(store: JobStore) -> None:
    assert store.note("pause") is None
    store.set_note("pause", "one")
    store.set_note("pause", "two")
    assert store.note("pause") == "two"
    store.set_note("pause", None)
    store.set_note("pause", None)
    assert store.note("pause") is None


def test_a_page_and_how_far_it_got_are_stored_together_or_not_at_all(store: JobStore) -> None:
    store.enqueue_absent("scene", [1, 2], TASK, NOW, note=("sync_all", "2"))
    assert (store.count((TASK,)), store.note("sync_all")) == (2, "2")
    with pytest.raises(OverflowError):
        store.enqueue_absent("scene", [3, 1 << 70], TASK, NOW, note=("sync_all", "far"))
    assert (store.count((TASK,)), store.note("sync_all")) == (2, "2")


def test_a_large_queue_is_claimed_by_index(store: JobStore) -> None:
    with store.database.read() as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE state = 'queued' AND lane = 0"
            " AND due_at <= 1 AND claimed_by IS NULL ORDER BY due_at, id LIMIT 100"
        ).fetchall()
    assert "USING INDEX jobs_by_turn" in plan[0][3]
    assert len(plan) == 1  # no sorting


def test_jobs_are_values() -> None:
    """They are keys of the mapping from jobs to verdicts."""
    assert len({Job(1, "scene", 1, LIVE), Job(1, "scene", 1, LIVE)}) == 1


# Looking again


def test_a_further_look_waits_in_the_background_and_spends_no_attempt(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, RETRY)
    (job,) = store.claim("me", ALL, NOW + 60)
    store.settle("me", {job: LookAgain(NOW + 500, "waiting")}, NOW + 60)
    assert store.put_off() == [PutOff("waiting", 1, NOW + 500)]
    assert store.retries() == []
    assert claimed_ids(store, now=NOW + 499) == []
    (again,) = store.claim("me", ALL, NOW + 500)
    assert (again.lane, again.attempts, again.reason) == (BACKGROUND, 0, "waiting")


def test_what_is_only_put_off_counts_as_no_work_left_but_keeps_the_worker(
    store: JobStore, database: Database
) -> None:
    worker = Registry(database, WORKER)
    worker.enter(NOW, 0.0)
    enqueue(store, 1, lane=TASK)
    settle_all(store, LookAgain(NOW + 500, "waiting"))
    assert store.count() == 0
    assert store.counts() == {(BACKGROUND, "put off"): 1}
    assert worker.leave_if_idle((LIVE, BACKGROUND)) is False


def test_an_event_before_the_further_look_is_worked_on_at_once(store: JobStore) -> None:
    enqueue(store, 1)
    settle_all(store, LookAgain(NOW + 500, "waiting"))
    enqueue(store, 1)
    (job,) = store.claim("me", ALL, NOW)
    assert (job.lane, job.reason) == (LIVE, "")
    enqueue(store, 1)  # meanwhile
    store.settle("me", {job: LookAgain(NOW + 500, "waiting")}, NOW)
    assert claimed_ids(store) == [1]
