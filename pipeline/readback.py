"""Reading back what was written, where Plex may show it in another way.

Most writes need no second look. But a value that we have written before and that isn't there any
more was changed by somebody, or Plex stores it its own way (cut, reworded, not at all); the latter
would be written again with every sync, for ever. And where edits made in Plex are kept, a value of
ours that comes back differently would be taken for one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from errors import SyncError
from ledger.rows import Intent
from plex.client import PlexClient
from plex.items import PlexItem
from sync.mapping import desired_values
from sync.merge import answers, is_repeated
from sync.values import Answer
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)


def read_back(
    written: Sequence[Intent],
    scenes: Mapping[int, Scene],
    config: PlexSyncConfig,
    plex: PlexClient,
) -> dict[int, Mapping[str, Answer]]:
    """What to remember of Plex's answers to these intents, which it has confirmed, by rating key;
    nothing of those that need no second look. One request per hundred items, if any. A server that
    doesn't answer is no failure of the write.
    """
    doubtful = [
        each for each in written if config.keep_plex_edits or is_repeated(each.plan, each.memory)
    ]
    if not doubtful:
        return {}
    try:
        items = plex.items([each.item.rating_key for each in doubtful])
    except SyncError as error:
        log.debug("what was written is not read back: %s", error)
        return {}
    found: dict[int, Mapping[str, Answer]] = {
        each.item.rating_key: _answers(each, items[each.item.rating_key], scenes, config)
        for each in doubtful
        if each.item.rating_key in items
    }
    for each in doubtful:
        for name, answer in found.get(each.item.rating_key, {}).items():
            if each.memory.answers.get(name) != answer:
                log.debug("%s: Plex shows %s in its own way", each.subject, name)
    return found


def _answers(
    intent: Intent, shown: PlexItem, scenes: Mapping[int, Scene], config: PlexSyncConfig
) -> dict[str, Answer]:
    desired = desired_values(scenes[intent.scene_id], config, shown.type)
    return answers(intent.plan, intent.memory, shown.state, desired)
