"""The Stash simulator: an HTTP server with a library, plugins and jobs, and handles for tests."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from graphql import get_named_type, is_leaf_type
from typing_extensions import Self

from simulators.films import films
from simulators.http import CONTROL_PREFIX, Request, Response, SimulatorServer, json_response
from simulators.stash import curation, install, routes, scans
from simulators.stash.config import Config
from simulators.stash.core import RequestContext, Stash
from simulators.stash.execution import answer, schema
from simulators.stash.jobs import Job
from simulators.stash.library import StashLibrary
from simulators.stash.log import LogLine
from simulators.stash.model import Performer, Scene, Studio, Tag
from simulators.stash.mutations import RequestCancelled
from simulators.stash.plugins import Caller
from simulators.stash.process import PluginRun
from simulators.stash.sessions import COOKIE_NAME, Session

Input = Mapping[str, Any]


class GraphQLErrors(Exception):
    """An answer had errors: `errors` is its list, `data` what came beside it."""

    def __init__(self, errors: list[dict[str, Any]], data: Any = None) -> None:
        super().__init__("; ".join(str(error["message"]) for error in errors))
        self.errors = errors
        self.data = data


class StashSimulator(SimulatorServer):
    """A Stash on 127.0.0.1. What a test does through its methods, a user does in the browser.

    Plugins are loaded at `start`, on `install_plugin` and on `reload_plugins`. `stop` cancels the
    jobs and kills what plugin processes still run.
    """

    def __init__(
        self,
        library: StashLibrary | None = None,
        *,
        config_dir: Path,
        plugins_dir: Path | None = None,
        port: int = 0,
        latency_s: float = 0.0,
        username: str = "",
        password: str = "",
        api_key: str = "",
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
        version: str = "v0.30.0",
        ui_folder: Path | None = None,
    ) -> None:
        super().__init__(port=port, latency_s=latency_s)
        self.config = Config(
            config_dir=config_dir,
            plugins_dir=plugins_dir,
            username=username,
            password=password,
            api_key=api_key,
            python=python,
            environment=environment or {},
            version=version,
            ui_folder=ui_folder,
        )
        self.library = library if library is not None else StashLibrary()
        self.library.release = self.config.release
        self.stash = Stash(self.config, self.library)

    def start(self) -> Self:
        super().start()
        self.config.port = self.port
        self.stash.plugins.reload()
        return self

    def stop(self) -> None:
        self.stash.jobs.stop()
        self.stash.plugins.kill_running()
        super().stop()

    def handle(self, request: Request) -> Response:
        return routes.handle(self.stash, request)

    # Plugins

    def install_plugin(
        self, folder: Path, plugin_id: str = "plex_sync", *, link: bool = False
    ) -> Path:
        """Copy (or link) a source tree into the plugins folder and load it; its new folder."""
        target = install.install_plugin(folder, self.config.plugins_path, plugin_id, link=link)
        self.reload_plugins()
        return target

    def reload_plugins(self) -> None:
        self.stash.plugins.reload()

    def configure_plugin(self, plugin_id: str, settings: Input) -> None:
        """Replaces all settings of the plugin."""
        query = (
            "mutation($id: ID!, $input: Map!) { configurePlugin(plugin_id: $id, input: $input) }"
        )
        self.graphql(query, {"id": plugin_id, "input": dict(settings)})

    def plugin_settings(self, plugin_id: str) -> dict[str, Any]:
        return dict(self.config.plugin_settings.get(plugin_id, {}))

    @property
    def listen_host(self) -> str:
        """What plugins are told as the server's host."""
        return self.config.listen_host

    @listen_host.setter
    def listen_host(self, host: str) -> None:
        self.config.listen_host = host

    @property
    def plugin_runs(self) -> list[PluginRun]:
        """All runs since the server was made, in order of their starts."""
        return list(self.stash.plugins.runs)

    def running_plugins(self) -> list[PluginRun]:
        return self.stash.plugins.running()

    def kill_running_plugins(self) -> None:
        """What a closed browser does to hooks and operations: SIGKILL, and no hook after it.

        Tasks are killed as well, but nothing else happens to their jobs.
        """
        self.stash.plugins.kill_running()

    # GraphQL, as the user's browser in process and as a client over HTTP

    def graphql(self, query: str, variables: Input | None = None) -> dict[str, Any]:
        """The data; hooks run before it returns. Raises GraphQLErrors, or RequestCancelled."""
        caller = Caller(Session(self.config.username))
        context = RequestContext(self.stash, self.url, caller)
        content = answer(context, query, variables).content
        if caller.cancelled.is_set():
            raise RequestCancelled
        if content.get("errors"):
            raise GraphQLErrors(content["errors"], content.get("data"))
        data: dict[str, Any] = content["data"]
        return data

    def http_graphql(self, query: str, variables: Input | None = None) -> dict[str, Any]:
        """The same through HTTP with a valid cookie of its own."""
        cookie = self.stash.sessions.cookie_value(Session(self.config.username))
        request = HttpRequest(
            f"{self.url}/graphql",
            json.dumps({"query": query, "variables": dict(variables or {})}).encode(),
            {"Content-Type": "application/json", "Cookie": f"{COOKIE_NAME}={cookie}"},
        )
        with urlopen(request) as response:
            content = json.load(response)
        if content.get("errors"):
            raise GraphQLErrors(content["errors"], content.get("data"))
        data: dict[str, Any] = content["data"]
        return data

    # What a user does

    def update_scene(self, values: Input) -> float:
        """Save a scene; the seconds for which the user waited, hooks included.

        A save during which the hook was killed counts as done: nobody is left to see the error.
        """
        return self._timed("sceneUpdate", "SceneUpdateInput", values)

    def change(self, mutation: str, value: Any) -> None:
        """Any mutation by its name, with `value` as its one argument; what it answers is left.

        The hooks have run when it returns. Raises GraphQLErrors, or RequestCancelled.
        """
        kind = schema().mutation_type
        assert kind is not None
        field = kind.fields[mutation]
        ((name, argument),) = field.args.items()
        selection = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
        query = f"mutation($v: {argument.type}) {{ {mutation}({name}: $v) {selection} }}"
        self.graphql(query, {"v": value})

    def bulk_update_scenes(self, values: Input) -> float:
        return self._timed("bulkSceneUpdate", "BulkSceneUpdateInput", values)

    def create_scene(self, **values: Any) -> Scene:
        """A scene made by hand, as in SceneCreateInput."""
        query = "mutation($input: SceneCreateInput!) { made: sceneCreate(input: $input) { id } }"
        made = self.graphql(query, {"input": values})["made"]
        return self.library.scene(int(made["id"]))

    def run_task(
        self, name: str | None, args: Input | None = None, *, plugin_id: str | None = None
    ) -> str:
        """Queue a task and answer its job id. Without `plugin_id`: of the plugin that has it."""
        query = """mutation($plugin: ID!, $task: String, $args: Map) {
            job: runPluginTask(plugin_id: $plugin, task_name: $task, args_map: $args)
        }"""
        plugin = plugin_id or self._plugin_with_task(name)
        variables = {"plugin": plugin, "task": name, "args": None if args is None else dict(args)}
        return str(self.graphql(query, variables)["job"])

    def wait_for_job(self, job_id: int | str, timeout_s: float = 30.0) -> Job:
        """The job once it has ended, also when the API has forgotten it. Raises TimeoutError."""
        job = self.stash.jobs.all[int(job_id)]
        if not job.ended.wait(timeout_s):
            raise TimeoutError(f"job {job_id} is {job.status} after {timeout_s} s")
        return job

    def stop_job(self, job_id: int | str) -> None:
        self.graphql("mutation($id: ID!) { stopJob(job_id: $id) }", {"id": job_id})

    def run_operation(self, args: Input, *, plugin_id: str | None = None) -> Any:
        """The operation's output; GraphQLErrors with the plugin's error."""
        query = """mutation($id: ID!, $args: Map) {
            out: runPluginOperation(plugin_id: $id, args: $args)
        }"""
        plugin = plugin_id or self._plugin_with_task(None)
        return self.graphql(query, {"id": plugin, "args": dict(args)})["out"]

    def scan(
        self,
        files: Sequence[scans.FoundFile],
        *,
        parallel: int | None = None,
        cover: bytes | None = None,
        rescan: bool = False,
        timeout_s: float = 60.0,
    ) -> list[Scene]:
        """Scan files (path, size, duration in seconds) and wait; their scenes in that order."""
        workers = parallel or self.config.parallel_tasks
        job, scenes = scans.scan(self.stash, files, parallel=workers, cover=cover, rescan=rescan)
        self.wait_for_job(job.id, timeout_s)
        return scenes

    def scan_moved(self, old_path: str, new_path: str, timeout_s: float = 60.0) -> None:
        self.wait_for_job(scans.scan_moved(self.stash, old_path, new_path).id, timeout_s)

    def clean(self, scene_ids: Iterable[int], timeout_s: float = 60.0) -> None:
        self.wait_for_job(scans.clean(self.stash, scene_ids).id, timeout_s)

    def clean_files(self, paths: Iterable[str], timeout_s: float = 60.0) -> None:
        self.wait_for_job(scans.clean_files(self.stash, paths).id, timeout_s)

    def identify(self, scene_id: int, values: Input, timeout_s: float = 60.0) -> None:
        self.wait_for_job(curation.identify(self.stash, scene_id, values).id, timeout_s)

    def identify_skips(self, scene_id: int, tag: Tag, timeout_s: float = 60.0) -> None:
        self.wait_for_job(curation.identify_skips(self.stash, scene_id, tag).id, timeout_s)

    def auto_tag(
        self,
        scene_ids: Iterable[int],
        *,
        performers: Iterable[Performer] = (),
        tags: Iterable[Tag] = (),
        studio: Studio | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        job = curation.auto_tag(
            self.stash, scene_ids, performers=performers, tags=tags, studio=studio
        )
        self.wait_for_job(job.id, timeout_s)

    # The log

    @property
    def log(self) -> list[LogLine]:
        """All lines of every level, oldest first; Stash's own have the source "stash"."""
        return self.stash.log.lines()

    def log_text(self) -> str:
        return "\n".join(f"{line.level}: {line.text}" for line in self.log)

    def control(self, request: Request) -> Response:
        """Also `GET stats`, `PUT settings` ({"latency_ms": 20}) and `GET log`."""
        command = f"{request.method} {request.path.removeprefix(CONTROL_PREFIX)}"
        if command == "GET stats":
            stats = {"requests": self.requests.count(), "pid": os.getpid()}
            return json_response({**stats, "plugin_runs": len(self.stash.plugins.runs)})
        if command == "PUT settings":
            self.latency_s = float(json.loads(request.body)["latency_ms"]) / 1000
            return json_response({"latency_ms": self.latency_s * 1000})
        if command == "GET log":
            lines = [{"level": x.level, "text": x.text, "source": x.source} for x in self.log]
            return json_response(lines)
        return super().control(request)

    def _timed(self, mutation: str, input_type: str, values: Input) -> float:
        query = f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ id }} }}"
        start = time.perf_counter()
        with contextlib.suppress(RequestCancelled):
            self.graphql(query, {"input": dict(values)})
        return time.perf_counter() - start

    def _plugin_with_task(self, name: str | None) -> str:
        loaded = self.stash.plugins.loaded
        if not loaded:
            raise LookupError("no plugin is loaded; see log_text()")
        return next((plugin for plugin in loaded if name and plugin.task(name)), loaded[0]).id


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m simulators stash`."""
    parser.add_argument("--port", type=int, default=9999)
    parser.add_argument("--films", type=int, default=0, help="how many films the library has")
    parser.add_argument("--config-dir", type=Path, required=True)
    parser.add_argument("--plugins-dir", type=Path)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--username", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--api-key", default="")


def from_arguments(args: argparse.Namespace) -> StashSimulator:
    """A simulator that is not started yet."""
    library = StashLibrary()
    if args.films:
        library.add_films(films(args.films))
    args.config_dir.mkdir(parents=True, exist_ok=True)
    return StashSimulator(
        library,
        config_dir=args.config_dir,
        plugins_dir=args.plugins_dir,
        port=args.port,
        latency_s=args.latency_ms / 1000,
        username=args.username,
        password=args.password,
        api_key=args.api_key,
    )
