"""Which of the scenes that Stash answered are to be synced."""

from __future__ import annotations

from collections.abc import Mapping

from stash.client import SceneAnswer
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.errors import SyncError
from worker.outcome import Outcome, Skipped

GONE = "gone from Stash"


def sort_out(
    answers: Mapping[int, SceneAnswer], config: PlexSyncConfig
) -> tuple[dict[int, Scene], dict[int, Outcome]]:
    """The scenes to sync, and what has become of the others."""
    scenes: dict[int, Scene] = {}
    others: dict[int, Outcome] = {}
    for scene_id, answer in answers.items():
        match answer:
            case None:
                others[scene_id] = Skipped(GONE)
            case SyncError():
                others[scene_id] = answer
            case Scene(organized=False) if config.only_organized:
                others[scene_id] = Skipped("not organized")
            case _:
                scenes[scene_id] = answer
    return scenes, others
