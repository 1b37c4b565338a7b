"""A Stash server without its HTTP side: what GraphQL resolvers work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import GraphQLSchema

from simulators.stash.config import Config
from simulators.stash.hooks import Hooks
from simulators.stash.jobs import BusyReceiver, Job, JobFailed, Jobs
from simulators.stash.library import StashLibrary
from simulators.stash.log import Log
from simulators.stash.packages import PackageManager
from simulators.stash.plugins import Caller, PluginError, Plugins
from simulators.stash.sessions import Sessions


class Stash:
    """The parts of a server, put together."""

    def __init__(self, config: Config, library: StashLibrary) -> None:
        self.config = config
        self.library = library
        self.log = Log(self.precise_time)
        self.sessions = Sessions(config, lambda: library.clock())
        self.plugins = Plugins(config, self.sessions, self.log)
        self.hooks = Hooks(self.plugins, self.log)
        self.jobs = Jobs(self.precise_time, lambda text: self.log.add("error", text))
        self.packages = PackageManager(config, self.log, self.jobs, self.plugins)

    def precise_time(self) -> str:
        """Now, for what is not stored in the database: with a fraction of a second."""
        return self.library.timestamp(fraction=True)

    def run_task(
        self,
        caller: Caller,
        plugin_id: str,
        task_name: str | None,
        description: str | None,
        args: Mapping[str, Any],
    ) -> Job:
        """Queue a task. What is wrong with it shows when the job starts, not now.

        The job keeps the identity of the caller; the plugin's cookie is made when it starts.
        """

        def work(job: Job) -> None:
            within = Caller(caller.session, job.cancelled)
            self._run_task(job, within, plugin_id, task_name, dict(args))

        name = next(each for each in (description, task_name, plugin_id) if each is not None)
        return self.jobs.add(f"Running plugin task: {name}", work)

    def run_operation(self, caller: Caller, plugin_id: str, args: Mapping[str, Any]) -> Any:
        """The plugin's output; raises PluginError with its error."""
        if plugin_id in self.config.disabled_plugins:
            raise PluginError(f"plugin {plugin_id} is disabled")
        plugin = self.plugins.find(plugin_id)
        if plugin is None:
            # Stash forgets to check this one and panics.
            problem = "runtime error: invalid memory address or nil pointer dereference"
            raise PluginError(f"Internal system error. Error <{problem}>")
        output = self.plugins.run("operation", plugin, None, dict(args), caller)
        if output.error is not None:
            raise PluginError(output.error)
        return output.output

    def _run_task(
        self,
        job: Job,
        caller: Caller,
        plugin_id: str,
        task_name: str | None,
        args: dict[str, Any],
    ) -> None:
        creating = "Error creating plugin task: "
        if plugin_id in self.config.disabled_plugins:
            raise JobFailed(f"{creating}plugin {plugin_id} is disabled")
        plugin = self.plugins.find(plugin_id)
        if plugin is None:
            raise JobFailed(f"{creating}no plugin with ID {plugin_id}")
        task = None if task_name is None else plugin.task(task_name)
        if task_name is not None and task is None:
            raise JobFailed(
                f"{creating}no task with name {task_name} in plugin {plugin.shown_name}"
            )
        try:
            receiver = BusyReceiver(job, self.config.progress_busy_s)
            output = self.plugins.run("task", plugin, task, args, caller, on_progress=receiver.take)
        except PluginError as error:
            if job.cancelled.is_set():
                return
            raise JobFailed(f"Error running plugin task: {error}") from error
        if output.error is not None:
            self.log.add("error", f"Plugin returned error: {output.error}")
        elif output.output is not None:
            self.log.add("debug", f"Plugin returned: {output.output}")


@dataclass(slots=True)
class RequestContext:
    """What resolvers get as `info.context`. `base_url` has no slash at its end."""

    stash: Stash
    base_url: str
    caller: Caller = field(default_factory=Caller)


class Info(Protocol):
    """What resolvers use of graphql-core's info."""

    @property
    def context(self) -> RequestContext: ...

    @property
    def schema(self) -> GraphQLSchema: ...
