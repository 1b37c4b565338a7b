"""Taking back plays, positions and ratings alike: of one scene, of one day, or all that came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from playback.brought import CAME, PENDING, POSITION, RATING, Brought, BroughtLedger
from playback.play_ledger import ADDED, REMOVING, PlayLedger, Row
from playback.plays import LATE_S, plays
from playback.position_ledger import PositionLedger
from playback.rating_ledger import RatingLedger
from playback.undo.plays import TakeBack
from playback.undo.values import Back, TakeValuesBack, ValueTally
from stash.activity import ActivityClient
from storage.times import is_recent


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be taken back: of this scene, and of what was played, or came, from `since` until
    before `until` (epoch seconds); None for any."""

    scene_id: int | None = None
    since: float | None = None
    until: float | None = None

    def is_about(self, scene_id: int | None, at: float) -> bool:
        is_scene = self.scene_id is None or self.scene_id == scene_id
        is_after = self.since is None or at >= self.since
        return is_scene and is_after and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What would be taken back, and what was to be and can't."""

    plays: tuple[Row, ...]
    values: tuple[Back, ...]
    left: tuple[Back, ...]

    def summary(self) -> str:
        tally = ValueTally()
        tally.add((*self.values, *self.left))
        return told(len(self.plays), tally)


class Undo:
    """Of one Plex, for one process at a time. Raises what the clients raise, StorageError and
    LeaseLost."""

    def __init__(
        self,
        server: str,
        of_plays: TakeBack,
        of_values: TakeValuesBack,
        play_ledger: PlayLedger,
        brought: BroughtLedger,
    ) -> None:
        self._server = server
        self._of_plays = of_plays
        self._of_values = of_values
        self._plays = play_ledger
        self._brought = brought

    def plan(self, choice: Choice) -> UndoPlan:
        """Nothing is written."""
        found = self._of_values.plan(self._values(choice))
        return UndoPlan(
            tuple(self._rows(choice)),
            tuple(each for each in found if each.rows),
            tuple(each for each in found if not each.rows),
        )

    def go_on(self) -> None:
        """Bring to its end what was interrupted."""
        self._of_plays.go_on()
        self._of_values.take_back(())

    def take_back(self, choice: Choice) -> str:
        """The summary. What was interrupted before is brought to its end as well."""
        number = self._of_plays.take_back(self._rows(choice))
        return told(number, self._of_values.take_back(self._values(choice)))

    def _rows(self, choice: Choice) -> list[Row]:
        rows = self._plays.of_states(self._server, (ADDED,))
        return [row for row in rows if choice.is_about(row.scene_id, row.play.viewed_at)]

    def _values(self, choice: Choice) -> list[Brought]:
        rows = self._brought.there(self._server, choice.scene_id)
        return [
            row
            for row in rows
            if row.state in (CAME, PENDING) and choice.is_about(row.scene_id, row.at)
        ]


def is_interrupted(data_dir: str, server: str, now: float) -> bool:
    """Whether something was about to be taken back, and nobody is at it any more. Stash may still
    carry out what got no answer; a second time that would take a play of its own."""
    with closing(PlayLedger(data_dir)) as ledger, closing(BroughtLedger(data_dir)) as brought:
        began = ledger.changed_at(server, REMOVING)
        return (began or brought.is_interrupted(server)) and not is_recent(began, now, LATE_S)


def told(number: int, values: ValueTally) -> str:
    """E.g. "3 plays, 1 rating"."""
    counted = ", ".join([plays(number), *values.parts()])
    if not values.left:
        return counted
    return f"{counted}; {values.left} left, since something else has come after"


def shown(what: str, value: float | None) -> str:
    """A position or a rating, for people."""
    if what == RATING:
        return "no rating" if value is None else f"rating {value:.0f}"
    assert what == POSITION
    return f"at {value:.0f} s" if value else "at the beginning"


@contextmanager
def undoing(
    data_dir: str,
    server: str,
    stash: ActivityClient,
    may_write: Callable[[], bool],
    now: Callable[[], float],
) -> Iterator[Undo]:
    """While nobody else imports; see `playback.turn`."""
    with (
        closing(PlayLedger(data_dir)) as ledger,
        closing(BroughtLedger(data_dir)) as brought,
        closing(PositionLedger(data_dir)) as positions,
        closing(RatingLedger(data_dir)) as ratings,
    ):
        of_plays = TakeBack(server, stash, ledger, may_write, now)
        of_values = TakeValuesBack(server, stash, brought, positions, ratings, may_write)
        yield Undo(server, of_plays, of_values, ledger, brought)
