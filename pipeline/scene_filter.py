"""Which of the scenes that Stash answered are to be synced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from errors import SyncError
from pipeline.outcome import Outcome, Skipped
from stash.client import RawAnswer, SceneAnswer, read_answer
from validation.config import PlexSyncConfig
from validation.scene import Scene

GONE = "gone from Stash"


def readable(answers: Mapping[int, RawAnswer]) -> Iterator[Scene]:
    """The scenes among the answers, each of them read only when it is asked for."""
    read = (read_answer(answer) for answer in answers.values())
    return (answer for answer in read if isinstance(answer, Scene))


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
