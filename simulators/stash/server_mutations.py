"""Mutations of the server itself: plugin settings, tasks, operations, jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulators.stash.core import Info
from simulators.stash.fields import Resolver
from simulators.stash.inputs import as_go_number, as_id


def configure_plugin(
    root: None, info: Info, plugin_id: str, input: Mapping[str, Any]
) -> dict[str, Any]:
    """Replaces the whole map. Keys that the manifest doesn't know are kept. A dot in the id nests
    the map."""
    config = info.context.stash.config
    stored = {key: as_go_number(value) for key, value in input.items()}
    first, *below = plugin_id.split(".")
    nested: dict[str, Any] = stored
    for name in reversed(below):
        nested = {name: nested}
    config.plugin_settings = {**config.plugin_settings, first: nested}
    return stored


def optimise_database(root: None, info: Info) -> str:
    """A job of Stash's queue; done at once here."""
    stash = info.context.stash
    return str(stash.jobs.add("Optimising database...", lambda _job: stash.library.optimise()).id)


def set_plugins_enabled(
    root: None,
    info: Info,
    enabledMap: Mapping[str, bool],  # noqa: N803 - GraphQL's
) -> bool:
    config = info.context.stash.config
    others = [each for each in config.disabled_plugins if each not in enabledMap]
    config.disabled_plugins = [*others, *(each for each, on in enabledMap.items() if not on)]
    return True


def run_plugin_task(
    root: None,
    info: Info,
    plugin_id: str,
    task_name: str | None = None,
    description: str | None = None,
    args: Sequence[Mapping[str, Any]] | None = None,
    args_map: Mapping[str, Any] | None = None,
) -> int:
    context = info.context
    given = _as_map(args or ()) if args_map is None else args_map
    job = context.stash.run_task(context.caller, plugin_id, task_name, description, given)
    return job.id


def run_plugin_operation(
    root: None, info: Info, plugin_id: str, args: Mapping[str, Any] | None = None
) -> Any:
    context = info.context
    return context.stash.run_operation(context.caller, plugin_id, args or {})


def reload_plugins(root: None, info: Info) -> bool:
    info.context.stash.plugins.reload()
    return True


def stop_job(root: None, info: Info, job_id: str) -> bool:
    info.context.stash.jobs.cancel(as_id(job_id))
    return True


def stop_all_jobs(root: None, info: Info) -> bool:
    info.context.stash.jobs.cancel_all()
    return True


def _as_map(args: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {arg["key"]: _value(arg.get("value")) for arg in args}


def _value(value: Mapping[str, Any] | None) -> Any:
    """The first that is set of str, i, b, f, o (an object) and a (a list)."""
    for kind in ("str", "i", "b", "f"):
        if value and value.get(kind) is not None:
            return value[kind]
    if value and value.get("o") is not None:
        return _as_map(value["o"])
    if value and value.get("a") is not None:
        return [_value(each) for each in value["a"]]
    return None


SERVER_MUTATIONS: dict[str, Resolver] = {
    "configurePlugin": configure_plugin,
    "optimiseDatabase": optimise_database,
    "setPluginsEnabled": set_plugins_enabled,
    "runPluginTask": run_plugin_task,
    "runPluginOperation": run_plugin_operation,
    "reloadPlugins": reload_plugins,
    "stopJob": stop_job,
    "stopAllJobs": stop_all_jobs,
}
