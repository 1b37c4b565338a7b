"""Keeping the path index in step with Plex: its libraries, what is new in them, what went away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from errors import SyncError, TransientError
from matching import indexing
from matching.index import PathIndex
from matching.index_rows import SectionReplaced
from matching.index_store import IndexRenewed
from matching.sections import chosen_sections, possible_paths, sections_holding
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexNotFound, PlexRefused, PlexTemporaryError, is_of_one_answer, outage
from plex.matcher import PathRule
from validation.scene import Scene

log = logging.getLogger(__name__)

# A bulk sync meets scenes that aren't in Plex in every batch; asking Plex each time for what is
# new would cost more than the sync itself.
REFRESH_PAUSE_S = 30.0
# How often it is checked whether the index lacks items or Plex has got another library.
CHECK_PAUSE_S = 600.0
# How often a library is read as a whole because a file in it wasn't found: Plex may have given an
# item another path without any time of it moving.
READ_PAUSE_S = 24 * 3600.0
# How often what Plex can't list is looked for again: an item, and a whole library.
LEFT_OUT_PAUSE_S = 3600.0
FAILING_PAUSE_S = 120.0


class LibraryUnreadable(TransientError):
    """The scene may be in a library whose list Plex doesn't give at the moment."""

    reason = "library unreadable"

    def __init__(self, scene_id: int, library: str) -> None:
        super().__init__(
            f"scene {scene_id} waits: Plex does not give the list of library {library}",
            advice="Run Optimize Database in Plex (Settings > Troubleshooting), or scan it.",
        )
        self.waits_for = awaits_list(library)


def awaits_list(library: str) -> str:
    """Why a scene is looked at again."""
    return f"waiting for Plex to give the list of library {library}"


class Libraries:
    """The sections that the settings name (`names`, none for all), and their part of the index.

    `sections` are those that are ready, none before `prepare` and after `forget`; `failing`, by
    key, those whose list Plex doesn't give. Methods raise what PlexClient raises, PlexSettingsError
    for a library that doesn't exist, and IndexRenewed or SectionReplaced where everything has to be
    prepared anew.
    """

    def __init__(
        self, index: PathIndex, names: Sequence[str], monotonic: Callable[[], float]
    ) -> None:
        self.sections: list[PlexSection] = []
        self._index = index
        self._names = names
        self._monotonic = monotonic
        self._refreshed_m: float | None = None
        self._checked_m: float | None = None
        self._news_m: float | None = None
        self.failing: dict[str, PlexSection] = {}
        self._failed_m: float | None = None
        self._told: set[str] = set()

    def forget(self) -> None:
        """Have everything prepared anew."""
        self.sections = []

    def prepare(self, plex: PlexClient) -> bool:
        """Check the names and see that the index is complete; False if that was done before."""
        if self.sections and not self._is_failing_due():
            return False
        sections = chosen_sections(plex.sections(), self._names)
        self._index.use(plex.machine_identifier, sections)
        self.failing = {}
        errors = [self._try_to_read(plex, section) for section in sections]
        if all(errors):
            raise outage(next(each for each in errors if each))
        self._checked_m = self._monotonic()
        self.sections = [each for each in sections if each.key not in self.failing]
        return True

    def _try_to_read(self, plex: PlexClient, section: PlexSection) -> SyncError | None:
        """A library whose list can't be had keeps only its own scenes waiting; why it can't."""
        if self._index.reading(section).is_done:
            return None
        try:
            indexing.build(plex, self._index, section)
        except (PlexTemporaryError, PlexRefused) as error:
            self._set_aside(plex, section, error)
            return error
        self._refreshed_m = self._monotonic()
        return None

    def _set_aside(self, plex: PlexClient, section: PlexSection, error: SyncError) -> None:
        plex.check()  # raises if it is no matter of this library
        if section.key not in self._told:
            log.warning(
                "library %s: Plex does not give its list: %s. Its scenes wait, others go on. %s",
                section.title,
                error,
                error.advice,
            )
        self._told.add(section.key)
        self.failing[section.key] = section
        self._failed_m = self._monotonic()

    def failing_for(
        self, scene: Scene, rules: Sequence[PathRule], *, is_found: bool
    ) -> PlexSection | None:
        """A library that may hold the scene's files, and whose list Plex doesn't give: of a scene
        that is found elsewhere (`is_found`) only one to whose folders they belong."""
        if not self.failing:
            return None
        known = [*self.sections, *self.failing.values()]
        paths = [path for file in scene.files for path in possible_paths(file.path, rules)]
        held_by = sections_holding(known, paths) or ([] if is_found else known)
        return next((each for each in held_by if each.key in self.failing), None)

    def _is_failing_due(self) -> bool:
        return bool(self.failing) and self._is_due(self._failed_m, FAILING_PAUSE_S)

    def catch_up(self, plex: PlexClient) -> None:
        """Bring the index up to date, also about what was edited in Plex and what went away."""
        for section in self.sections:
            self._finish_reading(plex, section)
            self._refresh(plex, section, "updatedAt")
            if section.key in self.failing:
                continue
            try:
                if indexing.surplus(plex, self._index, section):
                    log.info("library %s: items were added or removed", section.title)
                    indexing.rebuild(plex, self._index, section)
                elif self._index.left_out.count(section, older_s=LEFT_OUT_PAUSE_S):
                    indexing.rebuild(plex, self._index, section)
            except PlexNotFound as error:
                raise _gone(section) from error

    def newest_updates(self) -> dict[str, int]:
        """By section key: Plex's newest time of update that the index knows of, as far as the
        index is ready."""
        try:
            return {each.key: self._index.seen(each).updated_at for each in self.sections}
        except (IndexRenewed, SectionReplaced):
            self.forget()
            return {}

    def expect_news(self, after_s: float) -> None:
        """Plex will have something new in so many seconds: look for it then, in bulk as well."""
        if self._news_m is None:
            self._news_m = self._monotonic() + after_s

    def has_news(self) -> bool:
        """Whether it is time to ask for what is new; to be asked once for each time."""
        if self._news_m is not None and self._monotonic() >= self._news_m:
            self._news_m = None
            return True
        return self._is_due(self._refreshed_m, REFRESH_PAUSE_S)

    def refresh(
        self, plex: PlexClient, sections: Iterable[PlexSection], moment: indexing.Moment
    ) -> None:
        """Ask these sections for what was added or updated."""
        for section in sections:
            self._refresh(plex, section, moment)
        # Not before Plex has answered: else what it didn't tell would count as not there.
        self._refreshed_m = self._monotonic()

    def check_if_due(self, plex: PlexClient) -> bool:
        """See now and then whether libraries were added or replaced, and read those again of which
        the index lacks items: a clock that was set back, a skipped page. Whether it was time."""
        if not self._is_due(self._checked_m, CHECK_PAUSE_S):
            return False
        self.forget()
        self.prepare(plex)
        for section in self.sections:
            if indexing.surplus(plex, self._index, section) > 0:
                log.info("library %s: the path index lacks items", section.title)
                indexing.rebuild(plex, self._index, section)
        return True

    def read_if_stale(self, plex: PlexClient, sections: Iterable[PlexSection]) -> bool:
        """Read those of the sections as a whole that weren't for a day; whether there were any."""
        were_read = [self._read_if_stale(plex, section) for section in sections]
        return any(were_read)

    def holding(self, scenes: Iterable[Scene], rules: Sequence[PathRule]) -> list[PlexSection]:
        """Where these scenes' files would be if Plex had them: all, if a path doesn't tell."""
        wanted: dict[str, PlexSection] = {}
        for file in (file for scene in scenes for file in scene.files):
            holding = sections_holding(self.sections, possible_paths(file.path, rules))
            if not holding:
                return self.sections
            wanted |= {section.key: section for section in holding}
        return list(wanted.values())

    def _finish_reading(self, plex: PlexClient, section: PlexSection) -> None:
        """A reading that broke off, of this process or another one: what changed before it began is
        met by no refresh, only by its rest."""
        try:
            if not self._index.reading(section).is_done:
                indexing.build(plex, self._index, section)
        except PlexNotFound as error:
            raise _gone(section) from error

    def _refresh(self, plex: PlexClient, section: PlexSection, moment: indexing.Moment) -> None:
        try:
            indexing.refresh(plex, self._index, section, moment)
        except PlexNotFound as error:
            raise _gone(section) from error
        except (PlexTemporaryError, PlexRefused) as error:
            if not is_of_one_answer(error):
                raise
            self._set_aside(plex, section, error)

    def _read_if_stale(self, plex: PlexClient, section: PlexSection) -> bool:
        try:
            return indexing.read_if_stale(plex, self._index, section, READ_PAUSE_S)
        except PlexNotFound as error:
            raise _gone(section) from error

    def _is_due(self, last_m: float | None, pause_s: float) -> bool:
        return last_m is None or self._monotonic() - last_m >= pause_s


def _gone(section: PlexSection) -> SectionReplaced:
    return SectionReplaced(f"the Plex library {section.title} is gone")
