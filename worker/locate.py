"""From scenes to the Plex items that hold their files: looked up, refreshed, verified."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from plex import indexing
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexNotFound
from plex.index import PathIndex, SectionReplaced
from plex.index_store import IndexRenewed
from plex.items import PlexItem
from plex.mappings import Evidence
from plex.matcher import (
    Ambiguous,
    KnownFile,
    Matched,
    PathRule,
    WantedFile,
    find_plex_item_by_path,
)
from plex.sections import chosen_sections, possible_paths, sections_holding
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.errors import SyncError
from worker.owners import AskStash, owners, shared_item
from worker.search import Search, evidence_of, holds, not_found, search

log = logging.getLogger(__name__)

# A bulk sync meets scenes that aren't in Plex in every batch; asking Plex each time for what is
# new would cost more than the sync itself.
REFRESH_PAUSE_S = 30.0
# How often it is checked whether the index lacks items or Plex has got another library.
CHECK_PAUSE_S = 600.0
# How often a library is read as a whole because a file in it wasn't found: Plex may have given an
# item another path without any time of it moving.
READ_PAUSE_S = 24 * 3600.0
VERIFICATIONS = 3


FormerItems = Callable[[str, Iterable[int]], Mapping[int, Collection[int]]]
"""By scene, the rating keys of the items on this server that showed these scenes last."""


@dataclass(frozen=True, slots=True)
class Located:
    """The items that show a scene, and the rules that found them."""

    items: tuple[PlexItem, ...]
    because: tuple[str, ...]


class Locator:
    """Finds items through the path index of the sections that the settings name.

    `ask_stash` tells which scenes have a file of a name, for items that merge several scenes.
    `former_items` tells where to look for scenes whose files were renamed.
    """

    def __init__(
        self,
        index: PathIndex,
        config: PlexSyncConfig,
        ask_stash: AskStash = lambda _name: (),
        monotonic: Callable[[], float] = time.monotonic,
        former_items: FormerItems = lambda _server, _scene_ids: {},
    ) -> None:
        self._index = index
        self._config = config
        self._ask_stash = ask_stash
        self._monotonic = monotonic
        self._former_items = former_items
        self._given = [PathRule(each.stash, each.plex) for each in config.path_map]
        self._learned: list[PathRule] = []
        self._noted: set[Evidence] = set()
        self._refreshed_m: float | None = None
        self._checked_m: float | None = None
        self._news_m: float | None = None
        self.sections: list[PlexSection] = []

    @property
    def rules(self) -> list[PathRule]:
        """The mappings of the settings and the learned ones."""
        return self._given + self._learned

    def locate(
        self, plex: PlexClient, scenes: Iterable[Scene], *, at_once: bool
    ) -> dict[int, Located | SyncError]:
        """Each scene's items. `at_once`: look for new files in Plex even if we just did.

        Raises what PlexClient raises, and PlexSettingsError for a library that doesn't exist.
        """
        scenes = list(scenes)
        try:
            return self._locate(plex, scenes, at_once=at_once)
        except (IndexRenewed, SectionReplaced):
            self.sections = []
            return self._locate(plex, scenes, at_once=at_once)

    def expect_news(self, after_s: float) -> None:
        """Plex will have something new in so many seconds: look for it then, in bulk as well."""
        if self._news_m is None:
            self._news_m = self._monotonic() + after_s

    def prepare(self, plex: PlexClient) -> None:
        """Check the libraries named in the settings and see that their index is complete."""
        if self.sections:
            return
        sections = chosen_sections(plex.sections(), self._config.plex_libraries)
        self._index.use(plex.machine_identifier, sections)
        for section in sections:
            if not self._index.reading(section).is_done:
                indexing.build(plex, self._index, section)
                self._refreshed_m = self._monotonic()
        self._learned = self._index.learned.rules()
        self._checked_m = self._monotonic()
        self.sections = sections

    def catch_up(self, plex: PlexClient) -> None:
        """Bring the index up to date, also about what was edited in Plex and what went away."""
        self.prepare(plex)
        for section in self.sections:
            self._refresh(plex, section, "updatedAt")
            try:
                if indexing.surplus(plex, self._index, section):
                    log.info("library %s: items were added or removed", section.title)
                    indexing.rebuild(plex, self._index, section)
            except PlexNotFound as error:
                raise _gone(section) from error

    def newest_updates(self) -> dict[str, int]:
        """By section key: Plex's newest time of update that the index knows of, as far as the
        index is ready."""
        try:
            return {each.key: self._index.seen(each).updated_at for each in self.sections}
        except (IndexRenewed, SectionReplaced):
            self.sections = []
            return {}

    def known_items(self, files: Iterable[WantedFile]) -> dict[int, int]:
        """The items that hold these files and when they were updated, as the index knows them;
        nothing if it isn't clear which. Asks nobody; `prepare` first."""
        found: list[KnownFile] = []
        for file in files:
            match = find_plex_item_by_path(
                self._index, file.path, size=file.size, duration_s=file.duration_s, rules=self.rules
            )
            if isinstance(match, Ambiguous):
                return {}
            if isinstance(match, Matched):
                found += match.files
        return self._index.updated_at(found)

    def look(
        self, plex: PlexClient, scenes: Iterable[Scene], *, at_once: bool
    ) -> dict[int, Search]:
        """What the ladder says of each scene, after Plex was asked for what is new if need be."""
        self.prepare(plex)
        found = {scene.id: self._search(scene) for scene in scenes}
        self._learn(found)
        self._look_for_new(plex, found, at_once=at_once)
        return found

    def _locate(
        self, plex: PlexClient, scenes: Sequence[Scene], *, at_once: bool
    ) -> dict[int, Located | SyncError]:
        found = self.look(plex, scenes, at_once=at_once)
        items = self._verify(plex, found)
        return self._results(found, items)

    def _search(self, scene: Scene) -> Search:
        return search(self._index, scene, self.rules)

    def _again(self, found: dict[int, Search], ids: Iterable[int]) -> None:
        for scene_id in list(ids):
            found[scene_id] = self._search(found[scene_id].scene)

    def _learn(self, found: dict[int, Search]) -> None:
        """Note what the searches say of mappings; search again where that makes a difference."""
        unsettled = [scene_id for scene_id, each in found.items() if not each.is_settled]
        evidence = {
            each
            for scene_id in unsettled
            for each in evidence_of(self._index, found[scene_id], self.rules)
        } - self._noted
        if not evidence:
            return
        self._index.learned.note(evidence)
        self._noted |= evidence
        known, self._learned = self._learned, self._index.learned.rules()
        for rule in set(self._learned) - set(known):
            log.info("learned that Plex sees Stash's folder %s", str(rule).replace("=>", "as"))
        for rule in set(known) - set(self._learned):
            log.warning("forgot the learned mapping %s: a file contradicts it", rule)
        if known != self._learned:
            self._again(found, unsettled)

    # Asking Plex for what is new

    def _look_for_new(
        self,
        plex: PlexClient,
        found: dict[int, Search],
        *,
        at_once: bool,
        fetched: Collection[int] = (),
    ) -> None:
        """`fetched`: the items whose files the index has right, since they were just fetched."""
        may_ask = bool(_lost(found)) and (at_once or self._expects_news())
        if may_ask:
            self._ask_for_new(plex, found)
        self._look_at_former_items(plex, found, fetched)
        if may_ask and _lost(found):
            self._look_closer(plex, found)

    def _ask_for_new(self, plex: PlexClient, found: dict[int, Search]) -> None:
        lost = _lost(found)
        self._refreshed_m = self._monotonic()
        for moment in indexing.MOMENTS:
            for section in self._sections_for([found[scene_id].scene for scene_id in lost]):
                self._refresh(plex, section, moment)
            self._again(found, lost)
            self._learn(found)
            lost = _lost(found)
            if not lost:
                return

    def _look_at_former_items(
        self, plex: PlexClient, found: dict[int, Search], fetched: Collection[int]
    ) -> None:
        """Plex keeps the item of a file that was renamed or upgraded, and doesn't move its times:
        so fetch what showed these scenes last, and let the ladder decide anew."""
        keys = self._former_keys(plex, found)
        wanted = sorted({key for each in keys.values() for key in each}.difference(fetched))
        if not wanted:
            return
        items = plex.items(wanted)
        for key in wanted:
            self._index.correct(key, items.get(key))
        self._again(found, keys)
        self._learn(found)

    def _former_keys(self, plex: PlexClient, found: Mapping[int, Search]) -> dict[int, set[int]]:
        """Of the scenes with a file that isn't found: the items that showed them, but for those
        that are found."""
        lacking = [scene_id for scene_id, each in found.items() if each.lacks_a_file]
        if not lacking:
            return {}
        former = self._former_items(plex.machine_identifier, lacking)
        keys = {
            scene_id: set(each) - {file.rating_key for file in found[scene_id].files()}
            for scene_id, each in former.items()
        }
        return {scene_id: each for scene_id, each in keys.items() if each}

    def _look_closer(self, plex: PlexClient, found: dict[int, Search]) -> None:
        """At what no time of Plex tells, now and then."""
        lost = _lost(found)
        if self._is_due(self._checked_m, CHECK_PAUSE_S):
            self._check(plex)
            self._again(found, lost)
            lost = _lost(found)
            if not lost:
                return
        sections = self._sections_for([found[scene_id].scene for scene_id in lost])
        were_read = [self._read_if_stale(plex, section) for section in sections]
        if any(were_read):
            self._again(found, lost)
            self._learn(found)

    def _read_if_stale(self, plex: PlexClient, section: PlexSection) -> bool:
        try:
            return indexing.read_if_stale(plex, self._index, section, READ_PAUSE_S)
        except PlexNotFound as error:
            raise _gone(section) from error

    def _expects_news(self) -> bool:
        if self._news_m is not None and self._monotonic() >= self._news_m:
            self._news_m = None
            return True
        return self._is_due(self._refreshed_m, REFRESH_PAUSE_S)

    def _is_due(self, last_m: float | None, pause_s: float) -> bool:
        return last_m is None or self._monotonic() - last_m >= pause_s

    def _refresh(self, plex: PlexClient, section: PlexSection, moment: indexing.Moment) -> None:
        try:
            indexing.refresh(plex, self._index, section, moment)
        except PlexNotFound as error:
            raise _gone(section) from error

    def _sections_for(self, scenes: Sequence[Scene]) -> list[PlexSection]:
        """Where these scenes' files would be if Plex had them: all, if a path doesn't tell."""
        wanted: dict[str, PlexSection] = {}
        for file in (file for scene in scenes for file in scene.files):
            holding = sections_holding(self.sections, possible_paths(file.path, self.rules))
            if not holding:
                return self.sections
            wanted |= {section.key: section for section in holding}
        return list(wanted.values())

    def _check(self, plex: PlexClient) -> None:
        """See whether libraries were added or replaced, and read those again of which the index
        lacks items: a clock that was set back, a skipped page."""
        self.sections = []
        self.prepare(plex)
        for section in self.sections:
            if indexing.surplus(plex, self._index, section) > 0:
                log.info("library %s: the path index lacks items", section.title)
                indexing.rebuild(plex, self._index, section)

    # Verifying

    def _verify(self, plex: PlexClient, found: dict[int, Search]) -> dict[int, PlexItem | None]:
        """Fetch the matched items and trust only those that still hold the file as it was known.

        What doesn't is corrected in the index and looked for anew. What is still wrong after some
        rounds counts as not found.
        """
        items: dict[int, PlexItem | None] = {}
        for last in (False,) * (VERIFICATIONS - 1) + (True,):
            sections = {
                file.rating_key: file.section_key
                for each in found.values()
                for file in each.files()
            }
            missing = sorted(sections.keys() - items.keys())
            fetched = plex.items(missing)
            items.update({key: _in_section(fetched.get(key), sections[key]) for key in missing})
            stale = self._stale(found, items)
            if not stale:
                break
            self._again(found, stale)
            if last:
                found.update({key: Search(found[key].scene, ()) for key in stale})
            else:
                self._look_for_new(plex, found, at_once=True, fetched=items.keys())
        return items

    def _stale(
        self, found: Mapping[int, Search], items: Mapping[int, PlexItem | None]
    ) -> list[int]:
        """The scenes of which a file is no longer as the index knew it; corrects the index."""
        stale = []
        for scene_id, each in found.items():
            wrong = {file.rating_key for file in each.files() if not holds(items, file)}
            for key in wrong:
                log.debug("item %d no longer holds the file of scene %d", key, scene_id)
                self._index.correct(key, items.get(key))
            if wrong:
                stale.append(scene_id)
        return stale

    # Results

    def _results(
        self, found: Mapping[int, Search], items: Mapping[int, PlexItem | None]
    ) -> dict[int, Located | SyncError]:
        good = [each for each in found.values() if each.matches and each.error() is None]
        used = {file.rating_key for each in good for file in each.files()}
        shown_by = owners(
            [item for key in sorted(used) if (item := items[key])],
            good,
            self.rules,
            self._ask_stash,
        )
        return {scene_id: _result(each, items, shown_by) for scene_id, each in found.items()}


def _gone(section: PlexSection) -> SectionReplaced:
    return SectionReplaced(f"the Plex library {section.title} is gone")


def _in_section(item: PlexItem | None, section_key: str) -> PlexItem | None:
    """The item; where Plex doesn't tell its section, it is in the one that listed it."""
    if item is None or item.section_key:
        return item
    return replace(item, section_key=section_key)


def _lost(found: Mapping[int, Search]) -> list[int]:
    return [scene_id for scene_id, each in found.items() if each.is_lost]


def _result(
    found: Search, items: Mapping[int, PlexItem | None], shown_by: Mapping[int, int]
) -> Located | SyncError:
    if found.scene.files and not found.matches:
        return not_found(found)
    error = found.error()
    if error:
        return error
    keys = dict.fromkeys(file.rating_key for file in found.files())
    held = [item for key in keys if (item := items[key])]
    mine = [item for item in held if shown_by[item.rating_key] == found.scene.id]
    if not mine:
        return shared_item(found.scene, held[0], shown_by[held[0].rating_key])
    for item in held:
        if item not in mine:
            log.warning("%s", shared_item(found.scene, item, shown_by[item.rating_key]))
    return Located(tuple(mine), tuple(dict.fromkeys(each.because for each in found.found)))
