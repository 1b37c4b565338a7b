"""What is to be brought from Plex, and when: for the worker, for tasks and for the command line."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from errors import LeaseLost, Outage, PermanentError, SettingsError, SyncError
from ledger.ledger import Ledger
from ledger.traits import TraitBook
from matching.index import PathIndex
from matching.sections import chosen_sections
from playback.at_rest.question import question
from playback.brought import Brought, BroughtLedger
from playback.history import account_names, accounts_of
from playback.live.listener import Listener
from playback.play_ledger import PlayLedger
from playback.plays import PlayImport
from playback.position_ledger import PositionLedger
from playback.positions import PositionImport
from playback.rating_ledger import RatingLedger, go_both_ways
from playback.ratings import LookAt, RatedInPlex
from playback.scenes import SceneFinder
from playback.told import has_passed, is_news
from playback.turn import SomebodyImports, turn
from playback.undo.all import Undo, is_interrupted, undoing
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexReplaced, PlexSettingsError
from plex.matcher import PathRule
from stash.activity import ActivityClient
from stash.client import StashClient
from stash.exceptions import StashUnauthorized
from storage.files import StorageError
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

# How often Plex is asked while the worker is awake: a play is in Stash within two minutes.
POLL_S = 60.0
# Whoever is refused would be again.
REFUSED_POLL_S = 3600.0
# How often a resting worker gets up, for what it doesn't ask about at rest.
AT_REST_S = 1800.0
# How often to ask which libraries there are.
SECTIONS_S = 3600.0

Pieces = Generator[None, None, None]

# Of which server and names, until when (monotonic), and which they are.
_Sections = tuple[tuple[str, tuple[str, ...]], float, list[PlexSection]]


def imports_anything(config: PlexSyncConfig) -> bool:
    """Whether Plex is to be asked for what was watched or rated there."""
    return config.import_plays or config.import_resume or go_both_ways(config)


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
    """For one process and one connection to Stash. `may_write` is asked before each write to Stash;
    `look_at` has scenes synced that were rated in Plex. `now` gives epoch seconds. `patience_s`:
    how long to wait while another process imports. `gives_way`: whether to do something else before
    the next piece of work."""

    def __init__(
        self,
        ledger: Ledger,
        traits: TraitBook,
        index: PathIndex,
        stash: StashClient,
        may_write: Callable[[], bool],
        look_at: LookAt,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        patience_s: float = 0.0,
        gives_way: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ledger = ledger
        self._traits = traits
        self._index = index
        self._stash = ActivityClient(stash)
        self._may_write = may_write
        self._look_at = look_at
        self._now = now
        self._monotonic = monotonic
        self._patience_s = patience_s
        self._gives_way = gives_way
        self._begun: tuple[PlexSyncConfig, Pieces] | None = None
        self.listener = Listener(monotonic)
        self._looked_m = self._due_m = self._refused_until_m = -math.inf
        self._known_sections: _Sections | None = None
        self._server = ""
        self._told: set[str] = set()
        self._named: set[str] = set()
        self._is_well = False
        self.is_unfinished = False
        """Whether something is known that is to come, and couldn't be brought so far."""
        self._known_accounts: dict[tuple[str, tuple[str, ...]], frozenset[int]] = {}

    def due_in_s(self, config: PlexSyncConfig) -> float:
        """How many seconds until Plex is to be asked, inf for never."""
        if not imports_anything(config):
            return math.inf
        if self._begun:
            return 0.0
        due_m = min(self._due_m, self.listener.due_m(self._looked_m))
        return max(due_m - self._monotonic(), 0.0)

    def listen(self, config: PlexSyncConfig, plex: PlexClient | None) -> None:
        """Hear from this Plex, once it is connected, when to ask it; from none if nothing is to be
        imported."""
        if plex is None or not (plex.times_identified and imports_anything(config)):
            self.listener.close()
        else:
            self.listener.follow(plex)

    def poll(self, config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> None:
        """Bring what is new, if it is time, or go on with it where it gave way. What can't be had
        now comes the next time, and is no reason to hold up anything else. Raises
        StashUnauthorized, PlexReplaced, LeaseLost and StorageError."""
        if self.due_in_s(config) > 0:
            return
        if self._begun and self._begun[0] != config:
            self.leave_off()
        if self._begun is None:
            self._looked_m = self._monotonic()
            self._due_m = self._looked_m + POLL_S
            self._begun = config, self._bring(config, plex)
        begun, self._begun = self._begun, None
        for _ in begun[1]:
            if self._gives_way():
                self._begun = begun
                return

    def leave_off(self) -> None:
        """Go on with nothing that gave way: the next look begins anew, with what isn't done."""
        if self._begun:
            self._begun[1].close()
            self._begun = None
            self._due_m = -math.inf

    def stop(self) -> None:
        """Until the next `poll` and `listen`: others may import meanwhile, and nothing is heard."""
        self.leave_off()
        self.listener.close()

    def _bring(self, config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> Pieces:
        self.is_unfinished = False
        steps = self._end_take_back, self._bring_plays, self._bring_positions, self._bring_ratings
        for bring in steps:
            try:
                yield from bring(config, plex)
            except SomebodyImports:
                return
            except (LeaseLost, PlexReplaced, StashUnauthorized):
                raise
            except SettingsError as error:
                self._tell(f"{error}. {error.advice}")
            except Outage as error:
                log.debug("not imported from Plex: %s", error)
                self.is_unfinished = self.is_unfinished or self._awaits_plays()
            except SyncError as error:
                log.debug("not imported from Plex: %s", error)

    def _awaits_plays(self) -> bool:
        with closing(PlayLedger(self._ledger.data_dir)) as ledger:
            return ledger.is_unfinished(self._server or ledger.newest_server())

    def question_at_rest(self, config: PlexSyncConfig, client_id: str) -> dict[str, Any] | None:
        """What a resting worker asks Plex, None for nothing; see `playback.at_rest`."""
        if not config.import_plays or self._monotonic() < self._refused_until_m:
            return None
        newest, known = None, set[str]()
        try:
            with closing(PlayLedger(self._ledger.data_dir)) as ledger:
                # One that was away when we asked may be back before we get up.
                server = self._server or ledger.newest_server()
                mark = ledger.mark(server)
                if mark:
                    newest = mark.newest
                    known = {key for key, _, _ in ledger.identities(server, newest)}
            return question(
                config.plex_url,
                config.plex_token.get_secret_value(),
                client_id,
                newest,
                known,
                verify=not config.insecure_tls,
                ca_file=config.ca_file,
            )
        except (StorageError, ValueError) as error:
            log.debug("no question for Plex at rest: %s", error)
            return None

    def _end_take_back(self, _config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> Pieces:
        """What a task that was killed has left half done, else only the next one would go on."""
        server = plex().machine_identifier
        if is_interrupted(self._ledger.data_dir, server, self._now()):
            with self.taking_back(server) as undo:
                undo.go_on()
        yield

    def _bring_plays(self, config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> Pieces:
        if not config.import_plays or self._monotonic() < self._refused_until_m:
            return
        try:
            with self.plays(config, plex()) as work:
                tally = yield from work.bring()
                self._server = plex().machine_identifier
                self.is_unfinished = work.is_unfinished
                self.name_accounts(plex())
        except NotTheOwner as error:
            self._refused_until_m = self._monotonic() + REFUSED_POLL_S
            self._is_well = False
            self._tell(f"{error}. {error.advice}")
            return
        if not self._is_well:
            self._is_well = True
            has_passed(self._ledger.data_dir)
        if tally.is_first or tally.states:
            log.info("Import from Plex: %s", tally.summary())

    def _bring_positions(self, config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> Pieces:
        if config.import_resume:
            yield from self.positions(config, plex())

    def _bring_ratings(self, config: PlexSyncConfig, plex: Callable[[], PlexClient]) -> Pieces:
        if go_both_ways(config):
            yield from self.ratings(config, plex())

    def ratings(self, config: PlexSyncConfig, plex: PlexClient) -> Generator[None, None, int]:
        """How many scenes are to be looked at, since they were rated. Raises as `plays`."""
        with self._of_ratings(config, plex) as work:
            return (yield from work.look(self._sections(config, plex)))

    def positions(self, config: PlexSyncConfig, plex: PlexClient) -> Generator[None, None, int]:
        """How many positions of Stash were set. Raises as `plays`."""
        with self._of_positions(config, plex) as work:
            return (yield from work.bring(self._sections(config, plex)))

    def values_to_come(self, config: PlexSyncConfig, plex: PlexClient) -> list[Brought]:
        """The positions and ratings that would come now. Nothing is written. Raises as `plays`."""
        found: list[Brought] = []
        if config.import_resume:
            with self._of_positions(config, plex) as positions:
                found += positions.preview(self._sections(config, plex))
        if go_both_ways(config):
            with self._of_ratings(config, plex) as ratings:
                found += ratings.preview(self._sections(config, plex))
        return found

    @contextmanager
    def _of_ratings(self, config: PlexSyncConfig, plex: PlexClient) -> Iterator[RatedInPlex]:
        data_dir = self._ledger.data_dir
        with turn(data_dir, self._patience_s), closing(RatingLedger(data_dir)) as ledger:
            finder = self._finder(config)
            yield RatedInPlex(plex, ledger, self._traits, finder, self._look_at, self._now)

    @contextmanager
    def _of_positions(self, config: PlexSyncConfig, plex: PlexClient) -> Iterator[PositionImport]:
        data_dir = self._ledger.data_dir
        with (
            turn(data_dir, self._patience_s),
            closing(PositionLedger(data_dir)) as ledger,
            closing(BroughtLedger(data_dir)) as brought,
        ):
            finder = self._finder(config)
            yield PositionImport(
                plex, self._stash, ledger, brought, finder, self._may_write, self._now
            )

    def _sections(self, config: PlexSyncConfig, plex: PlexClient) -> list[PlexSection]:
        """The libraries of the settings, asked for now and then."""
        place = plex.machine_identifier, config.plex_libraries
        known = self._known_sections
        if known is None or known[0] != place or self._monotonic() >= known[1]:
            found = chosen_sections(plex.sections(), config.plex_libraries)
            known = place, self._monotonic() + SECTIONS_S, found
            self._known_sections = known
        return known[2]

    def _finder(self, config: PlexSyncConfig) -> SceneFinder:
        known = self._ledger.scene_ids
        return SceneFinder(self._stash, known, lambda: self._rules(config))

    @contextmanager
    def plays(self, config: PlexSyncConfig, plex: PlexClient) -> Iterator[PlayImport]:
        """The plays of this Plex, while nobody else imports. Raises SomebodyImports, NotTheOwner,
        and what the clients raise."""
        data_dir = self._ledger.data_dir
        with (
            turn(data_dir, self._patience_s),
            closing(PlayLedger(data_dir)) as ledger,
            _owners_only(),
        ):
            accounts = self._accounts(config, plex, ledger)
            finder = self._finder(config)
            yield PlayImport(
                plex, self._stash, ledger, finder, accounts, self._may_write, self._now
            )

    @contextmanager
    def taking_back(self, server: str) -> Iterator[Undo]:
        """What takes back what came from this Plex; as `plays`."""
        data_dir = self._ledger.data_dir
        with (
            turn(data_dir, self._patience_s),
            undoing(data_dir, server, self._stash, self._may_write, self._now) as undo,
        ):
            yield undo

    def _accounts(
        self, config: PlexSyncConfig, plex: PlexClient, ledger: PlayLedger
    ) -> frozenset[int]:
        """Whose plays count, asked once."""
        place = plex.machine_identifier, config.plex_accounts
        if place not in self._known_accounts:
            known = account_names(plex) if config.plex_accounts else {}
            if known:
                ledger.name_accounts(plex.machine_identifier, known)
            self._known_accounts[place], strangers = accounts_of(config.plex_accounts, known)
            if strangers:
                text = (
                    f"setting plex_accounts: this Plex has no account {', '.join(strangers)}; it "
                    f"has {', '.join(known.values())}"
                )
                self._tell(text, plex.machine_identifier)
        return self._known_accounts[place]

    def name_accounts(self, plex: PlexClient) -> None:
        """Ask once what those are called whose plays came, if that isn't known."""
        server = plex.machine_identifier
        if server in self._named:
            return
        with closing(PlayLedger(self._ledger.data_dir)) as ledger:
            if not ledger.has_strangers(server):
                return
            self._named.add(server)
            try:
                ledger.name_accounts(server, account_names(plex))
            except PlexReplaced:
                raise
            except SyncError as error:
                log.debug("the accounts of Plex have no names: %s", error)

    def _rules(self, config: PlexSyncConfig) -> list[PathRule]:
        given = [PathRule(each.stash, each.plex) for each in config.path_map]
        return given + self._index.learned.rules()

    def _tell(self, text: str, server: str = "") -> None:
        """Once, see `playback.told`."""
        if text not in self._told and is_news(self._ledger.data_dir, text, server):
            log.warning("%s", text)
        self._told.add(text)


@contextmanager
def _owners_only() -> Iterator[None]:
    """A refusal within is about the history, and not about the settings as a whole."""
    try:
        yield
    except PlexSettingsError:
        raise NotTheOwner from None
