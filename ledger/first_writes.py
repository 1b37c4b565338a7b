"""The first writes to a server that nobody has looked at yet: how each item was, and what was to
come of it, stored before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storage.database import Database

_COLUMNS = "rating_key, version, before, written, found, former, owner"

DONE = "DELETE FROM first_writes WHERE server = ? AND rating_key = ?"


@dataclass(frozen=True, slots=True)
class FirstWrite:
    """JSON: how the item was `before` (see `trial.snapshot`), what was `written` (see
    `trial.written`), how it was `found` by the look ("" for none yet), and the `former` row of the
    ledger. `owner`: the token of the process that is at it, or was."""

    rating_key: int
    version: str
    before: str
    written: str
    found: str
    former: str
    owner: str


class FirstWrites:
    """In the database of `ledger.traits`. For several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, server: str, writes: Iterable[FirstWrite], now: float) -> None:
        """To be stored before these are sent. Of one that nobody has looked at since an earlier
        write, what was there first counts; whoever looked at its own knows more of that."""
        with self._database.write() as connection:
            connection.executemany(
                f"INSERT INTO first_writes (server, {_COLUMNS}, at)"  # noqa: S608 - a constant
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (server, rating_key) DO UPDATE SET"
                " before = CASE WHEN excluded.found != '' AND owner = excluded.owner"
                " THEN excluded.before ELSE before END,"
                " version = excluded.version, written = excluded.written, found = excluded.found,"
                " owner = excluded.owner",
                [
                    (
                        *(server, each.rating_key, each.version, each.before, each.written),
                        *(each.found, each.former, each.owner, now),
                    )
                    for each in writes
                ],
            )

    def looked_at(self, server: str, rating_key: int) -> None:
        """It is as it is to be, or isn't ours to look after any more."""
        with self._database.write() as connection:
            connection.execute(DONE, (server, rating_key))

    def taken_back(self, server: str, rating_key: int, now: float) -> None:
        """It is as it was; what its rating was meanwhile is nobody's."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO touched SELECT server, rating_key, '', owner, at, ?"
                " FROM first_writes WHERE server = ? AND rating_key = ?"
                " ON CONFLICT (server, rating_key) DO UPDATE SET began_at = excluded.began_at,"
                # One that is on trial is still to be put back.
                " ended_at = excluded.ended_at WHERE ended_at IS NOT NULL",
                (now, server, rating_key),
            )
            connection.execute(DONE, (server, rating_key))

    def unseen(self, server: str) -> list[FirstWrite]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM first_writes WHERE server = ?",  # noqa: S608 - a constant
                (server,),
            ).fetchall()
        return [FirstWrite(*row) for row in rows]
