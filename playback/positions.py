"""Where to go on in a film: from Plex to Stash, never back. The rules are pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from errors import LeaseLost
from playback.brought import POSITION, Brought, BroughtLedger
from playback.pieces import pieces_of
from playback.position_ledger import Position, PositionLedger
from playback.scenes import SceneFinder
from plex.client import PlexClient, PlexSection
from plex.items import PlexItem, number
from stash.activity import ActivityClient, SceneActivity

log = logging.getLogger(__name__)

# Nobody has decided to watch a film who has seen less of it.
LEAST_S = 60.0
STEP_S = 30.0
# What is left then is the credits.
MOST_PART = 0.95
# Stash stores fractions of a second, Plex thousandths.
SAME_S = 1.0
ITEMS_PER_REQUEST = 1000


@dataclass(frozen=True, slots=True)
class InProgress:
    """An item that the token's account has begun to watch. Seconds; `duration_s` 0: not told."""

    rating_key: int
    offset_s: float
    duration_s: float
    view_count: int

    @property
    def is_worth_while(self) -> bool:
        """Whether it is neither just begun nor as good as over."""
        is_over = self.duration_s > 0 and self.offset_s >= MOST_PART * self.duration_s
        return self.offset_s >= LEAST_S and not is_over


def has_moved(known: Position | None, found: InProgress) -> bool:
    """Whether Plex's position is another than the one that was last looked at."""
    if not found.is_worth_while:
        return False
    return known is None or abs(found.offset_s - known.plex_s) >= STEP_S


def is_same(one_s: float, other_s: float) -> bool:
    return abs(one_s - other_s) < SAME_S


def moved_in_stash(known: Position | None, now_s: float) -> bool:
    """Whether somebody has watched on in Stash since both positions were last known. Where that of
    Stash never was, any but none counts."""
    if known is None or known.stash_s is None:
        return not is_same(now_s, 0.0)
    ours = known.pending_s is not None and is_same(now_s, known.pending_s)
    return not ours and not is_same(now_s, known.stash_s)


class PositionImport:
    """The positions of one Plex. As `playback.plays.PlayImport` for one process at a time, and
    raises the same."""

    def __init__(
        self,
        plex: PlexClient,
        stash: ActivityClient,
        ledger: PositionLedger,
        brought: BroughtLedger,
        finder: SceneFinder,
        may_write: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        self._plex = plex
        self._stash = stash
        self._ledger = ledger
        self._brought = brought
        self._finder = finder
        self._now = now
        self._may_write = may_write
        self._server = plex.machine_identifier
        self._titles: dict[int, str] = {}

    def bring(self, sections: Sequence[PlexSection]) -> Generator[None, None, int]:
        """How many positions of Stash were set or cleared. The first time they are only noted."""
        found: dict[int, InProgress] = {}
        for section in sections:
            for page in self._in_progress(section):
                found |= {each.rating_key: each for each in page}
                yield
        known = self._ledger.positions(self._server)
        is_first = not self._ledger.has_begun(self._server)
        moved = [each for key, each in found.items() if has_moved(known.get(key), each)]
        number_set = 0
        for some in pieces_of(moved):
            number_set += self._follow(some, known, is_first=is_first)
            yield
        if is_first:
            self._ledger.begin(self._server)
        left = [key for key, each in known.items() if each.plex_s and key not in found]
        for keys in pieces_of(left):
            number_set += self._end(keys, known)
            yield
        return number_set

    def _in_progress(self, section: PlexSection) -> Iterator[list[InProgress]]:
        start = 0
        while True:
            root = self._plex.listing(
                section, start=start, size=ITEMS_PER_REQUEST, filters={"inProgress": 1}
            )
            items = list(root.iterfind("Video"))
            # A server that doesn't know the filter lists everything.
            yield [found for each in items if (found := _read(each)).offset_s > 0]
            start += len(items)
            if not items or start >= number(root.get("totalSize")):
                return

    def _follow(
        self, moved: Sequence[InProgress], known: Mapping[int, Position], *, is_first: bool
    ) -> int:
        """Set Stash's position where only Plex's has moved."""
        wanted, after = self._planned(moved, known, is_first=is_first)
        return self._write(wanted, after, known)

    def preview(self, sections: Sequence[PlexSection]) -> list[Brought]:
        """What `bring` would set. Nothing is written, and what ends isn't looked for."""
        known = self._ledger.positions(self._server)
        if not self._ledger.has_begun(self._server):
            return []
        found = (x for each in sections for page in self._in_progress(each) for x in page)
        moved = [each for each in found if has_moved(known.get(each.rating_key), each)]
        planned = (self._planned(some, known, is_first=False)[0] for some in pieces_of(moved))
        return [row for each in planned for row in each.values()]

    def _planned(
        self, moved: Sequence[InProgress], known: Mapping[int, Position], *, is_first: bool
    ) -> tuple[dict[int, Brought], list[Position]]:
        scenes = self._scenes(each.rating_key for each in moved)
        after: list[Position] = []
        wanted: dict[int, Brought] = {}
        for each in moved:
            if each.rating_key in self._finder.unreadable and not is_first:
                continue  # the next look is another chance
            before, scene = known.get(each.rating_key), scenes.get(each.rating_key)
            position = Position(each.rating_key, None, each.offset_s, None, each.view_count)
            if scene is not None:
                position = replace(position, scene_id=scene.scene.id, stash_s=scene.resume_s)
                if not is_first and not moved_in_stash(before, scene.resume_s):
                    wanted[scene.scene.id] = self._row(scene, each.rating_key, each.offset_s)
                    position = replace(position, stash_s=each.offset_s)
            after.append(position)
        return wanted, after

    def _end(self, keys: Sequence[int], known: Mapping[int, Position]) -> int:
        """Of those that are no longer in progress: that a film was played to its end clears Stash's
        position; anything else may be an error, and clears nothing."""
        items = self._items(keys)
        scenes, failed = self._stash.read(
            scene_id for key in keys if (scene_id := known[key].scene_id) is not None
        )
        after: list[Position] = []
        wanted: dict[int, Brought] = {}
        for key in keys:
            before, item = known[key], items.get(key)
            if (item is not None and item.view_offset_ms) or before.scene_id in failed:
                continue  # it is, after all, or the next look is another chance
            position = replace(before, plex_s=0.0)
            scene = scenes.get(before.scene_id or 0)
            if scene is not None and _has_ended(item, before):
                if not moved_in_stash(before, scene.resume_s):
                    wanted[scene.scene.id] = self._row(scene, key, 0.0)
                    position = replace(position, stash_s=0.0)
                position = replace(position, view_count=item.view_count if item else 0)
            after.append(position)
        return self._write(wanted, after, known)

    def _write(
        self,
        wanted: Mapping[int, Brought],
        after: Sequence[Position],
        known: Mapping[int, Position],
    ) -> int:
        """Stored as pending before it is sent: whatever ends us in between, what Stash then has is
        known as ours."""
        seconds = {scene_id: each.after or 0.0 for scene_id, each in wanted.items()}
        if wanted:
            pending = [
                replace(known.get(each.rating_key) or _unknown(each), pending_s=each.stash_s)
                for each in after
                if each.scene_id in wanted
            ]
            self._ledger.store(self._server, pending)
            self._brought.intend(list(wanted.values()), self._now())
            if not self._may_write():
                raise LeaseLost("another PlexSync process has taken over; this one stops")
            self._stash.save_positions(seconds)
            self._brought.arrived(POSITION, seconds, self._now())
            for scene_id, each in seconds.items():
                log.info("scene %d: goes on at %.0f s, as in Plex", scene_id, each)
        self._ledger.store(self._server, after)
        self._ledger.set_in_stash(self._server, seconds)
        return len(wanted)

    def _row(self, scene: SceneActivity, rating_key: int, seconds: float) -> Brought:
        title = self._titles.get(rating_key, "")
        place = self._server, POSITION, scene.scene.id
        return Brought(*place, title, (rating_key,), scene.resume_s, seconds)

    def _scenes(self, rating_keys: Iterable[int]) -> dict[int, SceneActivity]:
        keys = list(rating_keys)
        return self._finder.find(self._server, self._items(keys)) if keys else {}

    def _items(self, keys: Sequence[int]) -> dict[int, PlexItem]:
        found = self._plex.items(keys)
        self._titles = {key: each.title for key, each in found.items()}
        return found


def _has_ended(item: PlexItem | None, before: Position) -> bool:
    return item is not None and item.view_count > before.view_count


def _unknown(position: Position) -> Position:
    """Of an item that wasn't in progress before: in both servers at the beginning."""
    return replace(position, plex_s=0.0, stash_s=0.0)


def _read(element: Element) -> InProgress:
    return InProgress(
        number(element.get("ratingKey")),
        number(element.get("viewOffset")) / 1000,
        number(element.get("duration")) / 1000,
        number(element.get("viewCount")),
    )
