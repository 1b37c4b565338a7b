"""What Plex should show of a scene, and which settings there are: the checker's own reading of
docs/settings.md and docs/merging.md, sharing no code with the plugin."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulators.stash import Scene
from simulators.stash.model import Tag

Names = dict[str, str]
"""A list's elements: folded name to role text."""

TEXTS = (
    *("title", "sort_title", "studio", "summary", "tagline", "date", "content_rating", "rating"),
)
LISTS = ("genres", "labels", "cast", "directors", "collections")
PICTURES = ("poster", "background")
FIELDS = (*TEXTS, *LISTS, *PICTURES)

IGNORABLE = ("", "night", "Nature")
COLLECTIONS = ("studio", "parent_studio", "groups", "tags:Nature")
LIBRARIES = ("", "Films", "Films, Other")


def _with_studio(scene: Scene) -> str:
    return " - ".join(filter(None, (_studio(scene), scene.title)))


def _with_year(scene: Scene) -> str:
    year = full_date(scene.date)[:4]
    return f"{scene.title} ({year})" if year else scene.title


def _names(scene: Scene) -> str:
    return ", ".join(each.name for each in scene.performers)


def _studio_and_year(scene: Scene) -> str:
    return ", ".join(filter(None, (_studio(scene), full_date(scene.date)[:4])))


TITLES: Mapping[str, Callable[[Scene], str]] = {
    "": lambda scene: scene.title,
    "{studio} - {title}": _with_studio,
    "{title} ({year})": _with_year,
}
TAGLINES: Mapping[str, Callable[[Scene], str]] = {
    "": lambda _scene: "",
    "{performers}": _names,
    "{studio}, {year}": _studio_and_year,
}


def draw_settings(rng: random.Random) -> dict[str, Any]:
    """Every setting that changes a decision, each at random."""
    skipped = rng.sample(FIELDS, rng.choice((0, 0, 0, 1, 2, 4)))
    return {
        "keep_plex_edits": rng.random() < 0.5,
        "skip_fields": ", ".join(skipped),
        "tags_as": rng.choice(("genres", "labels", "both")),
        "collections": ", ".join(rng.sample(COLLECTIONS, rng.randrange(4))),
        "ignore_tags": rng.choice(IGNORABLE),
        "only_organized": rng.random() < 0.2,
        "title_template": rng.choice(tuple(TITLES)),
        "tagline_template": rng.choice(tuple(TAGLINES)),
        "content_rating": rng.choice(("", "NR", "gb/18")),
        "poster_style": rng.choice(("cover", "cover", "fit", "crop")),
        "plex_libraries": rng.choice(LIBRARIES),
        "scan_plex": rng.random() < 0.3,
        "concurrency": rng.choice((1, 1, 2, 4)),
    }


def listed(settings: Mapping[str, Any], key: str) -> list[str]:
    return [each.strip() for each in str(settings.get(key, "")).split(",") if each.strip()]


def wanted(scene: Scene, settings: Mapping[str, Any]) -> dict[str, str | Names]:
    """By field, skipped ones included; "" and {} where Stash says nothing."""
    names = [each.name for each in scene.tags if not _is_ignored(each, settings)]
    tags = {each.casefold(): "" for each in names}
    return {
        "title": TITLES[settings["title_template"]](scene) if scene.title else "",
        "sort_title": _sort_title(scene, settings),
        "studio": _studio(scene),
        "summary": scene.details,
        "tagline": TAGLINES[settings["tagline_template"]](scene),
        "date": full_date(scene.date),
        "content_rating": settings["content_rating"],
        "rating": f"{scene.rating100 / 10:g}" if scene.rating100 else "",
        "genres": tags if settings["tags_as"] in ("genres", "both") else {},
        "labels": tags if settings["tags_as"] in ("labels", "both") else {},
        "cast": {each.name.casefold(): each.disambiguation for each in scene.performers},
        "directors": {
            name.strip().casefold(): "" for name in re.split("[,;]", scene.director) if name.strip()
        },
        "collections": {name.casefold(): "" for name in _collections(scene, settings)},
    }


def full_date(date: str | None) -> str:
    """A year or a month alone gets its first day."""
    parts = (date or "").split("-")
    return "-".join([*parts, *["01"] * (3 - len(parts))]) if parts[0] else ""


def _studio(scene: Scene) -> str:
    return scene.studio.name if scene.studio else ""


def _sort_title(scene: Scene, settings: Mapping[str, Any]) -> str:
    if "groups" not in listed(settings, "collections"):
        return ""
    numbered = [each for each in scene.groups if each.scene_index is not None]
    return f"{numbered[0].group.name} {numbered[0].scene_index:04}" if numbered else ""


def _collections(scene: Scene, settings: Mapping[str, Any]) -> Iterator[str]:
    choices, studio = listed(settings, "collections"), scene.studio
    if "studio" in choices and studio:
        yield studio.name
    if "parent_studio" in choices and studio and studio.parent_studio:
        yield studio.parent_studio.name
    if "groups" in choices:
        yield from (each.group.name for each in scene.groups)
    if "tags:Nature" in choices:
        for tag in scene.tags:
            yield from (each.name for each in _line(tag) if each.name.casefold() == "nature")


def _line(tag: Tag) -> Iterator[Tag]:
    yield tag
    for parent in tag.parents:
        yield from _line(parent)


def _is_ignored(tag: Tag, settings: Mapping[str, Any]) -> bool:
    ignored = {each.casefold() for each in listed(settings, "ignore_tags")}
    return any(each.name.casefold() in ignored for each in _line(tag))
