"""Both simulators with our plugin installed: what the demo, the tests and the benchmarks drive."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from jobs.liveness import is_provably_dead
from jobs.registry import WORKER, Process, Registry
from jobs.store import JobStore, open_job_database
from ledger.traits import PROVEN, Proof, TraitBook
from simulators.films import Film, films
from simulators.plex import Item, PlexLibrary, PlexSimulator, Section
from simulators.stash import StashLibrary, StashSimulator
from simulators.stash.process import as_stash_writes

TREE = Path(__file__).resolve().parent.parent
PLUGIN_ID = "plex_sync"
FOLDER = "/data/films"


class Rig:
    """A Stash and a Plex with the same films, not yet synced: Plex shows file names as titles.

    Scene ids are 1, 2, 3 … in the order of the films. `plex_folder` is the films' folder as Plex
    sees it; the last `absent` films are not in Plex. `source` None: the plugin isn't installed yet.
    `tried`: whether this Plex is known from a sync of before.
    `python` is the one that Stash starts it with, `ui_folder` has the pages that a browser gets.
    """

    def __init__(
        self,
        folder: Path,
        *,
        count: int = 10,
        plex_folder: str = FOLDER,
        absent: int = 0,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        source: Path | None = TREE,
        link: bool = True,
        python: str = sys.executable,
        username: str = "",
        password: str = "",
        tried: bool = True,
        ui_folder: Path | None = None,
    ) -> None:
        self.films: list[Film] = list(films(count))
        self.config_dir = folder / "stash"
        self.config_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir = self.config_dir / "plex_sync"
        self.plex = PlexSimulator(PlexLibrary())
        self.section: Section = self.plex.library.add_section(
            "Films", type="movie", agent="tv.plex.agents.movie", locations=[plex_folder]
        )
        self.plex_folder = plex_folder
        self.add_to_plex(self.films[: count - absent])
        self.stash = StashSimulator(
            _curated_yesterday(self.films),
            config_dir=self.config_dir,
            environment=environment or {},
            python=python,
            username=username,
            password=password,
            ui_folder=ui_folder,
        )
        self._settings = settings
        self._source, self._link = source, link
        self._tried = tried

    def __enter__(self) -> Self:
        self.plex.start()
        self.stash.start()
        if self._source is not None:
            self.stash.install_plugin(self._source, PLUGIN_ID, link=self._link)
        if self._tried:
            self.note_trust()
        if self._settings is None:
            self.configure()
        elif self._settings:
            self.stash.configure_plugin(PLUGIN_ID, self._settings)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill_workers()
        self.stash.stop()
        self.plex.stop()

    def configure(self, **settings: Any) -> None:
        """The two required settings and what is given here; replaces all others."""
        required = {"plex_url": self.plex.url, "plex_token": self.plex.token}
        self.stash.configure_plugin(PLUGIN_ID, {**required, **settings})

    def note_trust(self) -> None:
        """As after the first sync with this Plex, which is done more carefully; see
        `trial.canary`."""
        with contextlib.closing(TraitBook(str(self.data_dir))) as book:
            place = self.plex.library.machine_identifier, self.plex.version
            book.prove(*place, Proof(PROVEN), time.time())

    def add_to_plex(self, found: Iterable[Film]) -> None:
        """Have Plex scan these films."""
        for film in found:
            self.plex.library.add_item(
                self.section,
                f"{self.plex_folder}/{film.file_name}",
                title=film.file_name.rpartition(".")[0],
                size=film.size,
                duration_ms=round(film.duration_s * 1000),
            )

    # What is where

    def item(self, scene_id: int) -> Item:
        """The Plex item of a scene."""
        film = self.films[scene_id - 1]
        found = self.plex.library.find(f"{self.plex_folder}/{film.file_name}")
        if found is None:
            raise LookupError(f"{film.file_name} is not in Plex")
        return found

    def title(self, scene_id: int) -> str:
        """What Plex shows as the scene's title."""
        return str(self.item(scene_id).fields.get("title", ""))

    @contextlib.contextmanager
    def store(self) -> Any:
        """The job store, opened as another process would."""
        database = open_job_database(str(self.data_dir))
        try:
            yield JobStore(database)
        finally:
            database.close()

    def jobs_left(self, lanes: Sequence[int] | None = None) -> int:
        """Jobs that wait or are being worked on, of these lanes or of all, and events in files,
        whatever their lane; failed ones don't count."""
        with self.store() as store:
            # The files first: what is taken in between the two looks is then a job.
            return int(store.events_waiting() + store.count(lanes))

    def log_file(self) -> str:
        path = self.data_dir / "plex_sync.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def until(
        self, condition: Callable[[], bool], what: str = "", *, timeout_s: float = 60.0
    ) -> None:
        """Wait for something that must come; the limit only ends a test that has failed."""
        end = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{what or 'it'} did not happen within {timeout_s} s\n"
                    f"{self.log_file()[-3000:]}\n{self.stash.log_text()[-3000:]}"
                )
            time.sleep(0.01)

    def until_taken_in(self) -> None:
        """Until the worker has every event in its queue."""

        def is_empty() -> bool:
            with self.store() as store:
                return int(store.events_waiting()) == 0

        self.until(is_empty, "an empty inbox")

    def until_drained(self, *, timeout_s: float = 60.0) -> None:
        self.until(lambda: self.jobs_left() == 0, "an empty queue", timeout_s=timeout_s)

    # The worker

    def workers(self) -> list[Process]:
        """The registered background workers: one at most."""
        database = open_job_database(str(self.data_dir))
        try:
            return [each for each in Registry(database, "observer").others() if each.role == WORKER]
        finally:
            database.close()

    def worker_pids(self) -> list[int]:
        """Processes of our entry script whose working folder is this rig's data folder."""
        proc = Path("/proc")
        if not proc.exists():
            known = self.workers() if self.data_dir.exists() else []
            return [each.pid for each in known if not is_provably_dead(each.pid, each.place)]
        found = []
        for entry in proc.iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "cwd").resolve() == self.data_dir.resolve():
                    state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z":
                        found.append(int(entry.name))
        return found

    def kill_workers(self) -> list[int]:
        """SIGKILL to every background process of this rig; their process ids."""
        killed = self.worker_pids()
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.until(lambda: not self.worker_pids(), "the end of the killed workers")
        return killed

    # Starting the plugin without Stash's user interface

    def hook_input(self, scene_id: int, **context: Any) -> bytes:
        """What Stash would write to the stdin of a scene-update hook."""
        hook = {"id": scene_id, "type": "Scene.Update.Post", "input": None, **context}
        return as_stash_writes(
            {"server_connection": self.server_connection(), "args": {"hookContext": hook}}
        )

    def server_connection(self) -> dict[str, Any]:
        return {
            "Scheme": "http",
            "Host": "0.0.0.0",
            "Port": self.stash.port,
            "SessionCookie": None,
            "Dir": str(self.config_dir),
            "PluginDir": str(self.config_dir / "plugins" / PLUGIN_ID),
        }

    def start_hook(self, scene_id: int, **context: Any) -> subprocess.Popen[bytes]:
        """A hook process that has its input and runs."""
        process = subprocess.Popen(
            [self.stash.config.python, "-S", str(TREE / "plex_sync.py"), "hook"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.stash.config.environment},
        )
        assert process.stdin is not None
        process.stdin.write(self.hook_input(scene_id, **context))
        process.stdin.close()
        process.stdin = None
        return process


def _curated_yesterday(films: Iterable[Film]) -> StashLibrary:
    """The films in a Stash in which nothing was changed in the last seconds: what changed just
    now is looked at twice, since Stash's times count whole seconds."""
    library = StashLibrary(clock=lambda: time.time() - 86_400)
    library.add_films(films, FOLDER)
    library.clock = time.time
    return library
