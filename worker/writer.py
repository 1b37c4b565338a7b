"""Bring located items in step: recall, merge, write ahead, write, confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from plex.items import PlexItem
from plex.paths import base_name
from sync.mapping import desired_values
from sync.merge import merge
from sync.plan import Plan
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.errors import PermanentError, ServerUnavailable, SyncError
from worker.ledger import Intent, Ledger
from worker.locate import Located
from worker.outcome import InSync, Outcome, Synced


class SharedItem(PermanentError):
    """Plex has merged the files of several scenes into one item, and another scene has it."""

    reason = "shared item"


class Writer:
    """Writes one batch with bounded concurrency.

    `update` sends one item's plan and returns once Plex has confirmed it; it raises SyncError
    for what went wrong, and anything else (LeaseLost) to stop the whole batch.
    """

    def __init__(
        self,
        ledger: Ledger,
        config: PlexSyncConfig,
        update: Callable[[PlexItem, Plan], None],
        now: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._update = update
        self._now = now
        self._outage: ServerUnavailable | None = None

    def write(
        self, server: str, scenes: Mapping[int, Scene], located: Mapping[int, Located]
    ) -> dict[int, Outcome]:
        """The outcome of each scene. `server` is Plex's machine identifier.

        An item's originals and the intended values are stored before anything is sent, and
        what was confirmed right after, so that a crash in between leaves nothing unknown.
        """
        owners = _owners(scenes, located)
        intents = self._intents(server, scenes, located, owners)
        errors = self._send(server, [each for each in intents.values() if each.plan.edits])
        return {
            scene_id: _outcome(scene_id, found, owners, intents, errors)
            for scene_id, found in located.items()
        }

    def _intents(
        self,
        server: str,
        scenes: Mapping[int, Scene],
        located: Mapping[int, Located],
        owners: Mapping[int, int],
    ) -> dict[int, Intent]:
        items = {item.rating_key: item for found in located.values() for item in found.items}
        memories = self._ledger.recall(server, [(items[key], owners[key]) for key in items])
        return {
            key: Intent(
                item,
                owners[key],
                memories[key],
                merge(
                    memories[key],
                    item.state,
                    desired_values(scenes[owners[key]], self._config, item.type),
                    keep_plex_edits=self._config.keep_plex_edits,
                ),
            )
            for key, item in items.items()
        }

    def _send(self, server: str, intents: Sequence[Intent]) -> dict[int, SyncError]:
        """The errors by rating key; what isn't among them is confirmed by Plex and stored."""
        if not intents:
            return {}
        self._ledger.intend(server, intents)
        errors: dict[int, SyncError] = {}
        confirmed: list[Intent] = []
        try:
            with ThreadPoolExecutor(self._config.concurrency) as pool:
                sent = [pool.submit(self._update_unless_down, each) for each in intents]
            for intent, result in zip(intents, sent, strict=True):
                try:
                    result.result()
                    confirmed.append(intent)
                except SyncError as error:
                    errors[intent.item.rating_key] = error
        finally:
            self._ledger.confirm(server, confirmed, self._now())
        return errors

    def _update_unless_down(self, intent: Intent) -> None:
        # The rest of the batch needn't wait for the same timeout, one after another.
        if self._outage:
            raise self._outage
        try:
            self._update(intent.item, intent.plan)
        except ServerUnavailable as error:
            self._outage = error
            raise


def _owners(scenes: Mapping[int, Scene], located: Mapping[int, Located]) -> dict[int, int]:
    """Which scene each item shows, by rating key: the one whose file is the item's first.

    Plex may merge what it takes for versions of one film. Two scenes can't both be shown.
    """
    owners: dict[int, int] = {}
    for scene_id in sorted(located):
        for item in located[scene_id].items:
            if item.rating_key not in owners or _has_first_file(scenes[scene_id], item):
                owners[item.rating_key] = scene_id
    return owners


def _has_first_file(scene: Scene, item: PlexItem) -> bool:
    # By size and name, since the folders may be spelt differently on the two machines.
    first = item.files[0]
    return any(
        base_name(file.path) == base_name(first.path) and file.size in (0, first.size)
        for file in scene.files
    )


def _outcome(
    scene_id: int,
    found: Located,
    owners: Mapping[int, int],
    intents: Mapping[int, Intent],
    errors: Mapping[int, SyncError],
) -> Outcome:
    mine = [intents[item.rating_key] for item in found.items if owners[item.rating_key] == scene_id]
    if not mine:
        item = found.items[0]
        return SharedItem(
            f"scene {scene_id}: Plex shows its file as a version of item {item.rating_key}, which "
            f"shows scene {owners[item.rating_key]}",
            advice="Split the item in Plex (… > Split Apart), then retry.",
        )
    failed = [errors[each.item.rating_key] for each in mine if each.item.rating_key in errors]
    if failed:
        return failed[0]
    written = dict.fromkeys(edit.field for each in mine for edit in each.plan.edits)
    kept = tuple(field for each in mine for field in each.plan.kept)
    return Synced(tuple(written), len(mine), kept) if written else InSync(len(mine), kept)
