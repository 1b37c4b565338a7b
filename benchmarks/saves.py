"""A user who saves a scene now and then while something big goes on."""

from __future__ import annotations

import itertools
import statistics
import threading
from collections.abc import Sequence

from benchmarks.measure import Row, say
from benchmarks.stage import Stage

MOST_DELAY_S = 5.0
# An edit that hasn't arrived by then counts as having taken so long.
PATIENCE_S = 60.0


class Saves:
    """Saves the scenes in turn, with pauses, while the block runs; the first one after
    `after_s`."""

    def __init__(
        self, stage: Stage, scene_ids: Sequence[int], every_s: float, *, after_s: float = 0.0
    ) -> None:
        self._stage = stage
        self._scene_ids = scene_ids
        self._every_s = every_s
        self._after_s = after_s
        self._stop = threading.Event()
        self._took_s: list[float] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def rows(self, what: str) -> list[Row]:
        """One row, or none if it was over before the first save."""
        if not self._took_s:
            return []
        note = f"{len(self._took_s)} edits, median {statistics.median(self._took_s):.2f} s"
        if late := sum(each >= PATIENCE_S for each in self._took_s):
            note += f"; {late} not there after {PATIENCE_S:.0f} s"
        return [Row(what, max(self._took_s), MOST_DELAY_S, " s", note)]

    def _run(self) -> None:
        pause_s = self._after_s
        for number, scene_id in enumerate(itertools.cycle(self._scene_ids)):
            if self._stop.wait(pause_s):
                return
            self._took_s.append(self._save(scene_id, f"Edited {scene_id}, save {number}"))
            pause_s = self._every_s

    def _save(self, scene_id: int, title: str) -> float:
        try:
            took_s, _ = self._stage.save(scene_id, title, PATIENCE_S)
        except TimeoutError as error:
            say(f"the edit of scene {scene_id}: {error}")
            return PATIENCE_S
        return took_s
