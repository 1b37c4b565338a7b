"""Scenes as Stash answers them: what must be there, and what may be missing or new."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from validation.scene import Scene

FULL: dict[str, Any] = {
    "id": "7",
    "title": "Nosferatu",
    "code": "N-22",
    "details": "A symphony of horror.",
    "director": "F. W. Murnau",
    "date": "1922-03-04",
    "rating100": 90,
    "organized": True,
    "updated_at": "2026-01-31T12:00:00+01:00",
    "paths": {"screenshot": "http://stash/scene/7/screenshot?t=1"},
    "files": [{"path": "/data/Nosferatu.mp4", "size": 6_000_000_000, "duration": 5640.5}],
    "studio": {
        "id": "3",
        "name": "Prana",
        "parent_studio": {"id": "2", "name": "Above", "parent_studio": None},
    },
    "performers": [
        {"id": "1", "name": "Max Schreck", "disambiguation": "", "image_path": "http://stash/p/1"}
    ],
    "tags": [{"id": "5", "name": "Horror"}],
    "groups": [{"group": {"id": "4", "name": "Vampires"}, "scene_index": 1}],
}


def test_a_full_scene_is_read() -> None:
    scene = Scene.model_validate(FULL)
    assert (scene.id, scene.title, scene.rating100, scene.organized) == (7, "Nosferatu", 90, True)
    assert scene.files[0].size == 6_000_000_000
    assert scene.studio
    assert scene.studio.parent_studio
    assert scene.studio.parent_studio.name == "Above"
    assert scene.performers[0].name == "Max Schreck"
    assert (scene.groups[0].group.name, scene.groups[0].scene_index) == ("Vampires", 1)


@pytest.mark.parametrize("name", ["title", "code", "details", "director", "date", "updated_at"])
def test_text_that_is_null_is_empty(name: str) -> None:
    assert getattr(Scene.model_validate({**FULL, name: None}), name) == ""


@pytest.mark.parametrize("name", ["performers", "tags", "groups", "files"])
def test_a_list_that_is_null_is_empty(name: str) -> None:
    assert getattr(Scene.model_validate({**FULL, name: None}), name) == ()


def test_what_may_be_unset_may_be_null() -> None:
    nothing = {"rating100": None, "studio": None}
    scene = Scene.model_validate({**FULL, **nothing})
    assert (scene.rating100, scene.studio) == (None, None)


def test_names_that_are_null_are_empty() -> None:
    scene = Scene.model_validate(
        {
            **FULL,
            "studio": {"id": "3", "name": None},
            "tags": [{"id": "5", "name": None}],
            "performers": [{"id": "1", "name": None, "disambiguation": None, "image_path": None}],
            "groups": [{"group": {"id": "4", "name": None}, "scene_index": None}],
            "paths": {"screenshot": None},
        }
    )
    assert scene.studio
    assert (scene.studio.name, scene.tags[0].name, scene.performers[0].name) == ("", "", "")
    assert (scene.groups[0].scene_index, scene.paths.screenshot) == (None, "")


def test_fields_that_a_later_stash_adds_are_ignored() -> None:
    Scene.model_validate({**FULL, "mood": "dark", "files": [{"path": "/a.mp4", "hdr": True}]})


def test_an_id_alone_is_a_scene() -> None:
    assert Scene.model_validate({"id": 7}).files == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", None),
        ("id", "seven"),
        ("title", 7),
        ("rating100", "good"),
        ("files", [{"path": ""}]),
        ("files", [{"size": 5}]),
        ("files", "a.mp4"),
        ("performers", [{"name": "without id"}]),
        ("studio", "Prana"),
        ("tags", [None]),
    ],
)
def test_what_the_schema_rules_out_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Scene.model_validate({**FULL, name: value})
