"""What is to be brought from Plex, and when: for the worker, for tasks and for the command line."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from errors import LeaseLost, PermanentError, SettingsError, SyncError
from pipeline.stores import Stores
from playback.history import account_names, accounts_of
from playback.play_ledger import FILE_NAME, PlayLedger
from playback.plays import PlayImport, PlayTally
from playback.scenes import SceneFinder
from playback.take_back import TakeBack
from playback.turn import SomebodyImports, turn
from plex.client import PlexClient
from plex.exceptions import PlexReplaced, PlexSettingsError
from plex.matcher import PathRule
from stash.activity import ActivityClient
from stash.client import StashClient
from stash.exceptions import StashUnauthorized
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

# How often Plex is asked while the worker is awake: a play is in Stash within two minutes.
POLL_S = 60.0
# Whoever is refused would be again.
REFUSED_POLL_S = 3600.0


class NotTheOwner(PermanentError):
    """Plex shows its history to the owner alone."""

    reason = "not the owner"

    def __init__(self) -> None:
        super().__init__(
            "Plex doesn't show its history of plays to this token",
            advice='Give plex_token that of the server\'s owner; the task "Sign in to Plex" does. '
            "Syncing to Plex goes on.",
        )


class Imports:
    """For one process and one connection to Stash. `may_write` is asked before each write to Stash.
    `now` gives epoch seconds."""

    def __init__(
        self,
        stores: Stores,
        stash: StashClient,
        may_write: Callable[[], bool],
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._stores = stores
        self._stash = ActivityClient(stash)
        self._may_write = may_write
        self._now = now
        self._monotonic = monotonic
        self._due_m = -math.inf
        self._told: set[str] = set()
        self._known_accounts: dict[tuple[str, tuple[str, ...]], frozenset[int]] = {}

    def due_in_s(self, config: PlexSyncConfig) -> float:
        """How many seconds until Plex is to be asked, inf for never."""
        if not config.imports_anything:
            return math.inf
        return max(self._due_m - self._monotonic(), 0.0)

    def poll(self, config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> None:
        """Bring what is new, if it is time. What can't be had now comes the next time, and is no
        reason to hold up anything else. Raises StashUnauthorized, PlexReplaced, LeaseLost and
        StorageError."""
        if self.due_in_s(config) > 0:
            return
        self._due_m = self._monotonic() + POLL_S
        try:
            tally = self.bring(config, plex())
        except SomebodyImports:
            return
        except (LeaseLost, PlexReplaced, StashUnauthorized):
            raise
        except (NotTheOwner, SettingsError) as error:
            self._due_m = self._monotonic() + REFUSED_POLL_S
            self._tell(f"{error}. {error.advice}")
        except SyncError as error:
            log.debug("nothing was imported from Plex: %s", error)
        else:
            if tally.is_first or tally.states:
                log.info("Import from Plex: %s", tally.summary())

    def bring(self, config: PlexSyncConfig, plex: PlexClient) -> PlayTally:
        """What is new, of what the settings ask for. Raises SomebodyImports, NotTheOwner, and what
        the clients raise."""
        with self.plays(config, plex) as plays:
            return plays.bring()

    @contextmanager
    def plays(self, config: PlexSyncConfig, plex: PlexClient) -> Iterator[PlayImport]:
        """The plays of this Plex, while nobody else imports. Raises as `bring`."""
        data_dir = self._stores.ledger.data_dir
        with turn(data_dir), closing(PlayLedger(data_dir)) as ledger, _owners_only():
            accounts = self._accounts(config, plex)
            finder = SceneFinder(
                self._stash, self._stores.ledger.scene_ids, lambda: self._rules(config)
            )
            yield PlayImport(
                plex, self._stash, ledger, finder, accounts, self._may_write, self._now
            )

    @contextmanager
    def taking_back(self, server: str) -> Iterator[tuple[TakeBack, PlayLedger]]:
        """What takes back the plays of this Plex, and what is known of them, as `plays`."""
        data_dir = self._stores.ledger.data_dir
        with turn(data_dir), closing(PlayLedger(data_dir)) as ledger:
            yield TakeBack(server, self._stash, ledger, self._may_write, self._now), ledger

    def _accounts(self, config: PlexSyncConfig, plex: PlexClient) -> frozenset[int]:
        """Whose plays count, asked once."""
        place = plex.machine_identifier, config.plex_accounts
        if place not in self._known_accounts:
            known = account_names(plex) if config.plex_accounts else {}
            self._known_accounts[place], strangers = accounts_of(config.plex_accounts, known)
            if strangers:
                self._tell(
                    f"setting plex_accounts: this Plex has no account {', '.join(strangers)}; it "
                    f"has {', '.join(known.values())}"
                )
        return self._known_accounts[place]

    def _rules(self, config: PlexSyncConfig) -> list[PathRule]:
        given = [PathRule(each.stash, each.plex) for each in config.path_map]
        return given + self._stores.index.learned.rules()

    def _tell(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            log.warning("%s", text)


@contextmanager
def _owners_only() -> Iterator[None]:
    """A refusal within is about the history, and not about the settings as a whole."""
    try:
        yield
    except PlexSettingsError:
        raise NotTheOwner from None


def known_plays(data_dir: str) -> PlayLedger | None:
    """What is known of plays, to be closed; None if nothing ever was imported."""
    exists = os.path.exists(os.path.join(data_dir, FILE_NAME))
    return PlayLedger(data_dir) if exists else None
