"""Which of the scenes that Stash answered are synced, and what is to be done to the items that show
them. Nothing is written here, and nobody is asked."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping

from errors import SyncError
from ledger.exclusions import BY_A_PERSON, left_alone_by
from ledger.ledger import Ledger
from ledger.rows import Intent
from matching.exclusion import exclusion
from matching.locate import Located
from pipeline.outcome import GONE, Outcome, Skipped
from pipeline.unmanaged import UNMANAGED
from plex.items import PlexItem
from stash.client import RawAnswer, SceneAnswer, read_answer
from sync.arrival import as_of, seen
from sync.mapping import desired_values
from sync.merge import merge
from sync.pictures import PICTURES, PictureMemory
from sync.plan import WHOLE_ITEM, Kept, Plan
from sync.presumption import presume_ours, presume_pictures
from sync.values import Memory
from validation.config import PlexSyncConfig
from validation.scene import Scene

RATING, NOTHING = frozenset({"rating"}), frozenset[str]()


def readable(answers: Mapping[int, RawAnswer]) -> Iterator[Scene]:
    """The scenes among the answers, each of them read only when it is asked for."""
    read = (read_answer(answer) for answer in answers.values())
    return (answer for answer in read if isinstance(answer, Scene))


def sort_out(
    answers: Mapping[int, SceneAnswer], config: PlexSyncConfig, excluded: Collection[int]
) -> tuple[dict[int, Scene], dict[int, Outcome]]:
    """The scenes to sync, and what has become of the others. `excluded`: those that a person wants
    left alone."""
    scenes: dict[int, Scene] = {}
    others: dict[int, Outcome] = {}
    for scene_id, answer in answers.items():
        match answer:
            case None:
                others[scene_id] = Skipped(GONE)
            case SyncError():
                others[scene_id] = answer
            case Scene() if skipped := _skipped(answer, config, excluded):
                others[scene_id] = skipped
            case _:
                scenes[scene_id] = answer
    return scenes, others


def _skipped(scene: Scene, config: PlexSyncConfig, excluded: Collection[int]) -> Skipped | None:
    """Why a scene isn't synced that could be; None if it is."""
    if scene.id in excluded:
        return Skipped(BY_A_PERSON)
    if found := exclusion(scene, config):
        return Skipped(left_alone_by(found.setting), found.setting, found.why)
    if config.only_organized and not scene.organized:
        return Skipped("not organized", "only_organized")
    return None


def plan_items(
    ledger: Ledger,
    server: str,
    scenes: Mapping[int, Scene],
    located: Mapping[int, Located],
    config: PlexSyncConfig,
    now: float,
    rated: Container[int] = (),
    unrated: Container[int] = (),
) -> dict[int, Intent]:
    """What is to be done to each item, by rating key. `server` is Plex's machine identifier, `now`
    in epoch seconds; `rated`: the items that get their scene's rating whatever they have, `unrated`
    those that keep their own."""
    shown = {
        item.rating_key: (item, scenes[scene_id])
        for scene_id, found in located.items()
        for item in found.items
    }
    entries = ledger.recall(server, [(item, scene.id) for item, scene in shown.values()])
    doubted = ledger.doubts.among(server, shown)
    intents = {}
    for key, (item, scene) in shown.items():
        entry = entries[key]
        memory, pictures = entry.memory, entry.pictures
        if key in doubted:  # its last writes are forgotten
            memory = presume_ours(memory, item.state, desired_values(scene, config, item.type))
            pictures = presume_pictures(pictures, PICTURES)
        is_news = entry.is_news(item, scene.id)
        decided = RATING if key in rated else NOTHING
        left = RATING if key in unrated else NOTHING
        intents[key] = _intent(item, scene, memory, pictures, is_news, config, now, decided, left)
    return intents


def plan_again(
    former: Intent, item: PlexItem, scene: Scene, config: PlexSyncConfig, now: float
) -> Intent:
    """The same for an item that was read again."""
    is_news, decided, left = former.is_news, former.decided, former.left
    return _intent(item, scene, former.memory, former.pictures, is_news, config, now, decided, left)


def _intent(
    item: PlexItem,
    scene: Scene,
    memory: Memory,
    pictures: Mapping[str, PictureMemory],
    is_news: bool,
    config: PlexSyncConfig,
    now: float,
    decided: frozenset[str],
    left: frozenset[str],
) -> Intent:
    memory = seen(as_of(memory, now), item.state)
    if memory.is_unmanaged:
        original = memory.original or item.state
        plan = Plan((), (Kept(WHOLE_ITEM, "", UNMANAGED),), memory.baseline, original)
    else:
        wishes = desired_values(scene, config, item.type)
        desired = {name: each for name, each in wishes.items() if name not in left}
        keeps = config.keep_plex_edits
        plan = merge(
            memory,
            item.state,
            desired,
            keep_plex_edits=keeps,
            decided=decided,
            uncleared=config.uncleared,
        )
    return Intent(item, scene.id, memory, plan, pictures, is_news, decided, left)
