"""The pure mapping, as its tests call it."""

from __future__ import annotations

from typing import Any

from sync import fields
from sync.mapping import desired_values
from validation.config import PlexSyncConfig, load_config
from validation.scene import Scene

FULL: dict[str, Any] = {
    "id": 1,
    "title": " The  Long Voyage ",
    "code": "LV-1",
    "details": "First line.\r\nSecond line.\x00",
    "director": "Ada Abel, Bruno Berg;Ada Abel",
    "date": "1999-04",
    "rating100": 85,
    "studio": {"id": 1, "name": "Beacon", "parent_studio": {"id": 2, "name": "Beacon Group"}},
    "performers": [
        {"id": 1, "name": "Zoe", "disambiguation": "the elder", "image_path": "http://s/1?t=1"},
        {"id": 2, "name": "zoe", "image_path": ""},
        {"id": 3, "name": "Clara", "image_path": "http://s/3?t=1&default=true"},
    ],
    "tags": [{"id": 1, "name": "Drama"}, {"id": 2, "name": "Sea"}, {"id": 3, "name": "Todo"}],
    "groups": [
        {"group": {"id": 1, "name": "Extras"}, "scene_index": None},
        {"group": {"id": 2, "name": "Voyages"}, "scene_index": 7},
    ],
    "files": [{"path": "C:\\films\\voyage.mp4"}],
}


def scene(**changes: Any) -> Scene:
    return Scene.model_validate({**FULL, **changes})


def config(**settings: Any) -> PlexSyncConfig:
    return load_config({"plex_url": "http://p:1", "plex_token": "t", **settings})[0]


def wanted(item_type: str = fields.MOVIE, settings: Any = None, **changes: Any) -> dict[str, Any]:
    return dict(desired_values(scene(**changes), config(**(settings or {})), item_type))


def names(values: dict[str, Any], field: str) -> list[str]:
    return [credit.name for credit in values[field]]
