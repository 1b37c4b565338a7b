"""People who watch the films of a desk in Plex, and what comes to Stash of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from playback.imports import Imports
from playback.pieces import to_end
from playback.play_ledger import PlayLedger
from playback.plays import PlayImport, PlayTally
from playback.undo.all import Choice
from plex.client import PlexClient
from simulators.plex.activity import OWNER
from stash.activity import as_epoch, as_text
from tests.harness.sync import Desk, registered
from validation.config import PlexSyncConfig
from worker.connect import plex_client
from worker.context import Context

GUEST = 2
# The evening on which everything happens, in whole seconds as Plex's times are.
EVENING = int(time.time()) - 40 * 3600


class Cinema:
    """`now` is the time for everybody, in epoch seconds; it begins in the evening."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = float(EVENING)
        self.looked_at: list[int] = []
        self.activity = desk.plex.library.activity
        self.activity.accounts[GUEST] = "Grace"
        desk.plex.library.clock = lambda: self.now

    def watch(self, scene_id: int, *, account: int = OWNER, to: float = 1.0) -> int:
        """Somebody watches a scene's film in Plex and ends now; when that was."""
        self.activity.watch(self.desk.item(scene_id), account=account, to=to)
        return int(self.now)

    def watch_in_stash(self, scene_id: int, at: float) -> None:
        scene = self.desk.scene(scene_id)
        scene.play_history = [*scene.play_history, as_text(int(at))]

    def plays(self, scene_id: int) -> list[int]:
        """When the scene was played as Stash has it, oldest first."""
        return sorted(map(as_epoch, self.desk.scene(scene_id).play_history))

    def all_plays(self) -> dict[int, list[int]]:
        scenes = self.desk.rig.stash.library.scenes
        return {key: found for key in scenes if (found := self.plays(key))}

    def bring(self) -> PlayTally:
        """What the worker does at its look at Plex."""
        with self.importing() as plays:
            return to_end(plays.bring())

    def bring_all(self, since: int | None = None) -> PlayTally:
        with self.importing() as plays:
            return plays.bring_all(since)

    def bring_positions(self) -> int:
        """What the worker does about positions at its look at Plex."""
        with self.working() as (imports, config, plex):
            return to_end(imports.positions(config, plex))

    def take_back(self, what: int | Choice) -> str:
        """Of a scene, say; what is told of it."""
        with self.imports() as imports, imports.taking_back(self.server) as undo:
            return undo.take_back(what if isinstance(what, Choice) else Choice(what))

    @property
    def server(self) -> str:
        return self.desk.plex.library.machine_identifier

    @contextmanager
    def imports(self) -> Iterator[Imports]:
        with registered(self.desk) as context:
            yield self._imports(context)

    def _imports(self, context: Context) -> Imports:
        stores = context.stores
        return Imports(
            stores.ledger,
            stores.traits,
            stores.index,
            context.stash,
            stores.registry.is_entered,
            lambda scene_ids, _is_many: self.looked_at.extend(scene_ids),
            lambda: self.now,
            lambda: self.now,
        )

    @contextmanager
    def importing(self) -> Iterator[PlayImport]:
        """One process's import of plays, by the settings as they are."""
        with self.working() as (imports, config, plex), imports.plays(config, plex) as plays:
            yield plays

    @contextmanager
    def working(self) -> Iterator[tuple[Imports, PlexSyncConfig, PlexClient]]:
        with registered(self.desk) as context:
            context.settings.refresh()
            config = context.settings.config
            imports = self._imports(context)
            with closing(plex_client(config, context.stores.client_id)) as plex:
                yield imports, config, plex

    @contextmanager
    def ledger(self) -> Iterator[PlayLedger]:
        with closing(PlayLedger(str(self.desk.rig.data_dir))) as ledger:
            yield ledger

    def states(self) -> dict[str, int]:
        """How many plays are known of each state."""
        with self.ledger() as ledger:
            return ledger.counts()


def opened(desk: Desk, *, played: Sequence[int] = ()) -> Cinema:
    """A cinema whose plays count from now on; these scenes were watched before."""
    desk.configure(import_plays=True)
    cinema = Cinema(desk)
    for scene_id in played:
        cinema.watch(scene_id)
    cinema.now += 7200
    cinema.bring()
    cinema.now += 7200
    return cinema


class Unreadable(list[str]):
    """Times of plays that Stash's database can't give back."""

    def __iter__(self) -> Iterator[str]:
        raise OSError("database disk image is malformed")
