"""What a worker takes while it has nothing to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import inbox
from rest import watch
from rest.code_watch import CodeWatch
from rest.orders import Orders, queue_stamp
from rest.plays import PlaysWatch
from simulators.rig import TREE, Rig
from tests.harness.imports import STANDARD, imported
from tests.harness.rest import put_to_rest

SCRIPT = str(TREE / "plex_sync.py")
OWN = {
    "check", "check.schedule",
    "jobs", "jobs.inbox", "jobs.lock", "jobs.looked", "jobs.liveness", "jobs.schema",
    "rest", "rest.arrivals", "rest.become", "rest.code_watch", "rest.orders", "rest.plays",
    "rest.watch",
    "storage", "storage.files",
}  # fmt: skip
# Without it no signal can be heard.
OF_SIGNAL = imported(["-c", "import signal"]) - imported(["-c", "pass"])


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="needs Linux' /proc")
def test_a_worker_at_rest_holds_little_more_than_python(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(environment={"PLEXSYNC_REST_AFTER": "0.2"})
    lines = Path(f"/proc/{put_to_rest(rig)}/smaps_rollup").read_text().splitlines()
    kb = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    assert kb["Rss"] <= 15_000
    assert kb["Private_Dirty"] <= 5_000


@pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")
def test_it_imports_exactly_what_it_needs(tmp_path: Path) -> None:
    bare = imported(["-c", "pass"])
    orders = [str(tmp_path), "0", "- -", "", *["inf"] * 7]
    found = subprocess.Popen(
        [sys.executable, "-S", "-X", "importtime", SCRIPT, "watch", *orders],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    # Its files are others than those that it was told of: after a while it becomes a worker.
    assert found.stderr
    lines = []
    for line in found.stderr:
        lines.append(line.decode())
        if "rest.watch" in lines[-1]:
            break
    found.kill()
    found.communicate()
    names = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    ours = names - bare
    assert {name for name in ours if (TREE / name.partition(".")[0]).is_dir()} == OWN
    assert ours - OWN <= STANDARD | OF_SIGNAL


class MinuteOfWaiting:
    """In the place of `rest.arrivals.Arrivals`: nothing comes, and the time passes at once. It ends
    by a signal."""

    waits = 0
    are_told = True

    def __init__(self, _folder: str) -> None:
        self._passed_s = 0.0

    def wait(self, seconds: float) -> bool:
        MinuteOfWaiting.waits += 1
        self._passed_s += seconds
        return self._passed_s >= 60.0

    def close(self) -> None:
        """Nothing was changed."""


@pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")
@pytest.mark.parametrize(
    ("are_told", "most_waits", "most_looks"), [(True, 60, 370), (False, 201, 460)]
)
def test_a_minute_of_it_takes_few_looks_at_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    are_told: bool,
    most_waits: int,
    most_looks: int,
) -> None:
    """Of one who hears of events from the system, and of one who has to look for them."""
    (tmp_path / inbox.FOLDER).mkdir()
    never, data_dir = float("inf"), str(tmp_path)
    times = {"due": never, "due_m": never, "ask_m": never, "plays_m": never}
    times |= {"end_m": never, "busy_m": 0.0}
    code = CodeWatch(SCRIPT).first
    orders = Orders(data_dir, 0, queue_stamp(data_dir), code, **times, looked_at=0.0)
    monkeypatch.setattr(watch, "Arrivals", MinuteOfWaiting)
    monkeypatch.setattr(MinuteOfWaiting, "waits", 0)
    monkeypatch.setattr(MinuteOfWaiting, "are_told", are_told)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    looks: list[object] = []

    def counted(act: Callable[..., object]) -> Callable[..., object]:
        def look(*path: object) -> object:
            looks.append(path)
            return act(*path)

        return look

    for name in ("stat", "listdir", "open"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    assert watch._watch(orders, PlaysWatch(orders, b"")) == watch.END
    waits = MinuteOfWaiting.waits
    monkeypatch.undo()
    assert 0 < waits <= most_waits
    assert waits < len(looks) <= most_looks
