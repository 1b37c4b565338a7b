"""Both simulators in a process of their own, so that what they cost isn't counted as the plugin's.

They share one process: the plugin asks them in turn, and two cores must do for both sides.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any, cast

from benchmarks import untold
from benchmarks.backlog import Backlog, fill
from jobs.schema import TASK
from playback.at_rest.question import question
from rest.become import WATCH
from rest.idle import digest
from rest.plays import ASKS_PLEX
from simulators.rig import PLUGIN_ID, TREE, Rig
from simulators.stash import Scene, curation
from simulators.stash.sample_plugins import write_plugin

PLUGIN = [sys.executable, "-S", str(TREE / "plex_sync.py")]
HOOK = [*PLUGIN, "hook"]
COVER_BYTES = 40_000


@dataclass(frozen=True, slots=True)
class Latency:
    """How long each server takes to begin an answer, in seconds."""

    plex_s: float = 0.0
    stash_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Served:
    """What the simulators have counted: requests, Plex's by kind as well, hooks of any time, and
    their own processor time in seconds."""

    plex: int
    stash: int
    plex_kinds: Mapping[str, int]
    hooks: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Library:
    """`scenes` films, in both servers. `covers`: each scene has one of its own, and each item
    pictures that Plex's agent has chosen. `environment`: of Stash, and so of the plugin.
    `hooks_do_nothing`: in place of ours Stash has a plugin whose hook is a bare interpreter.
    `ui_folder`: of the pages that a browser gets."""

    scenes: int
    covers: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    hooks_do_nothing: bool = False
    ui_folder: Path | None = None


class Stage:
    """Lives in the simulators' process; the benchmark calls it through a manager's proxy."""

    def __init__(self, library: Library, latency: Latency) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="plexsync-bench-")
        folder = Path(self._folder.name)
        source = _plugin_that_does_nothing(folder / "bare") if library.hooks_do_nothing else TREE
        self._rig = Rig(
            folder,
            count=library.scenes,
            environment=library.environment,
            source=source,
            ui_folder=library.ui_folder,
        )
        self._rig.__enter__()
        self._rig.configure(**library.settings)
        if library.covers:
            self.new_covers()
        self.answer_after(latency)

    def close(self) -> None:
        self._rig.__exit__(None, None, None)
        self._folder.cleanup()

    def answer_after(self, latency: Latency) -> None:
        self._rig.plex.latency_s, self._rig.stash.latency_s = latency.plex_s, latency.stash_s

    # Starting the plugin

    def hook_input(self, scene_id: int) -> bytes:
        return self._rig.hook_input(scene_id)

    def task_input(self, mode: str) -> bytes:
        """What Stash would write to the stdin of a task."""
        return json.dumps(
            {"server_connection": self._rig.server_connection(), "args": {"mode": mode}}
        ).encode()

    def kill_workers(self) -> None:
        self._rig.kill_workers()

    def until_drained(self) -> None:
        self._rig.until_drained()

    def query_input(self, what: str, **more: Any) -> bytes:
        """What Stash would write to the stdin of an operation that a page asks for."""
        args = {"mode": "query", "what": what, **more}
        return json.dumps(
            {"server_connection": self._rig.server_connection(), "args": args}
        ).encode()

    def command(self, *arguments: str) -> list[str]:
        """What a person types to run a command."""
        where = ["--stash-url", self._rig.stash.url, "--config-dir", str(self._rig.config_dir)]
        script = str(TREE / "plex_sync.py")
        return [sys.executable, script, *where, "--plugin-id", PLUGIN_ID, *arguments]

    def rest_input(self) -> bytes:
        """What a worker takes along to its rest."""
        settings = self._rig.stash.config.plugin_settings[PLUGIN_ID]
        plex = self._rig.plex
        asked = question(plex.url, plex.token, "a client", 1, (), verify=True)
        args = {"has_rested": True, "settings": digest(settings), ASKS_PLEX: asked}
        return json.dumps(
            {"server_connection": self._rig.server_connection(), "args": args}
        ).encode()

    def address(self) -> str:
        """Of Stash, for a browser."""
        return self._rig.stash.url

    def worker_pid(self, *, at_rest: bool) -> int:
        """The process id of the worker, once it is at rest, or alive and awake."""
        rig = self._rig
        if at_rest:
            rig.until(self._rests, "its rest")
        return rig.worker_pids()[0]

    def _rests(self) -> bool:
        """Whether the worker has become the watcher; it leaves the registry some time before."""
        pids = self._rig.worker_pids()
        return len(pids) == 1 and WATCH.encode() in _arguments(pids[0])

    # What users do

    def configure(self, **settings: Any) -> None:
        self._rig.configure(**settings)

    def retitle(self, prefix: str) -> None:
        """Change every scene, without a hook."""
        library = self._rig.stash.library
        for scene in library.scenes.values():
            library.update(scene, title=f"{prefix} {scene.id}")

    def prepare_untold(self, blocks: Sequence[Sequence[int]]) -> None:
        """See `benchmarks.untold`."""
        untold.prepare(self._rig.stash, blocks)

    def change_untold(self, kind: str, scenes: Sequence[int]) -> set[int]:
        """Change these scenes without a hook; the ids of those that need a look because of it."""
        return untold.KINDS[kind](untold.Untold(self._rig.stash), scenes)

    def looked_at(self) -> set[int]:
        """The ids of the scenes that Stash was asked for in full since `forget`."""
        sent = self._rig.stash.requests.matching("POST", "/graphql")
        asked = [json.loads(each.body) for each in sent if b"query PlexSyncScenes" in each.body]
        return {int(each) for document in asked for each in document["variables"].values()}

    def fill(self, backlog: Backlog, *, paused: bool) -> None:
        """See `benchmarks.backlog`."""
        fill(str(self._rig.data_dir), backlog, paused=paused)

    def queue_all(self) -> None:
        """Have a task look at every scene."""
        with self._rig.store() as store:
            store.enqueue("scene", list(self._rig.stash.library.scenes), TASK, time.time())

    def new_covers(self, turn: int = 0) -> None:
        """Give every scene a cover that no other has, without a hook and without another date."""
        library = self._rig.stash.library
        for scene in library.scenes.values():
            name = f"{turn}/{scene.id}/".encode()
            content = b"\xff\xd8\xff\xe0" + name * (COVER_BYTES // len(name))
            library.update(scene, touch=False, cover=content)

    def save(self, scene_id: int, title: str, timeout_s: float = 60.0) -> tuple[float, float]:
        """Save a scene as a user does. Seconds until Plex shows it, and those among them that
        the servers took to answer."""
        rig = self._rig
        began, before = time.perf_counter(), self.served()
        rig.stash.update_scene({"id": scene_id, "title": title})
        rig.until(lambda: rig.title(scene_id) == title, "the edit", timeout_s=timeout_s)
        took_s, after = time.perf_counter() - began, self.served()
        waited_s = (after.plex - before.plex) * rig.plex.latency_s
        waited_s += (after.stash - before.stash) * rig.stash.latency_s
        return took_s, waited_s

    def edit_together(self, scenes: int, title: str) -> float:
        """Edit the scenes from 1 up to this one in one go; the seconds until Stash answers, which
        is when all hooks have ended. The library must be in step before, and is afterwards."""
        values = {"ids": list(range(1, scenes + 1)), "title": title}
        took_s = self._rig.stash.bulk_update_scenes(values)
        self._rig.until_drained()
        return took_s

    def identify(self, scenes: int) -> None:
        """Have Stash identify the scenes from 1 up to this one, each with its hook, one after
        another; returns at once."""
        for scene_id in range(1, scenes + 1):
            values = {"title": f"Identified {scene_id}", "details": f"Film number {scene_id}."}
            curation.identify(self._rig.stash.stash, scene_id, values)

    def add_tag(self, scenes: int) -> int:
        """A new tag, which the scenes from 1 up to this one have, without a hook; its id."""
        library = self._rig.stash.library
        tag = library.add_tag(f"Tag of {scenes} scenes")
        for scene_id in range(1, scenes + 1):
            scene = library.scene(scene_id)
            library.update(scene, tags=[*scene.tags, tag])
        return tag.id

    def merge_tags(self, source: int, destination: int) -> None:
        self._rig.stash.change("tagsMerge", {"source": [source], "destination": destination})

    # What is counted

    def served(self) -> Served:
        plex, stash = self._rig.plex, self._rig.stash
        hooks = sum(run.kind == "hook" for run in stash.plugin_runs)
        return Served(
            plex.requests.count(),
            stash.requests.count(),
            dict(plex.calls),
            hooks,
            time.process_time(),
        )

    def operations(self) -> int:
        """How many processes Stash has started for a page, of any time."""
        return sum(run.kind == "operation" for run in self._rig.stash.plugin_runs)

    def coming_hooks(self) -> int:
        """How many jobs of Stash, and so hooks of theirs, have not ended."""
        return len(self._rig.stash.stash.jobs.queue())

    def jobs_left(self) -> int:
        return self._rig.jobs_left()

    def forget(self) -> None:
        """Count from 0 again, and drop what tests would look at: it is much in large libraries."""
        self._rig.plex.requests.clear()
        self._rig.plex.calls.clear()
        self._rig.plex.library.edits.clear()
        self._rig.stash.requests.clear()

    def differences(self) -> int:
        """How many scenes Plex shows with another title, summary or genres than Stash."""
        return sum(map(self._differs, self._rig.stash.library.scenes.values()))

    def _differs(self, scene: Scene) -> bool:
        item = self._rig.item(scene.id)
        genres = {tag.name for tag in item.tags.get("genre", ())}
        shown = (item.fields.get("title"), item.fields.get("summary", ""), genres)
        return shown != (scene.title, scene.details, {tag.name for tag in scene.tags})


def _plugin_that_does_nothing(folder: Path) -> Path:
    """What Stash itself takes for a hook, and Python to start, is all that its hooks take."""
    exec_ = ["python", "-c", "pass"]
    return write_plugin(folder, hooks=["Scene.Update.Post"], name="Bare", exec=exec_)


def _arguments(pid: int) -> list[bytes]:
    """Of a process; none if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


class _Manager(BaseManager):
    pass


_Manager.register("Stage", Stage)


@contextmanager
def on_stage(library: Library, latency: Latency | None = None) -> Iterator[Stage]:
    """A stage with these films; ends with the block."""
    with _Manager(ctx=get_context("spawn")) as manager:
        stage = cast("Stage", manager.Stage(library, latency or Latency()))  # type: ignore[attr-defined]
        try:
            yield stage
        finally:
            stage.close()
