"""The plugins of a server: loading them, and running their processes for whatever needs one."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.stash.config import Config
from simulators.stash.log import Level, Log
from simulators.stash.manifest import (
    ManifestError,
    Operation,
    Plugin,
    manifest_paths,
    read_manifest,
)
from simulators.stash.process import Kind, PluginProcess, PluginRun, as_stash_writes
from simulators.stash.sessions import Session, Sessions

_LEVELS: dict[str, Level] = {
    "t": "trace",
    "d": "debug",
    "i": "info",
    "w": "warning",
    "e": "error",
}


class PluginError(Exception):
    """What Stash answers or logs when a plugin cannot be run or says that it failed."""


@dataclass(slots=True)
class Caller:
    """The request or job that wants a process: who it is, and whether it still wants it."""

    session: Session = field(default_factory=Session)
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Output:
    """`error` None: none. What a plugin printed, or how it ended."""

    error: str | None
    output: Any


class Plugins:
    """Loads manifests and starts processes; `runs` keeps every run since the start."""

    def __init__(self, config: Config, sessions: Sessions, log: Log) -> None:
        self._config = config
        self._sessions = sessions
        self._log = log
        self._lock = threading.Lock()
        self._running: dict[int, tuple[PluginProcess, Caller]] = {}
        self.runs: list[PluginRun] = []
        self.loaded: list[Plugin] = []

    def reload(self) -> None:
        """Replace what is loaded. Of plugins whose ids differ only in case, the first one wins."""
        loaded: dict[str, Plugin] = {}
        folder = self._config.plugins_path
        for path in manifest_paths(folder) if folder.is_dir() else ():
            try:
                plugin = read_manifest(path)
            except ManifestError as error:
                self._log.add("error", f"Error loading plugin {path}: {error}")
                continue
            if plugin.id.lower() in loaded:
                problem = f"plugin ID {plugin.id} already exists"
                self._log.add("error", f"Error loading plugin {path}: {problem}")
                continue
            loaded[plugin.id.lower()] = plugin
        self.loaded = list(loaded.values())

    def find(self, plugin_id: str) -> Plugin | None:
        return next((plugin for plugin in self.loaded if plugin.id == plugin_id), None)

    def is_enabled(self, plugin: Plugin) -> bool:
        return plugin.id not in self._config.disabled_plugins

    def running(self) -> list[PluginRun]:
        with self._lock:
            return [process.run for process, _ in self._running.values()]

    def kill_running(self) -> None:
        """SIGKILL to every plugin process.

        The request that a hook or an operation serves counts as gone, like a closed browser's.
        """
        with self._lock:
            running = list(self._running.values())
        for process, caller in running:
            if process.run.kind != "task":
                caller.cancelled.set()
            process.kill()

    def run(
        self,
        kind: Kind,
        plugin: Plugin,
        operation: Operation | None,
        args: dict[str, Any],
        caller: Caller,
        *,
        on_progress: Callable[[float], None] | None = None,
    ) -> Output:
        """Start a process and wait for it, or until the caller is cancelled.

        Raises PluginError when it cannot be started, and when the caller was cancelled: then the
        process has been killed and nobody waits for what it leaves behind.
        """
        args = {**(operation.default_args if operation else {}), **args}
        run = PluginRun(kind, plugin.id, args)
        process = self._start(run, plugin, operation, caller, on_progress)
        with self._lock:
            self.runs.append(run)
            self._running[id(run)] = (process, caller)
        try:
            while not caller.cancelled.is_set() and not process.wait(0.02):
                pass
            if caller.cancelled.is_set():
                process.kill()
        finally:
            with self._lock:
                del self._running[id(run)]
        if caller.cancelled.is_set():
            raise PluginError("operation cancelled")
        return _output(run)

    def _start(
        self,
        run: PluginRun,
        plugin: Plugin,
        operation: Operation | None,
        caller: Caller,
        on_progress: Callable[[float], None] | None,
    ) -> PluginProcess:
        if plugin.interface != "raw":
            raise PluginError(f"interface {plugin.interface} is not simulated")
        command, environment = self._command(plugin, operation)
        document = {"server_connection": self._connection(plugin, caller), "args": run.args}
        try:
            return PluginProcess(
                run,
                command,
                document=as_stash_writes(document),
                cwd=self._config.working_path,
                environment=environment,
                on_line=_line_handler(plugin, run.kind, self._log, on_progress),
                loses_last_line=self._config.loses_last_stderr_line,
            )
        except OSError as error:
            raise PluginError(f"error running plugin: {error}") from error

    def _connection(self, plugin: Plugin, caller: Caller) -> dict[str, Any]:
        return {
            "Scheme": "http",
            "Host": self._config.listen_host,
            "Port": self._config.port,
            "SessionCookie": self._sessions.plugin_cookie(caller.session),
            "Dir": self._config.told_config_dir,
            "PluginDir": self._config.told(plugin.folder),
        }

    def _command(
        self, plugin: Plugin, operation: Operation | None
    ) -> tuple[Sequence[str], dict[str, str]]:
        command = [*plugin.exec, *(operation.exec_args if operation else ())]
        if not command:
            raise PluginError("empty exec value")
        environment = {**os.environ, **self._config.environment}
        folder = self._config.told(plugin.folder)
        command[1:] = [arg.replace("{pluginDir}", folder) for arg in command[1:]]
        if command[0] not in ("python", "python3"):
            if shutil.which(command[0], path=environment.get("PATH")) is None:
                command[0] = str(plugin.folder / command[0])
            return command, environment
        if python := self._python(environment.get("PATH")):
            command[0] = python
            parent = str(plugin.folder.parent)
            existing = environment.get("PYTHONPATH")
            environment["PYTHONPATH"] = (
                parent if existing is None else existing + os.pathsep + parent
            )
        return command, environment

    def _python(self, search_path: str | None) -> str | None:
        if self._config.python and Path(self._config.python).is_file():
            return self._config.python
        return shutil.which("python3", path=search_path) or shutil.which("python", path=search_path)


def _line_handler(
    plugin: Plugin, kind: Kind, log: Log, on_progress: Callable[[float], None] | None
) -> Callable[[bytes], None]:
    """Reads Stash's line protocol: 0x01, level letter, 0x02, at least one character of text."""
    names = {*_LEVELS.values(), "progress", "none"}
    default = plugin.err_log if plugin.err_log in names else "error"

    def handle(line: bytes) -> None:
        if not line:
            return
        level, text = default, line.decode(errors="replace")
        if len(line) >= 4 and line[0] == 1 and line[2] == 2 and chr(line[1]) in "tdiwep\0":
            letter, text = chr(line[1]), line[3:].decode(errors="replace").strip()
            level = {"p": "progress", "\0": "none"}.get(letter) or _LEVELS[letter]
        if level == "progress":
            _report_progress(text, log, on_progress)
        for name in _LEVELS.values():
            if level == name:
                log.add(name, text, kind, plugin.name)

    return handle


def _report_progress(text: str, log: Log, on_progress: Callable[[float], None] | None) -> None:
    try:
        progress = float(text)
    except ValueError:
        log.add("error", f"Error parsing progress value '{text}'")
        return
    if on_progress is not None and not math.isnan(progress):
        on_progress(min(max(progress, 0.0), 1.0))


def _output(run: PluginRun) -> Output:
    """What a finished process said: one JSON object, or else its whole text is the output."""
    error, output = None, None
    try:
        printed = json.loads(run.stdout)
        if printed is not None and not isinstance(printed, dict):
            raise ValueError("not an object")
        error, output = (printed or {}).get("error"), (printed or {}).get("output")
        if error is not None and not isinstance(error, str):
            raise ValueError("error is not text")
    except ValueError:
        error, output = None, run.stdout
    if error is None and run.exit_code:
        error = _exit_text(run.exit_code)
    return Output(error, output)


def _exit_text(exit_code: int) -> str:
    if exit_code > 0:
        return f"exit status {exit_code}"
    return "signal: killed" if exit_code == -9 else f"signal: {-exit_code}"
