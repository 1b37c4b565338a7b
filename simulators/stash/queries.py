"""Resolvers of the query root."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from simulators.stash import find
from simulators.stash.core import Info, Stash
from simulators.stash.fields import Resolver
from simulators.stash.find import Found
from simulators.stash.inputs import as_id
from simulators.stash.jobs import Job
from simulators.stash.manifest import Operation, Plugin
from simulators.stash.model import Group, Performer, Scene, Studio, Tag

_SCHEMA_VERSION = 75


def _stash(info: Info) -> Stash:
    return info.context.stash


def find_scene(
    root: None, info: Info, id: str | None = None, checksum: str | None = None
) -> Scene | None:
    """By a file's md5 the slow way, which nobody should need."""
    scenes = _stash(info).library.scenes
    if id is not None:
        return scenes.get(as_id(id))
    return next(
        (
            scene
            for scene in list(scenes.values())
            if checksum and any(file.all_hashes().get("md5") == checksum for file in scene.files)
        ),
        None,
    )


def find_scenes(
    root: None,
    info: Info,
    scene_filter: Mapping[str, Any] | None = None,
    scene_ids: list[int] | None = None,
    ids: list[str] | None = None,
    filter: Mapping[str, Any] | None = None,
) -> Found[Scene]:
    """With ids, everything else is ignored."""
    library = _stash(info).library
    if ids or scene_ids:
        return find.by_ids(library.scenes, ids or scene_ids or [], "scene", library.release)
    with library.lock:
        return find.scenes(library, scene_filter, filter or {})


def _single(kind: str) -> Resolver:
    def resolve(root: None, info: Info, id: str) -> Any:
        return getattr(_stash(info).library, f"{kind}s").get(as_id(id))

    return resolve


def _several(kind: str) -> Resolver:
    def resolve(
        root: None,
        info: Info,
        filter: Mapping[str, Any] | None = None,
        ids: list[str] | None = None,
        **others: Any,
    ) -> Found[Performer] | Found[Studio] | Found[Tag] | Found[Group]:
        library = _stash(info).library
        table = getattr(library, f"{kind}s")
        wanted = ids or others.get(f"{kind}_ids")
        if wanted:
            return find.by_ids(table, wanted, kind, library.release)
        with library.lock:
            return find.named(table, others.get(f"{kind}_filter"), filter or {})

    return resolve


def _stats(root: None, info: Info) -> dict[str, Any]:
    library = _stash(info).library
    files = [file for scene in list(library.scenes.values()) for file in scene.files]
    return {
        "scene_count": len(library.scenes),
        "scenes_size": float(sum(file.size for file in files)),
        "scenes_duration": float(sum(file.duration_s for file in files)),
        "performer_count": len(library.performers),
        "studio_count": len(library.studios),
        "group_count": len(library.groups),
        "tag_count": len(library.tags),
    }


def _logs(root: None, info: Info) -> list[dict[str, Any]]:
    return [
        {"time": line.time, "level": line.level.title(), "message": line.message}
        for line in _stash(info).log.shown()
    ]


def _plugins(root: None, info: Info) -> list[dict[str, Any]]:
    return [_plugin_as_dict(info, plugin) for plugin in _stash(info).plugins.loaded]


def _plugin_tasks(root: None, info: Info) -> list[dict[str, Any]]:
    stash = _stash(info)
    enabled = [plugin for plugin in stash.plugins.loaded if stash.plugins.is_enabled(plugin)]
    return [task for plugin in enabled for task in _plugin_as_dict(info, plugin)["tasks"] or ()]


def _plugin_as_dict(info: Info, plugin: Plugin) -> dict[str, Any]:
    """Go's empty lists are null."""
    shown: dict[str, Any] = {
        "id": plugin.id,
        "name": plugin.shown_name,
        "description": plugin.description,
        "url": plugin.url,
        "version": plugin.version,
        "enabled": _stash(info).plugins.is_enabled(plugin),
        "requires": list(plugin.requires) or None,
        "paths": {
            "javascript": _addresses(info, plugin, "javascript", plugin.javascript),
            "css": _addresses(info, plugin, "css", plugin.css),
        },
        "settings": [
            {
                "name": setting.name,
                "display_name": setting.display_name,
                "description": setting.description,
                "type": setting.type,
            }
            for setting in plugin.settings
        ]
        or None,
    }
    shown["tasks"] = [_operation_as_dict(task, shown) for task in plugin.tasks] or None
    shown["hooks"] = [
        {**_operation_as_dict(hook, shown), "hooks": list(hook.triggered_by)}
        for hook in plugin.hooks
    ] or None
    return shown


def _addresses(info: Info, plugin: Plugin, kind: str, names: Sequence[str]) -> list[str] | None:
    """Where a page gets them: all files of the plugin under one address, others under their own."""
    outside = [name for name in names if name.startswith(("http://", "https://"))]
    own = (
        [f"{info.context.base_url}/plugin/{plugin.id}/{kind}"] if len(outside) < len(names) else []
    )
    return [*own, *outside] or None


def _operation_as_dict(operation: Operation, plugin: dict[str, Any]) -> dict[str, Any]:
    return {"name": operation.name, "description": operation.description, "plugin": plugin}


def _configuration(root: None, info: Info) -> dict[str, Any]:
    config = _stash(info).config
    general = {
        "stashes": [
            {"path": path, "excludeVideo": False, "excludeImage": False} for path in config.stashes
        ],
        "configFilePath": str(config.config_dir / "config.yml"),
        "pluginsPath": str(config.plugins_path),
        "parallelTasks": config.parallel_tasks,
        "apiKey": config.api_key,
        "username": config.username,
        "password": "*" * 8 if config.password else "",
        "maxSessionAge": config.max_session_age_s,
        "logLevel": "Info",
        "pythonPath": config.python,
    }
    return {"general": general}


def plugin_configuration(
    root: Mapping[str, Any], info: Info, include: list[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Settings by plugin id. An id that was asked for and has none is left out."""
    settings = _stash(info).config.plugin_settings
    if not include:
        return dict(settings)
    return {plugin_id: settings[plugin_id] for plugin_id in include if settings.get(plugin_id)}


def _system_status(root: None, info: Info) -> dict[str, Any]:
    config = _stash(info).config
    return {
        "databaseSchema": _SCHEMA_VERSION,
        "databasePath": str(config.config_dir / "stash-go.sqlite"),
        "configPath": str(config.config_dir / "config.yml"),
        "appSchema": _SCHEMA_VERSION,
        "status": "OK",
        "os": platform.system().lower(),
        "workingDir": str(config.working_path),
        "homeDir": os.path.expanduser("~"),
    }


def _job_queue(root: None, info: Info) -> list[dict[str, Any]] | None:
    return [job_as_dict(job) for job in _stash(info).jobs.queue()] or None


def _find_job(root: None, info: Info, input: Mapping[str, Any]) -> dict[str, Any] | None:
    job = _stash(info).jobs.find(as_id(input["id"]))
    return None if job is None else job_as_dict(job)


def job_as_dict(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "status": job.status,
        "subTasks": None,
        "description": job.description,
        "progress": job.progress,
        "startTime": job.start_time,
        "endTime": job.end_time,
        "addTime": job.add_time,
        "error": job.error,
    }


def _version(root: None, info: Info) -> dict[str, str]:
    config = _stash(info).config
    return {
        "version": config.version,
        "hash": "simulated",
        "build_time": "2025-11-13 00:00:00",
    }


QUERIES: dict[str, Resolver] = {
    "findScene": find_scene,
    "findScenes": find_scenes,
    **{f"find{kind.title()}": _single(kind) for kind in ("performer", "studio", "tag", "group")},
    **{f"find{kind.title()}s": _several(kind) for kind in ("performer", "studio", "tag", "group")},
    "stats": _stats,
    "logs": _logs,
    "plugins": _plugins,
    "pluginTasks": _plugin_tasks,
    "configuration": _configuration,
    "systemStatus": _system_status,
    "jobQueue": _job_queue,
    "findJob": _find_job,
    "version": _version,
}
