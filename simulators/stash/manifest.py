"""Plugin manifests: found by walking the plugins folder, decoded as strictly as Stash does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_SETTING_TYPES = ("STRING", "NUMBER", "BOOLEAN")
_INTERFACES = ("raw", "rpc", "js")

_OPERATION = {"name": "", "description": "", "execArgs": [""], "defaultArgs": {"*": ""}}
# The shape of a manifest: "" is a text, [x] a list of x, {"*": x} a map of x, {...} an object.
_SHAPE: dict[str, Any] = {
    "name": "",
    "description": "",
    "url": "",
    "version": "",
    "interface": "",
    "exec": [""],
    "errLog": "",
    "tasks": [_OPERATION],
    "hooks": [{**_OPERATION, "triggeredBy": [""]}],
    "ui": {
        "requires": [""],
        "csp": {"script-src": [""], "style-src": [""], "connect-src": [""]},
        "javascript": [""],
        "css": [""],
        "assets": {"*": ""},
    },
    "settings": {"*": {"type": "", "displayName": "", "description": ""}},
}


class ManifestError(Exception):
    """The file is not a manifest; the text is what Stash would log."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A task or a hook. Values of `default_args` are text, whatever the manifest has."""

    name: str = ""
    description: str = ""
    exec_args: tuple[str, ...] = ()
    default_args: dict[str, str] = field(default_factory=dict)
    triggered_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    type: str
    display_name: str
    description: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """`path` is the manifest's, as found by the walk: links in it are not resolved."""

    id: str
    path: Path
    name: str
    description: str | None
    url: str | None
    version: str | None
    interface: str
    exec: tuple[str, ...]
    err_log: str
    tasks: tuple[Operation, ...]
    hooks: tuple[Operation, ...]
    settings: tuple[Setting, ...]
    requires: tuple[str, ...]
    javascript: tuple[str, ...]
    css: tuple[str, ...]
    assets: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def shown_name(self) -> str:
        return self.name or self.id

    def task(self, name: str) -> Operation | None:
        return next((task for task in self.tasks if task.name == name), None)

    def hooks_for(self, trigger: str) -> list[Operation]:
        """One entry per mention of the trigger: named twice, it runs twice."""
        return [hook for hook in self.hooks for named in hook.triggered_by if named == trigger]


def manifest_paths(folder: Path) -> Iterator[Path]:
    """Every path below `folder` that ends in .yml, in name order, through symbolic links."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if os.path.splitext(entry.name)[1] == ".yml":
            yield Path(entry.path)
        if entry.is_dir(follow_symlinks=True):
            yield from manifest_paths(Path(entry.path))


def read_manifest(path: Path) -> Plugin:
    """Raises ManifestError for whatever keeps Stash from loading the file."""
    try:
        loader = yaml.SafeLoader(path.read_bytes())
        try:
            node = loader.get_node() if loader.check_node() else None  # the first document
        finally:
            loader.dispose()
    except OSError as error:
        raise ManifestError(str(error)) from error
    except yaml.YAMLError as error:
        raise ManifestError(f"yaml: {error}") from error
    if node is None:
        raise ManifestError("EOF")
    content = _decode(node, _SHAPE)
    _check(content)
    return _plugin(path, content)


def _check(content: dict[str, Any]) -> None:
    interface = content.get("interface") or "raw"
    if interface not in _INTERFACES:
        raise ManifestError(f"invalid interface type {interface}")
    for key, setting in (content.get("settings") or {}).items():
        kind = (setting or {}).get("type") or "STRING"
        if kind not in _SETTING_TYPES:
            raise ManifestError(f"invalid type {kind} for setting {key}")


def _decode(node: yaml.Node, shape: Any) -> Any:
    """Scalars keep their literal text: 1.10 stays "1.10" and yes stays "yes"."""
    if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
        return None
    if isinstance(shape, str) and isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(shape, list) and isinstance(node, yaml.SequenceNode):
        return [_decode(each, shape[0]) for each in node.value]
    if isinstance(shape, dict) and isinstance(node, yaml.MappingNode):
        return _decode_map(node, shape)
    raise ManifestError(f"yaml: line {node.start_mark.line + 1}: cannot unmarshal {node.tag}")


def _decode_map(node: yaml.MappingNode, shape: dict[str, Any]) -> dict[str, Any]:
    decoded: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in decoded:
            raise ManifestError(f"yaml: line {line}: field {key} already set")
        if key not in shape and "*" not in shape:
            raise ManifestError(f"yaml: line {line}: field {key} not found")
        decoded[key] = _decode(value_node, shape.get(key, shape.get("*")))
    return decoded


def _plugin(path: Path, content: dict[str, Any]) -> Plugin:
    ui = content.get("ui") or {}
    return Plugin(
        id=path.name[: path.name.rindex(".")],
        path=path,
        name=content.get("name") or "",
        description=content.get("description"),
        url=content.get("url"),
        version=content.get("version"),
        interface=content.get("interface") or "raw",
        exec=_texts(content.get("exec")),
        err_log=content.get("errLog") or "",
        tasks=tuple(_operation(task) for task in content.get("tasks") or ()),
        hooks=tuple(_operation(hook) for hook in content.get("hooks") or ()),
        settings=_settings(content.get("settings") or {}),
        requires=_texts(ui.get("requires")),
        javascript=_texts(ui.get("javascript")),
        css=_texts(ui.get("css")),
        assets={key: value or "" for key, value in (ui.get("assets") or {}).items()},
    )


def _texts(values: list[str | None] | None) -> tuple[str, ...]:
    return tuple(value or "" for value in values or ())


def _operation(content: dict[str, Any] | None) -> Operation:
    content = content or {}
    return Operation(
        name=content.get("name") or "",
        description=content.get("description") or "",
        exec_args=_texts(content.get("execArgs")),
        default_args={k: v or "" for k, v in (content.get("defaultArgs") or {}).items()},
        triggered_by=_texts(content.get("triggeredBy")),
    )


def _settings(settings: dict[str, Any]) -> tuple[Setting, ...]:
    """Sorted by key: the manifest's order is lost."""
    return tuple(
        Setting(
            name=key,
            type=(content or {}).get("type") or "STRING",
            display_name=(content or {}).get("displayName") or "",
            description=(content or {}).get("description") or "",
        )
        for key, content in sorted(settings.items())
    )
