"""Which scenes that haven't changed in Stash need no look at Plex either, since their items haven't
changed there: by the path index, once it is brought up to date."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.scene_cache import Known, SceneCache
from matching.index_rows import SectionReplaced
from matching.index_store import IndexRenewed
from matching.locate import Locator
from pipeline.unchanged import wanted_files
from plex.client import PlexClient
from stash.client import StashClient

FILES_NOTE = "files of {}"
"""By server: with which files of Plex the items of all scenes were compared last."""


class PlexSide:
    """For one server and one look. `rules`: see `pipeline.fingerprint.rules_key`. Raises what
    PlexClient and Locator raise."""

    def __init__(
        self, plex: PlexClient, locator: Locator, scene_cache: SceneCache, rules: str
    ) -> None:
        self._names = scene_cache.names
        self._locator = locator
        self._rules = rules
        self._server = plex.machine_identifier
        locator.catch_up(plex)
        plex.confirm_server()
        self._updated_at = locator.all_updated_at()
        self._files = locator.files_digest()
        self._note = FILES_NOTE.format(self._server)
        self._may_be_elsewhere = self._names.note(self._note) != self._files
        self._in_step: dict[int, Mapping[int, int]] = {}

    def needs_look(self, scene_id: int, updated_at: str, known: Mapping[str, Known]) -> bool:
        """See `check.light.NeedsLook`."""
        own = known.get(self._server)
        if (
            own is None
            or not own.fingerprint
            or own.rules != self._rules
            or not own.is_of(updated_at)
            or any(self._updated_at.get(key) != at or not at for key, at in own.items.items())
        ):
            return True
        if self._may_be_elsewhere:
            self._in_step[scene_id] = own.items
        return False

    def held_elsewhere(self, stash: StashClient) -> set[int]:
        """Of the scenes that need no look, those whose files other items hold by now. Something in
        Plex has other files than before, or Stash doesn't have to be asked. Raises what
        StashClient raises."""
        try:
            return self._in_step.keys() - self._still_held(stash)
        except (IndexRenewed, SectionReplaced):
            return set(self._in_step)

    def _still_held(self, stash: StashClient) -> set[int]:
        return {
            scene_id
            for page in (stash.files() if self._in_step else ())
            for scene_id, files in page.items()
            if self._in_step.get(scene_id) == self._locator.known_items(wanted_files(files))
        }

    def note(self) -> None:
        """What was found is queued."""
        self._names.set_note(self._note, self._files)
