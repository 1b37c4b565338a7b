"""Which collections of a batch we create, and which of ours are to be looked at.

Plex creates a collection when the first item gets its tag. Whether it was there before is asked
before that; one that was, or a smart one, is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from errors import ServerUnavailable, SettingsError, SyncError
from jobs.schema import LIVE
from ledger.ledger import Ledger
from ledger.own_collections import OwnCollection, Place
from ledger.rows import Intent
from pipeline.collection_details import SEEN, Due
from plex.client import PlexClient
from plex.collection import collections_by_title
from storage.times import is_recent
from sync.collection import BY_TITLE, CUSTOM, Source, is_sorted_by_title, number_in, sources
from sync.fields import MOVIE
from sync.lists import keys
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

RETRY_AFTER_S = 600.0
# How many that were left over by earlier batches are taken along.
LEFT_OVER = 10


@dataclass(slots=True)
class _Wanted:
    """A collection that items of the batch are in, or will be. `is_added`: one is put into it;
    `is_touched`: or its sort title changes; `is_numbered`: one has a number in it; `is_astray`:
    its sort title doesn't put it there."""

    source: Source
    is_added: bool = False
    is_touched: bool = False
    is_numbered: bool = False
    is_astray: bool = False


class Collections:
    """For one batch, of jobs of this lane."""

    def __init__(
        self,
        config: PlexSyncConfig,
        plex: PlexClient,
        ledger: Ledger,
        now: Callable[[], float],
        lane: int,
    ) -> None:
        self._config = config
        self._plex = plex
        self._ledger = ledger
        self._now = now
        self._lane = lane

    def foresee(
        self, server: str, intents: Iterable[Intent], scenes: Mapping[int, Scene]
    ) -> list[Due]:
        """What there will be to do once the intents are carried out; to be called before.

        The sections that get new members are asked for their collections; of those that will be
        made it is noted that they are ours. Raises ServerUnavailable and SettingsError alone.
        """
        if not self._are_wanted:
            return []
        wanted = self._wanted(intents, scenes)
        own = self._ledger.collections.get(server, wanted)
        for section in sorted({place[0] for place, each in wanted.items() if each.is_added}):
            self._find_out(server, section, wanted, own)
        found = [self._due(own[place], each) for place, each in wanted.items() if place in own]
        due = {each.place: each for each in found if each}
        for left in self.left_over():
            due.setdefault(left.place, left)
        return list(due.values())

    def left_over(self) -> list[Due]:
        """Some of what earlier batches have left."""
        if not self._are_wanted:
            return []
        failed_before = self._now() - RETRY_AFTER_S
        server = self._plex.machine_identifier
        found = self._ledger.collections.unfinished(server, failed_before, LEFT_OVER)
        return [Due(each) for each in found]

    @property
    def _are_wanted(self) -> bool:
        return bool(self._config.collections) and "collections" not in self._config.skip_fields

    def _wanted(
        self, intents: Iterable[Intent], scenes: Mapping[int, Scene]
    ) -> dict[Place, _Wanted]:
        wanted: dict[Place, _Wanted] = {}
        for intent in intents:
            if intent.memory.is_unmanaged:
                continue
            scene = scenes[intent.scene_id]
            edits = {each.field: each for each in intent.plan.edits}
            there = keys(intent.item.state.credits("collections"))
            edit = edits.get("collections")
            after = keys(edit.new) if edit and isinstance(edit.new, tuple) else there
            for source in sources(scene, self._config):
                if source.key not in after:
                    continue
                place = (intent.item.section_key, source.key)
                each = wanted.setdefault(place, _Wanted(source))
                each.is_added |= source.key not in there
                each.is_touched |= source.key not in there or "sort_title" in edits
                if number_in(scene, source) is not None:
                    each.is_numbered = True
                    each.is_astray |= intent.item.type == MOVIE and not is_sorted_by_title(
                        scene, source, self._config
                    )
        return wanted

    def _find_out(
        self,
        server: str,
        section: str,
        wanted: Mapping[Place, _Wanted],
        own: dict[Place, OwnCollection],
    ) -> None:
        """Which of the section's collections are there already; corrects `own`."""
        places = [place for place in wanted if place[0] == section and wanted[place].is_added]
        try:
            there = collections_by_title(self._plex, section)
        except (ServerUnavailable, SettingsError):
            raise
        except SyncError as error:
            log.warning("new collections get no poster and summary: %s", error)
            for place in places:
                own.pop(place, None)
            return
        new, gone = [], []
        for place in places:
            found, known = there.get(place[1]), own.get(place)
            if found is None:
                source = wanted[place].source
                own[place] = OwnCollection(place, source.kind, source.id)
                new.append(own[place])
            elif known and (found.is_smart or known.rating_key not in (None, found.rating_key)):
                del own[place]
                gone.append(place)
        self._ledger.collections.remember(server, new)
        self._ledger.collections.forget(server, gone)

    def _due(self, own: OwnCollection, wanted: _Wanted) -> Due | None:
        if own.failed_at is not None and is_recent(own.failed_at, self._now(), RETRY_AFTER_S):
            return None
        source, is_ours = wanted.source, own.is_of(wanted.source)
        order = self._order(own, wanted) if is_ours else ""
        is_unsorted = order != own.sorting or (
            order == CUSTOM and (wanted.is_touched or (self._lane == LIVE and wanted.is_astray))
        )
        is_news = is_ours and own.hint != (source.hint or SEEN)
        if own.rating_key is None or is_news or (order and is_unsorted):
            return Due(own, order if is_unsorted else "")
        return None

    def _order(self, own: OwnCollection, wanted: _Wanted) -> str:
        """By title where the sort titles hold the numbers, which costs nothing for later members;
        by hand where a scene's sort title is that of another group."""
        if not wanted.is_numbered:
            return ""
        by_hand = wanted.is_astray or own.sorting == CUSTOM
        # By hand we could not tell somebody's moves from our own.
        return CUSTOM if by_hand and not self._config.keep_plex_edits else BY_TITLE
