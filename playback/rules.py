"""Whether a play of Plex is one for Stash. Pure; docs/playback.md tells the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from playback.play_ledger import ADDED, GONE, KNOWN, NEW, NO_SCENE, PENDING, TAKEN_BACK, Row
from stash.activity import SceneActivity

# However short a film is: the clocks of two servers differ.
LEAST_WINDOW_S = 300.0
# How far each look goes back, by the newest time that Plex itself has given.
LOOK_BACK_S = 24 * 3600


def look_from(newest: int, now: float) -> int:
    """From when on to ask for plays. A time that lies ahead was given by a clock that went wrong,
    and hides nothing that comes after it."""
    return max(int(min(newest, now)) - LOOK_BACK_S, 0)


def is_same_play(viewed_at: int, own: Iterable[int], duration_s: float) -> bool:
    """Whether one of Stash's own plays is this one: it may have been counted at the beginning by
    one server and at the end by the other."""
    window_s = max(duration_s, LEAST_WINDOW_S)
    return any(abs(each - viewed_at) <= window_s for each in own)


def decide(
    rows: Sequence[Row],
    scenes: Mapping[int, SceneActivity],
    items: Iterable[int],
    added: Mapping[int, Counter[int]],
) -> list[Row]:
    """What is to become of new plays: PENDING for those to add. `scenes`: those that Plex's items
    show, by rating key; `items`: the keys of those that Plex has; `added`: by scene the times that
    came from Plex before."""
    known = set(items)
    return [_decide(row, scenes.get(row.play.rating_key), known, added) for row in rows]


def _decide(
    row: Row, found: SceneActivity | None, items: set[int], added: Mapping[int, Counter[int]]
) -> Row:
    if found is None:
        return replace(row, state=NO_SCENE if row.play.rating_key in items else GONE)
    scene = found.scene
    file = scene.files[0].path if scene.files else ""
    row = replace(row, scene_id=scene.id, file=file)
    own = Counter(found.plays) - added.get(scene.id, Counter())
    if is_same_play(row.play.viewed_at, own, found.duration_s):
        return replace(row, state=KNOWN)
    beside = Counter(found.plays)[row.play.viewed_at]
    return replace(row, state=PENDING, beside=beside)


def after_interruption(rows: Sequence[Row], scenes: Mapping[int, SceneActivity]) -> list[Row]:
    """What became of plays that were about to be added: those that Stash has now arrived, the
    others are new again. `scenes`: by their own ids, without those that are gone."""
    left = {(row.scene_id, row.play.viewed_at): _count(row, scenes) - row.beside for row in rows}
    result = []
    for row in rows:
        place = (row.scene_id, row.play.viewed_at)
        has_arrived = left[place] > 0
        left[place] -= 1
        result.append(replace(row, state=ADDED if has_arrived else NEW))
    return result


def still_to_remove(
    rows: Sequence[Row], scenes: Mapping[int, SceneActivity]
) -> tuple[list[Row], list[Row]]:
    """Of plays that were about to be taken back: those that Stash still has, and those that are
    gone by now."""
    left = {(row.scene_id, row.play.viewed_at): _count(row, scenes) - row.beside for row in rows}
    there: list[Row] = []
    gone: list[Row] = []
    for row in rows:
        place = (row.scene_id, row.play.viewed_at)
        (there if left[place] > 0 else gone).append(row)
        left[place] -= 1
    return there, [replace(row, state=TAKEN_BACK) for row in gone]


def times_by_scene(rows: Iterable[Row]) -> dict[int, list[int]]:
    """What to send to Stash."""
    found: dict[int, list[int]] = {}
    for row in rows:
        if row.scene_id is not None:
            found.setdefault(row.scene_id, []).append(row.play.viewed_at)
    return found


def _count(row: Row, scenes: Mapping[int, SceneActivity]) -> int:
    found = scenes.get(row.scene_id) if row.scene_id is not None else None
    return found.plays.count(row.play.viewed_at) if found else 0
