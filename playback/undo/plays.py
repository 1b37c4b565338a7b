"""Plays that came from Plex are taken out of Stash again: these, and no others."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from errors import LeaseLost
from playback.play_ledger import REMOVING, TAKEN_BACK, PlayLedger, Row, moved
from playback.rules import still_to_remove, times_by_scene
from plex.paths import base_name
from stash.activity import ActivityClient, SceneActivity

log = logging.getLogger(__name__)

AT_ONCE = 100


class TakeBack:
    """Of one Plex's plays. As `playback.plays.PlayImport` for one process at a time, and raises
    the same."""

    def __init__(
        self,
        server: str,
        stash: ActivityClient,
        ledger: PlayLedger,
        may_write: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        self._server = server
        self._stash = stash
        self._ledger = ledger
        self._may_write = may_write
        self._now = now

    def take_back(self, rows: Sequence[Row]) -> int:
        """How many plays Stash has less. What is no longer there counts as taken back as well."""
        number = self.go_on()
        for start in range(0, len(rows), AT_ONCE):
            page = self._followed(rows[start : start + AT_ONCE])
            page, scenes = self._read(page)
            self._ledger.store(self._server, _about_to(page, scenes), self._now())
            number += self.go_on()
        return number

    def go_on(self) -> int:
        """End what was interrupted; how many plays Stash has less."""
        rows = self._ledger.of_states(self._server, (REMOVING,))
        if not rows:
            return 0
        there, gone = still_to_remove(*self._read(rows))
        self._ledger.store(self._server, gone, self._now())
        if there:
            if not self._may_write():
                raise LeaseLost("another PlexSync process has taken over; this one stops")
            self._stash.delete_plays(times_by_scene(there))
            self._ledger.store(self._server, moved(there, TAKEN_BACK), self._now())
        return len(there)

    def _read(self, rows: Sequence[Row]) -> tuple[list[Row], Mapping[int, SceneActivity]]:
        """Those of the rows of whose scenes is known what they have, and what they have."""
        found, failed = self._stash.read(x.scene_id for x in rows if x.scene_id is not None)
        for scene_id in failed:
            log.warning("scene %d: Stash can't tell of it, and keeps its plays from Plex", scene_id)
        return [row for row in rows if row.scene_id not in failed], found

    def _followed(self, rows: Sequence[Row]) -> list[Row]:
        """A scene that was merged into another has left its plays there: the file tells where."""
        rows, scenes = self._read(rows)
        lost = [row for row in rows if row.scene_id not in scenes and row.file]
        if not lost:
            return list(rows)
        names = sorted({base_name(row.file) for row in lost})
        heirs = {
            file.path: scene.id
            for scene in self._stash.scenes_with_files(names)
            for file in scene.files
        }
        return [
            replace(row, scene_id=heirs.get(row.file, row.scene_id)) if row in lost else row
            for row in rows
        ]


def _about_to(rows: Sequence[Row], scenes: Mapping[int, SceneActivity]) -> list[Row]:
    """As they are stored before anything is deleted."""
    ours = Counter((row.scene_id, row.play.viewed_at) for row in rows)
    result = []
    for row in rows:
        found = scenes.get(row.scene_id) if row.scene_id is not None else None
        there = found.plays.count(row.play.viewed_at) if found else 0
        beside = max(there - ours[row.scene_id, row.play.viewed_at], 0)
        result.append(replace(row, state=REMOVING, beside=beside))
    return result
