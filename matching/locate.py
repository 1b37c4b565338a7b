"""From scenes to the Plex items that hold their files: looked up, refreshed, verified."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from errors import SyncError
from matching import indexing
from matching.evidence import Evidence
from matching.index import PathIndex
from matching.index_rows import SectionReplaced
from matching.index_store import IndexRenewed
from matching.libraries import Libraries, LibraryUnreadable
from matching.lookup import Search, evidence_of, holds, not_found, search
from matching.shared_items import AskStash, owners, shared_item
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexNotFound
from plex.items import PlexItem
from plex.matcher import (
    Ambiguous,
    KnownFile,
    Matched,
    PathRule,
    WantedFile,
    find_plex_item_by_path,
)
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

VERIFICATIONS = 3


FormerItems = Callable[[str, Iterable[int]], Mapping[int, Collection[int]]]
"""By scene, the rating keys of the items on this server that showed these scenes last."""


@dataclass(frozen=True, slots=True)
class Located:
    """The items that show a scene, and the rules that found them. `unlisted`: the title of a
    library that may hold more of them, but can't be read at the moment."""

    items: tuple[PlexItem, ...]
    because: tuple[str, ...]
    unlisted: str = ""


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
        self._libraries = Libraries(index, config.plex_libraries, monotonic)
        self._ask_stash = ask_stash
        self._former_items = former_items
        self._given = [PathRule(each.stash, each.plex) for each in config.path_map]
        self._learned: list[PathRule] = []
        self._remembered: set[Evidence] = set()
        self._monotonic = monotonic
        self.read_m = monotonic()
        """When the items of the last `locate` were read, at the earliest."""

    @property
    def sections(self) -> list[PlexSection]:
        """Those that the settings name, once they are prepared."""
        return self._libraries.sections

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
            self.begin_anew()
            return self._locate(plex, scenes, at_once=at_once)

    def begin_anew(self) -> None:
        """The index turned out to be another one: `prepare` it once more."""
        self._libraries.forget()

    def expect_news(self, after_s: float) -> None:
        """See `matching.libraries`."""
        self._libraries.expect_news(after_s)

    def prepare(self, plex: PlexClient) -> None:
        """Check the libraries named in the settings and see that their index is complete."""
        if self._libraries.prepare(plex):
            self._learned = self._index.learned.rules()

    def catch_up(self, plex: PlexClient) -> None:
        """Bring the index up to date, also about what was edited in Plex and what went away."""
        self.prepare(plex)
        self._libraries.catch_up(plex)

    def newest_updates(self) -> dict[str, int]:
        """See `matching.libraries`."""
        return self._libraries.newest_updates()

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

    def all_updated_at(self) -> dict[int, int]:
        """When each item was updated, as the index knows it; `prepare` first."""
        return self._index.all_updated_at()

    def files_digest(self) -> str:
        """Another text once it may be other items that hold a file; `prepare` first."""
        return f"{self._index.files_digest()} {[str(each) for each in self.rules]}"

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
        results = self._results(found, items)
        return {key: self._with_failing(found[key], each) for key, each in results.items()}

    def _with_failing(self, found: Search, result: Located | SyncError) -> Located | SyncError:
        """Who isn't found may be in a library that can't be read at the moment, and who is found
        may be there as well."""
        is_found = isinstance(result, Located)
        section = self._libraries.failing_for(found.scene, self.rules, is_found=is_found)
        match result:
            case Located() if section:
                return replace(result, unlisted=section.title)
            case PlexNotFound() if section:
                return LibraryUnreadable(found.scene.id, section.title)
        return result

    def _search(self, scene: Scene) -> Search:
        return search(self._index, scene, self.rules)

    def _again(self, found: dict[int, Search], ids: Iterable[int]) -> None:
        for scene_id in list(ids):
            found[scene_id] = self._search(found[scene_id].scene)

    def _learn(self, found: dict[int, Search]) -> None:
        """Note what the searches say of mappings; search again where that makes a difference."""
        uncertain = [scene_id for scene_id, each in found.items() if not each.is_certain]
        evidence = {
            each
            for scene_id in uncertain
            for each in evidence_of(self._index, found[scene_id], self.rules)
        } - self._remembered
        if not evidence:
            return
        self._index.learned.remember(evidence)
        self._remembered |= evidence
        known, self._learned = self._learned, self._index.learned.rules()
        for rule in set(self._learned) - set(known):
            log.info("learned that Plex sees Stash's folder %s", str(rule).replace("=>", "as"))
        for rule in set(known) - set(self._learned):
            log.warning("forgot the learned mapping %s: a file contradicts it", rule)
        if known != self._learned:
            self._again(found, uncertain)

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
        may_ask = bool(_lost(found)) and (at_once or self._libraries.has_news())
        if may_ask:
            self._ask_for_new(plex, found)
        self._look_at_former_items(plex, found, fetched)
        if may_ask and _lost(found):
            self._look_closer(plex, found)

    def _ask_for_new(self, plex: PlexClient, found: dict[int, Search]) -> None:
        lost = _lost(found)
        for moment in indexing.MOMENTS:
            self._libraries.refresh(plex, self._sections_for(found, lost), moment)
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
        if self._libraries.check_if_due(plex):
            self._learned = self._index.learned.rules()
            self._again(found, lost)
            lost = _lost(found)
            if not lost:
                return
        if self._libraries.read_if_stale(plex, self._sections_for(found, lost)):
            self._again(found, lost)
            self._learn(found)

    def _sections_for(
        self, found: Mapping[int, Search], scene_ids: Iterable[int]
    ) -> list[PlexSection]:
        scenes = [found[scene_id].scene for scene_id in scene_ids]
        return self._libraries.holding(scenes, self.rules)

    # Verifying

    def _verify(self, plex: PlexClient, found: dict[int, Search]) -> dict[int, PlexItem | None]:
        """Fetch the matched items and trust only those that still hold the file as it was known.

        What doesn't is corrected in the index and looked for anew. What is still wrong after some
        rounds counts as not found.
        """
        items: dict[int, PlexItem | None] = {}
        self.read_m = self._monotonic()
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
