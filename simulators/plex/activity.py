"""What Plex records of watching, and tells as it happens: history, sessions, accounts; and somebody
who watches a film.

Three separate records, as on the real server: the history has every account's plays and none that
was only marked; an item's state is that of the token's account and of the item's guid; sessions
last as long as somebody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulators.plex.model import Item
from simulators.plex.notices import Notices

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
    """Somebody watches right now. `play`: the row that this has left in the history by now.
    `client`: who reports it, "" where nobody does."""

    key: int
    item: Item
    account_id: int
    view_offset: int
    state: str = "playing"
    play: Play | None = None
    client: str = ""


@dataclass(slots=True, eq=False)
class Activity:
    """The records of one server. `accounts`: names by id; 0 is nobody's and has no name, as the
    real list has it. `stamps_start`: whether a row has the time at which the play began, or at
    which it ended (UNVERIFIED). `threshold`: the server's preference, None if it has none.
    `names_stopped`: whether the notice of an end names the item (it may be empty); `tells_stop`:
    whether there is one, which some players never send."""

    stock: Stock
    accounts: dict[int, str] = field(default_factory=lambda: {0: "", OWNER: "Ada"})
    plays: list[Play] = field(default_factory=list)
    sessions: dict[int, PlaySession] = field(default_factory=dict)
    notices: Notices = field(default_factory=Notices)
    stamps_start: bool = False
    names_stopped: bool = True
    tells_stop: bool = True
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
            return self.end(self.begin(item, account=account), to=to, at=at)

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

    def begin(
        self, item: Item, *, account: int = OWNER, offset_s: float = 0.0, client: str = ""
    ) -> PlaySession:
        """Somebody begins to watch, and hasn't ended yet."""
        with self.stock.lock:
            self._last_session += 1
            session = PlaySession(self._last_session, item, account, round(offset_s * 1000))
            session.client = client
            self.sessions[session.key] = session
            self._tell(session)
            return session

    def move(self, session: PlaySession, to: float, *, at: float | None = None) -> None:
        """They have come to this part of the length. From the threshold on it is a play, while it
        still goes on."""
        with self.stock.lock:
            item, now = session.item, self.stock.now() if at is None else int(at)
            is_played = to * 100 >= (self.threshold() or PLAYED_THRESHOLD)
            is_new = is_played and session.play is None
            session.view_offset = round(item.duration_ms * to)
            if session.account_id == OWNER:
                offset = 0 if is_played else session.view_offset
                self._keep_state(item, offset, now, is_new_play=is_new)
            if is_new:
                at = now - round(session.view_offset / 1000) if self.stamps_start else now
                session.play = self.add(item, account=session.account_id, at=at)
            self._tell(session)

    def turn(self, session: PlaySession, state: str) -> None:
        """They pause, or go on."""
        with self.stock.lock:
            session.state = state
            self._tell(session)

    def end(self, session: PlaySession, *, to: float = 1.0, at: float | None = None) -> Play | None:
        """They stop at this part of the length: as `watch`. When this is told, the session is gone
        already."""
        with self.stock.lock:
            self.move(session, to, at=at)
            session.state = "stopped"
            del self.sessions[session.key]
            if self.tells_stop:
                self._tell(session)
            return session.play

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

    def _keep_state(self, item: Item, offset: int, now: int, *, is_new_play: bool) -> None:
        def change(each: Item) -> None:
            each.view_count += is_new_play
            each.view_offset = offset
            # Also of a part; see the sheet, section 3.
            each.last_viewed_at = now

        self.set_state(item, change)

    def _tell(self, session: PlaySession) -> None:
        """It names no user: whoever wants to know asks for the sessions."""
        key = session.item.rating_key
        is_named = self.names_stopped or session.state != "stopped"
        notice = {
            "sessionKey": str(session.key),
            "clientIdentifier": session.client,
            "guid": "",
            "ratingKey": str(key) if is_named else "",
            "url": "",
            "key": f"/library/metadata/{key}" if is_named else "",
            "viewOffset": session.view_offset,
            "state": session.state,
        }
        about = {"PlaySessionStateNotification": notice}
        self.notices.tell("playing", about, session.account_id)


def _above(item: Item) -> Iterator[Item]:
    while item.parent is not None:
        item = item.parent
        yield item
