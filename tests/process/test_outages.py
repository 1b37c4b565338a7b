"""Servers that fail and settings that are wrong: edits are kept, and one clear line tells why."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable

import pytest

from jobs import inbox
from simulators.faults import Action, Call, Drop, Hang, Reply, Truncate
from simulators.rig import Rig

WAITING = "waiting: "


def edit_unheard(rig: Rig, scene_ids: Iterable[int], title: str) -> None:
    """Edits whose events are stored as hooks store them, without a process for each."""
    for scene_id in scene_ids:
        rig.stash.library.update(rig.stash.library.scene(scene_id), title=f"{title} {scene_id}")
        inbox.put(str(rig.data_dir), rig.hook_input(scene_id), time.time())


def attempts(rig: Rig) -> set[int]:
    with rig.store() as store, store.database.read() as connection:
        return {row[0] for row in connection.execute("SELECT attempts FROM jobs")}


def waits(rig: Rig) -> list[str]:
    """What the worker has said about waiting."""
    lines = rig.log_file().splitlines()
    return [line.partition(WAITING)[2] for line in lines if WAITING in line]


def status(rig: Rig) -> str:
    return str(rig.stash.run_operation({"mode": "status"}))


def start_with_one_synced(rig: Rig) -> int:
    """The process id of the worker."""
    rig.stash.update_scene({"id": 1, "title": "Before"})
    rig.until_drained()
    assert rig.title(1) == "Before"
    (pid,) = rig.worker_pids()
    return pid


def check_all_arrived_untried(rig: Rig, pid: int) -> None:
    """The worker is the same as before, has said one thing, and blamed no job."""
    rig.until_drained()
    with rig.store() as store:
        assert store.failures() == []
    assert "next try" not in rig.log_file()
    assert rig.worker_pids() == [pid]
    assert len(waits(rig)) == 1, waits(rig)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_thousand_edits_while_plex_is_away(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=2000)
    pid = start_with_one_synced(rig)
    rig.plex.requests.clear()
    began = time.monotonic()
    rig.plex.faults.add(Drop())
    for scene_id in range(1, 6):
        rig.stash.update_scene({"id": scene_id, "title": f"Meanwhile {scene_id}"})
    edit_unheard(rig, range(6, 2001), "Meanwhile")
    rig.until(lambda: rig.plex.requests.count("GET", "/identity") >= 4, "the fourth probe")
    # In this order, since the next probe may come in between.
    requests, probes = rig.plex.requests.count(), rig.plex.requests.count("GET", "/identity")
    away_s = time.monotonic() - began
    # Intervals of 1, 2, 4, 8 … seconds, shortened by a quarter at most.
    assert probes <= 2 + math.log2(away_s / 0.75 + 1)
    # Besides the probes only the one request that met the outage.
    assert requests - probes <= 1
    assert rig.jobs_left() == 2000
    assert attempts(rig) == {0}
    rig.plex.faults.clear()
    rig.until_drained(timeout_s=180)
    assert [rig.title(each) for each in range(1, 2001)] == [
        f"Meanwhile {each}" for each in range(1, 2001)
    ]
    check_all_arrived_untried(rig, pid)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Reply(503, b"<Response code='503' title='Maintenance'/>"), "Plex is busy or starting"),
        (Reply(502, b"<html>Bad Gateway</html>"), "Plex is busy or starting"),
        (Reply(429, headers=(("Retry-After", "1"),)), "Plex is busy or starting"),
        (Reply(200, b"<html><body>Please log in<br></body></html>"), "check plex_url"),
        (Reply(200, b"<html><body>Please log in</body></html>"), "does not answer like Plex"),
        (Reply(200, b""), "does not answer like Plex"),
        (Drop(), "Plex does not answer"),
        (Truncate(40), "Plex"),
    ],
    ids=[
        "maintenance",
        "bad gateway",
        "too many requests",
        "login page",
        "well-formed login page",
        "nothing",
        "dropped",
        "cut short",
    ],
)
def test_an_outage_is_told_once_and_waited_for(rig: Rig, fault: Action, says: str) -> None:
    pid = start_with_one_synced(rig)
    rig.plex.faults.add(fault)
    rig.stash.update_scene({"id": 1, "title": "Meanwhile"})
    rig.stash.update_scene({"id": 2, "title": "Meanwhile as well"})
    rig.plex.requests.clear()
    rig.until(lambda: rig.plex.requests.count("GET", "/identity") >= 2, "two probes")
    assert rig.jobs_left() == 2
    assert attempts(rig) == {0}
    rig.plex.faults.clear()
    rig.until(lambda: rig.title(2) == "Meanwhile as well", "the edits")
    check_all_arrived_untried(rig, pid)
    assert rig.title(1) == "Meanwhile"
    assert says in waits(rig)[0]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"plex_token": "not-the-token"}, "Plex refuses the token. Check plex_token"),
        ({"plex_url": "http://127.0.0.1:9"}, "Plex does not answer"),
        ({"plex_url": "ftp://plex"}, "setting plex_url"),
        ({"plex_libraries": "Filme"}, "no movie or show library called 'Filme'"),
    ],
    ids=["token", "address", "no address", "library"],
)
def test_a_wrong_setting_is_told_once_and_fixed_without_a_restart(
    rig: Rig, settings: dict[str, str], says: str
) -> None:
    pid = start_with_one_synced(rig)
    rig.configure(**settings)
    rig.stash.update_scene({"id": 1, "title": "Meanwhile"})
    rig.until(lambda: bool(waits(rig)), "the pause")
    rig.stash.update_scene({"id": 2, "title": "Meanwhile as well"})
    assert rig.title(1) == "Before"
    assert rig.jobs_left() == 2
    assert attempts(rig) == {0}
    rig.configure()
    rig.until(lambda: rig.title(2) == "Meanwhile as well", "the edits")
    check_all_arrived_untried(rig, pid)
    assert says in waits(rig)[0]
    assert "not-the-token" not in rig.log_file() + rig.stash.log_text()


def test_a_redirect_is_not_followed_and_is_told_once(make_rig: Callable[..., Rig]) -> None:
    rig, other = make_rig(), make_rig()
    pid = start_with_one_synced(rig)
    location = (("Location", f"{other.plex.url}/library/sections"),)
    rig.plex.faults.add(Reply(302, b"", headers=location))
    rig.stash.update_scene({"id": 1, "title": "Meanwhile"})
    rig.until(lambda: bool(waits(rig)), "the pause")
    assert "plex_url redirects somewhere else" in waits(rig)[0]
    rig.plex.faults.clear()
    rig.configure(concurrency=2)
    rig.until(lambda: rig.title(1) == "Meanwhile", "the edit")
    check_all_arrived_untried(rig, pid)
    assert other.plex.requests.count() == 0


@pytest.mark.slow
def test_a_library_that_gets_its_name_back_in_plex(rig: Rig) -> None:
    rig.configure(plex_libraries="Films")
    rig.section.title = "Cinema"
    rig.stash.update_scene({"id": 1, "title": "Meanwhile"})
    rig.until(lambda: bool(waits(rig)), "the pause")
    assert "Plex has: Cinema" in waits(rig)[0]
    rig.section.title = "Films"
    rig.until(lambda: rig.title(1) == "Meanwhile", "the edit", timeout_s=100)
    rig.until_drained()
    assert len(waits(rig)) == 1, waits(rig)


def test_the_status_tells_of_a_pause_while_somebody_waits(rig: Rig) -> None:
    start_with_one_synced(rig)
    rig.plex.faults.add(Drop())
    rig.stash.update_scene({"id": 1, "title": "Meanwhile"})
    rig.until(lambda: "Waiting since" in status(rig), "a pause in the status")
    said = status(rig)
    assert re.match(r"Waiting since [\d: -]+: Plex does not answer", said)
    assert "Worker: alive" in said
    rig.kill_workers()
    said = status(rig)
    assert "Waiting" not in said
    assert "Queue: 1 live queued\nWorker: not running; the next change" in said
    rig.plex.faults.clear()


def test_stash_restarts_in_the_middle_of_the_work(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=250)
    pid = start_with_one_synced(rig)
    rig.plex.faults.add(Call(rig.stash.stop), "GET /library/metadata/", times=1)
    edit_unheard(rig, range(1, 251), "Meanwhile")
    rig.until(lambda: bool(waits(rig)), "the pause")
    assert waits(rig)[0].startswith("Stash ")
    assert 0 < rig.jobs_left() < 251
    assert attempts(rig) == {0}
    rig.stash.start()
    check_all_arrived_untried(rig, pid)
    assert [rig.title(each) for each in range(1, 251)] == [
        f"Meanwhile {each}" for each in range(1, 251)
    ]


def test_an_expired_session_is_waited_for_and_the_next_save_brings_one(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(username="keeper", password="a password")
    start_with_one_synced(rig)
    rig.stash.config.max_session_age_s = -10
    edit_unheard(rig, [2, 3], "Meanwhile")
    rig.until(lambda: bool(waits(rig)), "the pause")
    assert rig.jobs_left() == 2
    (told,) = re.findall("WARNING .*Stash refuses our session.*", rig.log_file())
    assert "The next change in Stash" in told
    assert "Traceback" not in rig.log_file()
    rig.stash.config.max_session_age_s = 3600
    rig.stash.update_scene({"id": 4, "title": "The next save"})
    rig.until_drained()
    assert [rig.title(each) for each in (2, 3, 4)] == [
        "Meanwhile 2",
        "Meanwhile 3",
        "The next save",
    ]
    rig.until(lambda: "Stash refuses our session" in rig.stash.log_text(), "the line in Stash")
    with rig.store() as store:
        assert store.failures() == []


def test_an_api_key_outlives_the_session(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(username="keeper", password="a password")
    rig.stash.config.api_key = "an-api-key-for-tests"
    pid = start_with_one_synced(rig)
    rig.stash.config.max_session_age_s = -10
    edit_unheard(rig, [2], "After the session")
    rig.until(lambda: rig.title(2) == "After the session 2", "the edit")
    rig.until_drained()
    assert rig.worker_pids() == [pid]
    assert "an-api-key-for-tests" not in rig.log_file() + rig.stash.log_text()


def test_an_edit_whose_confirmation_was_lost_is_not_made_twice(rig: Rig) -> None:
    start_with_one_synced(rig)
    rig.plex.library.edits.clear()
    rig.plex.faults.add(Drop(applied=True), "PUT ", times=1)
    rig.stash.update_scene({"id": 1, "title": "Applied"})
    rig.until_drained()
    assert rig.title(1) == "Applied"
    assert [new for _, changes in rig.plex.library.edits for _, new in [changes["title"]]] == [
        "Applied"
    ]
    with rig.store() as store:
        assert store.failures() == []


@pytest.mark.slow
def test_an_edit_that_is_never_answered_holds_up_nobody_for_good(rig: Rig) -> None:
    start_with_one_synced(rig)
    key = rig.item(1).rating_key
    rig.plex.faults.add(Hang(), f"PUT .*[?&]id={key}&", times=1)
    rig.stash.update_scene({"id": 1, "title": "Answered the second time"})
    rig.until(lambda: rig.plex.requests.count("PUT") == 2, "the edit that hangs")
    rig.stash.update_scene({"id": 2, "title": "Behind it"})
    rig.until(lambda: rig.title(2) == "Behind it", "the edit behind it", timeout_s=60)
    rig.until(lambda: rig.title(1) == "Answered the second time", "the edit", timeout_s=60)
    rig.until_drained()
