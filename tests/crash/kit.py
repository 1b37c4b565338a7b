"""Kill the plugin's real processes at chosen points, and prove afterwards that nothing came of it.

The killing is done by `inject/sitecustomize.py` inside the processes; this is the test's side.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

from simulators.faults import Call
from simulators.rig import Rig
from simulators.stash.process import PluginRun

INJECT = Path(__file__).parent / "inject"

# What a save of `Saves` changes in Plex. All else is written once and never again.
SAVED_FIELDS = frozenset({"title", "titleSort", "summary"})


class Accidents:
    """The files by which a test stages accidents; see the injected module for what they mean.

    `environment` and `python` are for the rig whose processes they are to happen to.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.python = str(INJECT / "python")
        inherited = os.environ.get("PYTHONPATH")
        self.environment = {
            "PLEXSYNC_INJECT": str(folder),
            "PLEXSYNC_PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(INJECT), inherited))),
        }
        self._plans = 0
        self._by_request = 0

    def arm(self, kind: str, point: int) -> None:
        """From now on the `point`-th point of a process of this kind is its last."""
        self._plans += 1
        self._put("plan", f"{kind} {point} #{self._plans}")

    def disarm(self) -> None:
        self.clear("plan")

    def is_armed(self) -> bool:
        return (self.folder / "plan").exists()

    def deaths(self) -> list[str]:
        """A line for each process that died at a point: kind, number, what it was about to do."""
        path = self.folder / "deaths"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    @property
    def kills(self) -> int:
        """All processes killed so far, at points and by `kill_at_request`."""
        return len(self.deaths()) + self._by_request

    def kill_at_request(self, rig: Rig, pattern: str, *, skip: int = 0) -> None:
        """Kill the rig's worker when a request like this arrives at Plex; the request is carried
        out, but nobody is left to read the answer."""

        def kill() -> None:
            self._by_request += len(kill_worker(rig))

        rig.plex.faults.add(Call(kill), pattern, times=1, skip=skip)

    def set_clock(self, offset_s: float) -> None:
        """The wall clock of the rig's processes, against the real one."""
        self._put("clock", str(offset_s))

    def put(self, name: str) -> None:
        """Begin `full` or `readonly`."""
        self._put(name, "")

    def clear(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def _put(self, name: str, content: str) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(content, encoding="utf-8")
        new.replace(self.folder / name)


class Saves:
    """Numbered saves of scenes, and which of them Stash was told to be recorded."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.saved: dict[int, int] = {}
        self.acknowledged: dict[int, int] = {}
        self._number = 0

    def save(self, *scene_ids: int) -> None:
        """Save each of them with a new title and new details, as a user would."""
        for scene_id in scene_ids:
            self._number += 1
            self.saved[scene_id] = self._number
            text = f"Save {self._number}"
            before = len(self._runs())
            self._rig.stash.update_scene({"id": scene_id, "title": text, "details": text})
            (hook,) = [each for each in self._runs()[before:] if each.kind == "hook"]
            assert hook.exit_code in (0, -signal.SIGKILL), (hook.stdout, hook.raw_stderr)
            if hook.exit_code == 0:
                self.acknowledged[scene_id] = self._number

    def save_unseen(self, *scene_ids: int) -> None:
        """Change scenes without any hook, as while the plugin was switched off."""
        for scene_id in scene_ids:
            self._number += 1
            self.saved[scene_id] = self._number
            text = f"Save {self._number}"
            library = self._rig.stash.library
            library.update(library.scene(scene_id), title=text, details=text)

    def _runs(self) -> list[PluginRun]:
        return self._rig.stash.plugin_runs

    def check(self) -> None:
        """Plex shows every acknowledged save, or a later one, and each was written once, in the
        order in which they were saved."""
        wrong = {
            scene_id: (self._rig.title(scene_id), acknowledged, self.saved[scene_id])
            for scene_id, acknowledged in self.acknowledged.items()
            if not acknowledged <= _number(self._rig.title(scene_id)) <= self.saved[scene_id]
            or self._rig.item(scene_id).fields["summary"] != self._rig.title(scene_id)
        }
        assert wrong == {}, "lost: (in Plex, acknowledged, saved)"
        check_writes(self._rig)

    def check_at_the_end(self) -> None:
        """Nothing is left to do, and then `check` holds."""
        self._rig.until_drained()
        self.check()
        check_at_rest(self._rig)


def check_writes(rig: Rig) -> None:
    """No older value was written after a newer one, and nothing that changes anything twice."""
    newest: dict[tuple[int, str], int] = {}
    once: set[tuple[int, str]] = set()
    for key, changes in rig.plex.library.edits:
        for field, (old, new) in changes.items():
            place = (key, field)
            if field in SAVED_FIELDS and str(new).startswith("Save "):
                assert _number(str(new)) > newest.get(place, 0), (place, old, new)
                newest[place] = _number(str(new))
            elif old != new:
                assert place not in once, (place, old, new)
                once.add(place)


def check_at_rest(rig: Rig) -> None:
    """No job is left or has failed, and all three databases are sound."""
    assert rig.jobs_left() == 0
    with rig.store() as store:
        assert store.failures() == []
    for path in rig.data_dir.glob("*.db"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path


def kill_worker(rig: Rig) -> list[int]:
    """Kill the background processes without waiting for their end; those that were there."""
    return [pid for pid in rig.worker_pids() if _killed(pid)]


def until_gone(rig: Rig, pids: Iterable[int]) -> None:
    gone = set(pids)
    rig.until(lambda: not gone & set(rig.worker_pids()), "the end of the worker")


def _killed(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _number(text: str) -> int:
    word, _, number = text.partition(" ")
    return int(number) if word == "Save" else 0
