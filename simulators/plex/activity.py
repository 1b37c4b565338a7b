"""What Plex records of watching: history, sessions, accounts; and somebody who watches a film.

Three separate records, as on the real server: the history has every account's plays and none that
was only marked; an item's state is that of the token's account and of the item's guid; sessions
last as long as somebody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulators.plex.model import Item

if TYPE_CHECKING:
    from simulators.plex.stock import Stock

OWNER = 1
# Percent of the length, where the server's preference of that name tells nothing.
PLAYED_THRESHOLD = 90


@dataclass(slots=True, eq=False)
class Play:
    """A row of the history. `viewed_at` None: such rows were met in the wild. What is shown of the
    item is what it was when it was played."""

    id: int
    rating_key: int
    title: str
    type: str
    section_key: str
    viewed_at: int | None
    account_id: int
    device_id: int = 1
    above: tuple[int, ...] = ()
    released: str = ""


@dataclass(slots=True, eq=False)
class PlaySession:
    """Somebody watches right now."""

    key: int
    item: Item
    account_id: int
    view_offset: int
    state: str = "playing"


@dataclass(slots=True, eq=False)
class Activity:
    """The records of one server. `accounts`: names by id; 0 is nobody's and has no name, as the
    real list has it. `stamps_start`: whether a row has the time at which the play began, or at
    which it ended (UNVERIFIED). `threshold`: the server's preference, None if it has none."""

    stock: Stock
    accounts: dict[int, str] = field(default_factory=lambda: {0: "", OWNER: "Ada"})
    plays: list[Play] = field(default_factory=list)
    sessions: dict[int, PlaySession] = field(default_factory=dict)
    stamps_start: bool = False
    threshold: Callable[[], int | None] = lambda: None
    _last_row: int = 0
    _last_session: int = 0

    def watch(
        self,
        item: Item,
        *,
        account: int = OWNER,
        to: float = 1.0,
        at: float | None = None,
    ) -> Play | None:
        """Play the item up to this part of its length; it ends `at` (epoch seconds, default now).
        The row that this leaves in the history, if it was enough for one."""
        with self.stock.lock:
            ended = self.stock.now() if at is None else int(at)
            is_played = to * 100 >= (self.threshold() or PLAYED_THRESHOLD)
            if account == OWNER:
                self._keep_state(item, to, ended, is_played=is_played)
            if not is_played:
                return None
            began = ended - round(item.duration_ms * to / 1000)
            return self.add(item, account=account, at=began if self.stamps_start else ended)

    def add(self, item: Item, *, account: int = OWNER, at: float | None) -> Play:
        """A row and nothing else."""
        with self.stock.lock:
            self._last_row += 1
            play = Play(
                self._last_row,
                item.rating_key,
                item.title,
                item.type,
                item.section.key,
                None if at is None else int(at),
                account,
                above=tuple(each.rating_key for each in _above(item)),
                released=item.fields.get("originallyAvailableAt", ""),
            )
            self.plays.append(play)
            return play

    def begin(self, item: Item, *, account: int = OWNER, offset_s: float = 0.0) -> PlaySession:
        """Somebody begins to watch, and hasn't ended yet."""
        with self.stock.lock:
            self._last_session += 1
            session = PlaySession(self._last_session, item, account, round(offset_s * 1000))
            self.sessions[session.key] = session
            return session

    def end(self, session: PlaySession, *, to: float = 1.0) -> Play | None:
        """They stop at this part of the length: as `watch`."""
        with self.stock.lock:
            self.sessions.pop(session.key, None)
            return self.watch(session.item, account=session.account_id, to=to)

    def purge(self, before: float) -> None:
        """History that is older is gone; nobody knows when a real server does so."""
        with self.stock.lock:
            self.plays = [each for each in self.plays if (each.viewed_at or 0) >= before]

    def begin_anew(self) -> None:
        """Another database: no history, and its rows are numbered from 1 again."""
        with self.stock.lock:
            self.plays, self._last_row = [], 0

    def sharers(self, item: Item) -> Iterator[Item]:
        """The items whose state is this one's: those of the same guid."""
        for section in self.stock.sections.values():
            for each in section.by_type.get(item.type, {}).values():
                if each.guid == item.guid:
                    yield each

    def set_state(self, item: Item, change: Callable[[Item], None]) -> None:
        """Change the owner's state of an item and of those that share it."""
        for each in self.sharers(item):
            change(each)
            each.section.changes.update(("viewCount", "lastViewedAt", "viewOffset"))

    def _keep_state(self, item: Item, to: float, ended: int, *, is_played: bool) -> None:
        offset = 0 if is_played else round(item.duration_ms * to)

        def change(each: Item) -> None:
            each.view_count += is_played
            each.view_offset = offset
            # Also of a part; see the sheet, section 3.
            each.last_viewed_at = ended

        self.set_state(item, change)


def _above(item: Item) -> Iterator[Item]:
    while item.parent is not None:
        item = item.parent
        yield item
