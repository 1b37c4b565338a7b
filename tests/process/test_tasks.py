"""The tasks through Stash's job queue."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

import pytest

from jobs.schema import RUN, TASK
from simulators.faults import Call, Delay, Hang, Reply
from simulators.rig import Rig
from tests.harness.rig import SYNC_ALL, act, ask, run_task


def test_sync_all_brings_a_library_in_step_and_says_so(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=30, absent=1)
    lines = run_task(rig, SYNC_ALL)
    assert "29 synced, 0 already in sync, 1 not in Plex, 0 failed" in lines
    assert [rig.title(number) for number in range(1, 30)] == [film.title for film in rig.films[:29]]
    job = rig.stash.stash.jobs.all[1]
    assert job.progress_history[-1] == 1.0
    assert job.progress_history == sorted(job.progress_history)


def test_a_second_sync_of_a_thousand_scenes_writes_nothing_and_asks_little(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=1000)
    run_task(rig, SYNC_ALL)
    writes = rig.plex.library.writes
    rig.plex.requests.clear()
    rig.stash.requests.clear()
    lines = run_task(rig, SYNC_ALL)
    assert "0 synced, 1000 already in sync, 0 not in Plex, 0 failed" in lines
    assert rig.plex.library.writes == writes == 1000
    assert rig.plex.requests.count("PUT") == 0
    assert rig.plex.requests.count() <= 30
    assert rig.stash.requests.count() <= 30


def test_a_first_sync_costs_one_request_to_plex_per_scene(make_rig: Callable[..., Rig]) -> None:
    """Besides one question on each connection."""
    rig = make_rig(count=400)
    run_task(rig, SYNC_ALL)
    assert rig.plex.requests.count("PUT") == 400
    greetings = rig.plex.requests.count("GET", "/identity")
    assert rig.plex.requests.count() - greetings <= 400 * 1.05
    assert greetings <= 4 + 4 + 1  # connections, batches


def test_a_task_that_is_stopped_goes_on_where_it_was(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=300)
    rig.plex.faults.add(Hang(), "PUT .*/all", skip=150)
    job = rig.stash.run_task(SYNC_ALL)
    rig.until(lambda: rig.plex.requests.count("PUT") > 150, "half of the writes")
    rig.stash.stop_job(job)
    rig.stash.wait_for_job(job)
    rig.plex.faults.clear()
    with rig.store() as store:
        left = store.count((TASK,))
    assert 0 < left < 300
    lines = run_task(rig, SYNC_ALL)
    assert "continuing the sync that was stopped" in lines
    assert [rig.title(number) for number in range(1, 301)] == [each.title for each in rig.films]
    assert rig.jobs_left() == 0


def test_what_a_stopped_task_left_is_not_drained_behind_the_users_back(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=150)
    rig.plex.faults.add(Hang(), "PUT .*/all")
    job = rig.stash.run_task(SYNC_ALL)
    rig.until(lambda: rig.plex.requests.count("PUT") > 0, "the first write")
    rig.stash.stop_job(job)
    rig.stash.wait_for_job(job)
    rig.plex.faults.clear()
    rig.stash.update_scene({"id": 1, "title": "Edited after the stop"})
    rig.until(lambda: rig.title(1) == "Edited after the stop", "the edit")
    with rig.store() as store:
        assert store.count((TASK,)) >= 149
    assert "Process queue: " in run_task(rig, "Process queue")
    assert rig.title(150) == rig.films[149].title
    assert rig.jobs_left() == 0


def test_a_task_that_meets_a_plex_that_is_off_leaves_its_scenes_to_the_worker(rig: Rig) -> None:
    rig.plex.faults.add(Reply(503), ".*")
    lines = run_task(rig, SYNC_ALL, timeout_s=60.0)
    assert "PlexSync: stopped: " in lines
    assert "the background worker goes on with it" in lines
    rig.until(lambda: bool(rig.worker_pids()), "the worker")
    with rig.store() as store:
        assert (store.count((TASK,)), store.count((RUN,))) == (0, 10)
    rig.plex.faults.clear()
    rig.until(lambda: rig.title(10) == rig.films[9].title, "the worker's sync")
    told = "Sync all scenes, begun by a task: 10 synced"
    rig.until(lambda: told in rig.log_file(), "the sum")


def test_many_scenes_that_fail_for_one_cause_are_one_warning(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=30, absent=25)
    lines = run_task(rig, SYNC_ALL).splitlines()
    (warning,) = [each for each in lines if each.startswith("warning: ")]
    assert "25 scenes failed, not in Plex; the first: " in warning
    assert rig.films[5].title in warning
    assert warning.count("scene 6") == 1


@pytest.mark.parametrize("title", ["Pandora's Box (restored", "What? *", "[Untitled", "C:\\new"])
def test_any_title_may_fail(make_rig: Callable[..., Rig], title: str) -> None:
    rig = make_rig(count=3, absent=2)
    rig.stash.library.scene(2).title = title
    told = run_task(rig, SYNC_ALL)
    assert f"the first: {title}, scene 2 is not in Plex" in told
    assert rig.title(1) == rig.films[0].title
    assert rig.jobs_left() == 0


def test_a_task_ends_when_it_is_stopped_on_the_page(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=300)
    rig.plex.faults.add(Delay(0.05), "PUT .*/all")
    job = rig.stash.run_task(SYNC_ALL)
    rig.until(lambda: rig.plex.requests.count("PUT") > 20, "some writes")
    assert ask(rig, "status")["run"]["name"] == SYNC_ALL
    assert act(rig, "stop")["stopped"] == [SYNC_ALL]
    rig.stash.wait_for_job(job)
    assert "it was stopped on the page" in rig.stash.log_text()
    with rig.store() as store:
        assert 0 < store.count((TASK,)) < 300


def test_an_edit_overtakes_a_running_sync(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=600)
    overtaken: list[bool] = []

    def wait_for_the_edit() -> None:
        """Hold up the sync's last third, on however busy a machine, until the edit is there."""
        with contextlib.suppress(TimeoutError):
            rig.until(lambda: rig.title(600) == "Overtakes", timeout_s=25.0)
        overtaken.append(rig.title(600) == "Overtakes")

    rig.plex.faults.add(Call(wait_for_the_edit), "PUT", skip=400, times=1)
    job = rig.stash.run_task(SYNC_ALL)
    rig.until(lambda: rig.plex.requests.count("PUT") > 20, "the first writes")
    rig.stash.update_scene({"id": 600, "title": "Overtakes"})
    rig.until(lambda: rig.title(600) == "Overtakes", "the edit")
    rig.stash.wait_for_job(job, 120)
    assert overtaken == [True]


def test_status_tells_how_things_stand(rig: Rig) -> None:
    run_task(rig, SYNC_ALL)
    lines = run_task(rig, "Status")
    assert "Queue: empty" in lines
    assert "Worker: not running" in lines
    assert re.search(r"Last finished task, [\d: -]+: Sync all scenes: 10 synced", lines)


def test_a_library_that_does_not_exist_ends_the_task_with_advice(rig: Rig) -> None:
    rig.configure(plex_libraries="Filme")
    lines = run_task(rig, SYNC_ALL)
    assert "Plex has no movie or show library called 'Filme'" in lines
    assert "Plex has: Films" in lines
    assert rig.jobs_left() == 10
    rig.configure()
    # What is left is the background worker's, which no task waits for.
    rig.until(lambda: rig.title(10) == rig.films[9].title, "the sync")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "plex_url is missing"),
        ({"plex_url": "plex:32400", "plex_token": "t0ken-for-tests"}, "setting plex_url"),
        ({"plex_url": "http://127.0.0.1:9", "plex_token": ""}, "plex_token is missing"),
    ],
    ids=["nothing set", "no address", "no token"],
)
def test_missing_settings_are_named(
    make_rig: Callable[..., Rig], settings: dict[str, str], says: str
) -> None:
    rig = make_rig(settings=settings)
    lines = run_task(rig, SYNC_ALL)
    assert says in lines
    assert "Settings > Plugins > PlexSync" in lines
    assert "Traceback" not in lines


def test_a_wrong_optional_setting_is_reported_and_its_default_used(rig: Rig) -> None:
    rig.configure(tags_as="genre", poster_style="cover", colour="red")
    lines = run_task(rig, SYNC_ALL)
    assert "setting tags_as: 'genre' is not valid" in lines
    assert "setting 'colour' is not one of PlexSync's" in lines
    assert rig.title(1) == rig.films[0].title


def test_a_wrong_token_stops_the_task_without_showing_it(rig: Rig) -> None:
    rig.configure(plex_token="a-wrong-token")
    lines = run_task(rig, SYNC_ALL)
    assert "Plex refuses the token" in lines
    assert "a-wrong-token" not in rig.stash.log_text() + rig.log_file()
    assert rig.jobs_left() == 10


def test_an_unknown_mode_names_the_valid_ones(rig: Rig) -> None:
    lines = run_task(rig, SYNC_ALL, mode="sync_al")
    assert "unknown mode 'sync_al'" in lines
    assert "the modes are login, doctor, preview, sync_all, sync_recent, " in lines


def test_one_scene_that_plex_refuses_fails_alone(rig: Rig) -> None:
    refused = rig.item(4).rating_key
    rig.plex.faults.add(Reply(400, b"<h1>Bad Request</h1>"), rf"PUT .*[?&]id={refused}&")
    lines = run_task(rig, SYNC_ALL)
    assert "9 synced, 0 already in sync, 0 not in Plex, 1 failed (1 plex refused)" in lines
    with rig.store() as store:
        assert [each.object_id for each in store.failures()] == [4]
