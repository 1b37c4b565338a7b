"""Criteria of scenes that PlexSync doesn't use and other clients of Stash do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from simulators.stash import criteria
from simulators.stash.criteria import Predicate
from simulators.stash.inputs import StashError
from simulators.stash.model import Scene


def _any_text(get: Callable[[Scene], Iterable[str]]) -> Callable[[Any], Predicate[Scene]]:
    """One of several texts of a scene; none counts as an empty one."""

    def make(criterion: Any) -> Predicate[Scene]:
        one = criteria.text(criterion, str)
        return lambda scene: any(one(each) for each in list(get(scene)) or [""])

    return make


def _number(get: Callable[[Scene], Any]) -> Callable[[Any], Predicate[Scene]]:
    return lambda criterion: criteria.compared(criterion, get)


def _hashes(kind: str) -> Callable[[Scene], Iterable[str]]:
    return lambda scene: [
        file.all_hashes()[kind] for file in scene.files if kind in file.all_hashes()
    ]


def _close_to(criterion: Any) -> Predicate[Scene]:
    """Perceptual hashes that differ in at most `distance` bits."""
    wanted, most = int(criterion["value"], 16), criterion.get("distance") or 0
    return lambda scene: any(
        (int(each, 16) ^ wanted).bit_count() <= most for each in _hashes("phash")(scene)
    )


def _has_markers(criterion: str) -> Predicate[Scene]:
    return lambda scene: bool(scene.scene_markers) == (criterion == "true")


def _is_missing(criterion: str) -> Predicate[Scene]:
    lacks = _LACKING.get(criterion)
    if lacks is None:
        raise StashError(f"unsupported is_missing value: {criterion}")
    return lambda scene: not lacks(scene)


def _has_favorite(criterion: bool) -> Predicate[Scene]:
    return lambda scene: any(each.favorite for each in scene.performers) == criterion


_LACKING: dict[str, Callable[[Scene], object]] = {
    "url": lambda scene: scene.urls,
    "studio": lambda scene: scene.studio,
    "group": lambda scene: scene.groups,
    "movie": lambda scene: scene.groups,
    "performers": lambda scene: scene.performers,
    "tags": lambda scene: scene.tags,
    "date": lambda scene: scene.date,
    "stash_id": lambda scene: scene.stash_ids,
    "cover": lambda scene: scene.cover,
    "title": lambda scene: scene.title,
    "details": lambda scene: scene.details,
    "rating": lambda scene: scene.rating100,
}

CLIENTS_CRITERIA: dict[str, Callable[[Any], Predicate[Scene]]] = {
    "oshash": _any_text(_hashes("oshash")),
    "checksum": _any_text(_hashes("md5")),
    "phash_distance": _close_to,
    "url": _any_text(lambda scene: scene.urls),
    "duration": _number(lambda scene: int(scene.files[0].duration_s) if scene.files else None),
    "o_counter": _number(lambda scene: scene.o_counter),
    "has_markers": _has_markers,
    "is_missing": _is_missing,
    "tag_count": _number(lambda scene: len(scene.tags)),
    "performer_count": _number(lambda scene: len(scene.performers)),
    "performer_favorite": _has_favorite,
    "performer_tags": lambda criterion: criteria.related(
        criterion, lambda scene: [tag.id for each in scene.performers for tag in each.tags]
    ),
    "movies": lambda criterion: criteria.related(
        criterion, lambda scene: [each.group.id for each in scene.groups]
    ),
    "stash_id": _any_text(lambda scene: [each.stash_id for each in scene.stash_ids]),
    "resume_time": _number(lambda scene: int(scene.resume_time)),
    "play_duration": _number(lambda scene: int(scene.play_duration)),
}
