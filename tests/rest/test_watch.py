"""What a resting worker concludes from what it sees."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from check.schedule import BUSY_S, EVERY_S, SELDOM_S
from jobs import inbox, looked
from jobs.schema import LIVE, SCENE
from jobs.store import JobStore, open_job_database
from rest import begin
from rest.become import ASK, WORKER
from rest.code_watch import SETTLE_S, CodeWatch
from rest.orders import Orders, queue_stamp
from rest.plays import PlaysWatch
from rest.watch import END, SELDOM, Watch
from stash.protocol import read_invocation
from storage.files import make_private_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")

NOW, NOW_M = 1_700_000_000.0, 5000.0
NEVER = float("inf")


class Rest:
    """A watch in a time that passes when told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **terms: float) -> None:
        self.script = folder / "plex_sync.py"
        self.script.write_text("old")
        monkeypatch.setattr("rest.watch.SCRIPT", str(self.script))
        self.data_dir = str(folder)
        self.passed_s = self.stepped_s = 0.0
        times = {"due": NEVER, "due_m": NEVER, "ask_m": NEVER, "plays_m": NEVER}
        times |= {"end_m": NEVER}
        times |= {"busy_m": NOW_M, "looked_at": 0.0, **terms}
        code = CodeWatch(str(self.script)).first
        self.orders = Orders(self.data_dir, 0, queue_stamp(self.data_dir), code, **times)
        self.plays = PlaysWatch(self.orders, b"")
        self.watch = Watch(
            self.orders,
            self.plays,
            lambda: NOW + self.passed_s + self.stepped_s,
            lambda: NOW_M + self.passed_s,
        )

    def after(self, seconds: float = 0.0) -> str:
        """What it is to become, once it has looked everywhere."""
        self.passed_s += seconds
        return next(filter(None, (self.watch.look() for _ in range(SELDOM))), "")


@pytest.fixture
def rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rest:
    return Rest(tmp_path, monkeypatch)


def store_a_job(folder: Path) -> None:
    database = open_job_database(str(folder))
    JobStore(database).enqueue(SCENE, [1], LIVE, time.time())
    database.close()


def test_orders_survive_the_way_through_arguments() -> None:
    given = Orders(
        "/a b/é",
        7,
        "1.2.3 -",
        "4 5 6",
        due=NOW + 0.1,
        due_m=NEVER,
        ask_m=0.3,
        plays_m=NEVER,
        end_m=1.0,
        busy_m=0.1,
        looked_at=NOW,
    )
    assert Orders.read(given.arguments()).arguments() == given.arguments()


def test_without_anything_to_do_it_goes_on(rest: Rest) -> None:
    assert rest.after() == rest.after(100_000.0) == ""


def test_an_event_wakes_it_at_the_next_look(rest: Rest, tmp_path: Path) -> None:
    assert rest.watch.look() == ""
    inbox.put(str(tmp_path), b"{}", NOW)
    assert rest.watch.look() == WORKER


def test_most_looks_are_at_the_inbox_alone(
    rest: Rest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look is a moment of the processor, day and night."""
    assert rest.watch.look() == ""
    looked_at: list[str] = []

    def told(act: Callable[[str], Any]) -> Callable[[str], Any]:
        def look(path: str) -> Any:
            looked_at.append(path)
            return act(path)

        return look

    monkeypatch.setattr(os, "stat", told(os.stat))
    monkeypatch.setattr(os, "listdir", told(os.listdir))
    assert [rest.watch.look() for _ in range(SELDOM - 1)] == [""] * (SELDOM - 1)
    assert looked_at == [str(tmp_path / inbox.FOLDER)] * (SELDOM - 1)


def test_an_event_of_0_1_0_wakes_it(rest: Rest, tmp_path: Path) -> None:
    (tmp_path / inbox.FORMER_FOLDER).mkdir()
    (tmp_path / inbox.FORMER_FOLDER / f"{NOW} 5 scene 3.event").write_text("0 0.0\n")
    assert rest.after() == WORKER


def test_what_a_killed_hook_has_left_wakes_it_later(rest: Rest, tmp_path: Path) -> None:
    (tmp_path / inbox.FOLDER).mkdir()
    (tmp_path / inbox.FOLDER / f"{NOW:.6f} 5.event.new").write_text("{")
    assert rest.after(inbox.WRITTEN_WITHIN_S) == ""
    assert rest.after(1.0) == WORKER


def test_what_was_set_aside_wakes_nobody(rest: Rest, tmp_path: Path) -> None:
    (tmp_path / inbox.FOLDER / "aside").mkdir(parents=True)
    (tmp_path / inbox.FOLDER / "aside" / f"{NOW:.6f} 5.event").write_text("{")
    assert rest.after() == ""


def test_a_commit_of_another_process_wakes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_job_database(str(tmp_path)).close()
    rest = Rest(tmp_path, monkeypatch)
    store_a_job(tmp_path)
    assert rest.after() == WORKER


def test_a_commit_that_is_still_in_the_log_wakes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_reader = open_job_database(str(tmp_path))
    rest = Rest(tmp_path, monkeypatch)
    store_a_job(tmp_path)
    assert rest.after() == WORKER
    with_reader.close()


def test_whoever_only_reads_wakes_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_job_database(str(tmp_path)).close()
    rest = Rest(tmp_path, monkeypatch)
    database = open_job_database(str(tmp_path))
    assert JobStore(database).next_due_at([LIVE]) is None
    assert JobStore(database).take_log_lines() == []
    assert rest.after() == ""
    database.close()
    assert rest.after() == ""


def test_a_queue_that_is_gone_wakes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_job_database(str(tmp_path)).close()
    rest = Rest(tmp_path, monkeypatch)
    (tmp_path / "jobs.db").unlink()
    assert rest.after() == WORKER


@pytest.mark.parametrize(
    ("passed_s", "stepped_s", "role"),
    [(59.0, 0.0, ""), (60.0, 0.0, WORKER), (1.0, 59.0, WORKER), (60.0, -3600.0, WORKER)],
    ids=["not yet", "due", "after the machine has slept", "after the clock was set back"],
)
def test_something_due_wakes_it_by_either_clock(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    passed_s: float,
    stepped_s: float,
    role: str,
) -> None:
    rest = Rest(tmp_path, monkeypatch, due=NOW + 60, due_m=NOW_M + 60)
    rest.stepped_s = stepped_s
    assert rest.after(passed_s) == role


def test_stash_is_asked_at_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = Rest(tmp_path, monkeypatch, ask_m=NOW_M + 10)
    assert rest.after(9.0) == ""
    assert rest.after(1.0) == ASK
    assert rest.after(EVERY_S - 1) == ""
    assert rest.after(1.0) == ASK


def test_stash_is_asked_seldom_once_nobody_has_been_about_for_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = Rest(tmp_path, monkeypatch, ask_m=NOW_M + BUSY_S)
    assert rest.after(BUSY_S) == ASK
    assert rest.after(SELDOM_S - 1) == ""
    assert rest.after(1.0) == ASK


def test_a_look_at_the_page_has_stash_asked_at_once_and_often_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = Rest(tmp_path, monkeypatch, ask_m=NOW_M + BUSY_S)
    assert rest.after(BUSY_S) == ASK
    looked.mark(str(tmp_path), NOW + BUSY_S)
    assert rest.after(1.0) == ASK
    assert rest.after(EVERY_S - 1) == ""
    assert rest.after(1.0) == ASK


def test_who_looks_again_and_again_is_noted_twice_a_minute(tmp_path: Path) -> None:
    for at in (NOW, NOW + 5, NOW + looked.ONCE_IN_S - 1):
        looked.mark(str(tmp_path), at)
    assert looked.at(str(tmp_path)) == NOW
    looked.mark(str(tmp_path), NOW + looked.ONCE_IN_S)
    assert looked.at(str(tmp_path)) == NOW + looked.ONCE_IN_S


def test_it_leaves_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = Rest(tmp_path, monkeypatch, end_m=NOW_M + 10)
    assert rest.after(9.0) == ""
    assert rest.after(1.0) == END


def test_an_event_goes_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = Rest(tmp_path, monkeypatch, end_m=NOW_M)
    inbox.put(str(tmp_path), b"{}", NOW)
    assert rest.after() == WORKER


def test_new_files_wake_it_when_they_have_settled_and_nothing_before(
    rest: Rest, tmp_path: Path
) -> None:
    """Half of them may be missing."""
    rest.script.unlink()
    inbox.put(str(tmp_path), b"{}", NOW)
    assert rest.after() == ""
    assert rest.after(SETTLE_S) == END
    rest.script.write_text("newer")
    assert rest.after() == ""
    assert rest.after(SETTLE_S - 0.1) == ""
    assert rest.after(0.1) == WORKER


def test_files_that_were_replaced_on_the_way_to_the_rest_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = Rest(tmp_path, monkeypatch)
    rest.script.write_text("newer")
    watch = Watch(rest.orders, rest.plays, lambda: NOW, lambda: NOW_M + rest.passed_s)
    assert [watch.look() for _ in range(SELDOM)] == [""] * SELDOM
    rest.passed_s = SETTLE_S
    assert WORKER in [watch.look() for _ in range(SELDOM)]


def test_when_somebody_was_about_last_outlives_the_rest(tmp_path: Path) -> None:
    told = {"args": {}, "server_connection": {"Dir": str(tmp_path)}}
    invocation = read_invocation(json.dumps(told).encode())
    assert begin.quiet_s(invocation, time.time()) == 0.0
    terms = begin.Terms(math.inf, None, "", "", (), quiet_s=9000.0)
    woken = read_invocation(begin._document(invocation, terms))
    assert begin.quiet_s(woken, time.time() + 1800) == pytest.approx(10_800, abs=60)
    make_private_folder(woken.data_dir)
    looked.mark(woken.data_dir, time.time() + 1700)
    assert begin.quiet_s(woken, time.time() + 1800) == pytest.approx(100, abs=60)
