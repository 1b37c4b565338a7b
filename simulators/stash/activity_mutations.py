"""Mutations of what a scene's viewers leave: plays and positions. None of them runs a hook or moves
`updated_at`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from simulators.stash.core import Info
from simulators.stash.fields import Resolver
from simulators.stash.inputs import StashError
from simulators.stash.model import Scene
from simulators.stash.mutations import Change

_AGO = re.compile(r"<(\d+)(mo|[mhdwy])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
    "y": timedelta(days=365),
}


def scene_add_play(
    root: None, info: Info, id: str, times: Sequence[str] | None = None
) -> dict[str, Any]:
    """A row for each time, also for one that is there already; without times one for now."""
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", id)
        scene.play_history = [*scene.play_history, *_stored(change, times)]
        return _history(scene)


def scene_delete_play(
    root: None, info: Info, id: str, times: Sequence[str] | None = None
) -> dict[str, Any]:
    """One row for each time that is equal to the second; without times the newest."""
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", id)
        left = sorted(scene.play_history)
        for each in left[-1:] if times is None else _stored(change, times):
            if each in left:
                left.remove(each)
        scene.play_history = left
        return _history(scene)


def scene_reset_play_count(root: None, info: Info, id: str) -> int:
    change = Change(info)
    with change.lock:
        change.get("scene", id).play_history = []
    return 0


def scene_increment_play_count(root: None, info: Info, id: str) -> int:
    return int(scene_add_play(root, info, id)["count"])


def scene_save_activity(
    root: None,
    info: Info,
    id: str,
    resume_time: float | None = None,
    playDuration: float | None = None,  # noqa: N803 - the name of a GraphQL argument
) -> bool:
    """Sets the position and adds to the duration."""
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", id)
        scene.play_duration += playDuration or 0.0
        if resume_time is not None:
            scene.resume_time = resume_time
    return True


def scene_reset_activity(
    root: None,
    info: Info,
    id: str,
    reset_resume: bool | None = None,
    reset_duration: bool | None = None,
) -> bool:
    """Sets the named ones to 0; without a name nothing."""
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", id)
        if reset_resume:
            scene.resume_time = 0.0
        if reset_duration:
            scene.play_duration = 0.0
    return True


def _history(scene: Scene) -> dict[str, Any]:
    return {"count": scene.play_count, "history": sorted(scene.play_history, reverse=True)}


def _stored(change: Change, times: Sequence[str] | None) -> list[str]:
    """As they are stored: in UTC and whole seconds, whatever offset and fraction were given."""
    now = datetime.fromtimestamp(change.library.clock(), timezone.utc)
    found = [now] if not times else [_moment(each, now) for each in times]
    return [f"{each.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}Z" for each in found]


def _moment(text: str, now: datetime) -> datetime:
    """RFC 3339, or so long ago: <4h."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise StashError(f'parsing time "{text}"')
    return found


ACTIVITY_MUTATIONS: dict[str, Resolver] = {
    "sceneAddPlay": scene_add_play,
    "sceneDeletePlay": scene_delete_play,
    "sceneResetPlayCount": scene_reset_play_count,
    "sceneIncrementPlayCount": scene_increment_play_count,
    "sceneSaveActivity": scene_save_activity,
    "sceneResetActivity": scene_reset_activity,
}
