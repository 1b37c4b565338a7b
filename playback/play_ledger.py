"""Which plays of Plex's history have been seen, and what became of each: in a file of its own.

A row that is here is never looked at again by itself, so nothing is imported twice; and what is
about to be sent to Stash is stored before, so that after a kill Stash can be asked whether it
arrived.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playback.file import open_file
from playback.play import OWNER, Play
from playback.schema import FILE_NAME

# What became of a play. Never change one that was released: they are stored.
NEW = "new"  # to be looked at
PENDING = "pending"  # about to be added to Stash
ADDED = "added"
REMOVING = "removing"  # about to be taken back
TAKEN_BACK = "taken back"
NOTED = "noted"  # was there before the first run
KNOWN = "known"  # Stash had it already
OTHERS = "others"  # of an account that doesn't count
GONE = "gone"  # the item is no longer in Plex
NO_SCENE = "no scene"  # Stash has no scene of the file
REFUSED = "refused"  # Stash answered with an error

_COLUMNS = "key, viewed_at, account_id, rating_key, title, state, scene_id, file, beside"


@dataclass(frozen=True, slots=True)
class Mark:
    """`noted_at`: when the first run was complete, epoch seconds; `newest`: the newest time of a
    play that was met, on Plex's clock, 0 for none."""

    noted_at: float
    newest: int


@dataclass(frozen=True, slots=True)
class Row:
    """A play and what became of it. `scene_id` and `file` (its path in Stash): of the scene to
    which it was, or is to be, added. `beside`: how many plays of the same second Stash has besides
    those that are pending or being removed."""

    play: Play
    state: str
    scene_id: int | None = None
    file: str = ""
    beside: int = 0


class PlayLedger:
    """For several processes. All methods may raise StorageError. `now` in epoch seconds."""

    def __init__(self, data_dir: str) -> None:
        self._database = open_file(data_dir)

    def mark(self, server: str) -> Mark | None:
        """How far the history of this server is known; None before the first run is complete."""
        rows = self._rows("SELECT noted_at, newest FROM marks WHERE server = ?", server)
        return Mark(*rows[0]) if rows else None

    def newest_server(self) -> str:
        """That of which a play was met last, "" for none."""
        rows = self._rows("SELECT server FROM marks ORDER BY newest DESC LIMIT 1")
        return str(rows[0][0]) if rows else ""

    def is_unfinished(self, server: str) -> bool:
        """Whether there are plays that are to come, and haven't so far."""
        return bool(self.of_states(server, (NEW, PENDING), limit=1))

    def identities(self, server: str, since: int = 0) -> set[tuple[str, int, int]]:
        """Of the plays that were met, of those since then."""
        return set(
            self._rows(
                "SELECT key, viewed_at, account_id FROM plays WHERE server = ? AND viewed_at >= ?",
                server,
                since,
            )
        )

    def add(
        self, server: str, plays: Mapping[Play, str], now: float, *, completes: bool = False
    ) -> None:
        """Store plays that were met for the first time, each with its state, and the newest time
        among them. `completes`: with these the first run is done."""
        newest = max((each.viewed_at for each in plays), default=0)
        with self._database.write() as connection:
            connection.executemany(
                "INSERT INTO plays (server, key, viewed_at, account_id, rating_key, title, state,"
                " changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    (server, *each.identity, each.rating_key, each.title, state, now)
                    for each, state in plays.items()
                ],
            )
            if completes:
                connection.execute(
                    "INSERT INTO marks VALUES (?, ?, (SELECT coalesce(max(viewed_at), 0)"
                    " FROM plays WHERE server = ?)) ON CONFLICT DO NOTHING",
                    (server, now, server),
                )
            connection.execute(
                "UPDATE marks SET newest = ? WHERE server = ? AND newest < ?",
                (newest, server, newest),
            )

    def store(self, server: str, rows: Iterable[Row], now: float) -> None:
        """Replace what is stored of these plays, in one transaction."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE plays SET state = ?, scene_id = ?, file = ?, beside = ?, changed_at = ?"
                " WHERE server = ? AND key = ? AND viewed_at = ? AND account_id = ?",
                [
                    (
                        each.state,
                        each.scene_id,
                        each.file,
                        each.beside,
                        now,
                        server,
                        *each.play.identity,
                    )
                    for each in rows
                ],
            )

    def of_states(
        self, server: str, states: Sequence[str], *, since: int = 0, limit: int = -1
    ) -> list[Row]:
        """The plays of these states since then, oldest first."""
        marks = ", ".join("?" * len(states))
        return self._found(
            f"SELECT {_COLUMNS} FROM plays WHERE server = ? AND state IN ({marks})"  # noqa: S608
            " AND viewed_at >= ? ORDER BY viewed_at, key LIMIT ?",
            server,
            *states,
            since,
            limit,
        )

    def changed_at(self, server: str, state: str) -> float:
        """When a play got into this state last, epoch seconds; 0 for never."""
        rows = self._rows(
            "SELECT max(changed_at) FROM plays WHERE server = ? AND state = ?", server, state
        )
        return float(rows[0][0] or 0.0)

    def of_scene(self, scene_id: int) -> list[Row]:
        """What is known of a scene's plays, on any server, oldest first."""
        return self._found(
            f"SELECT {_COLUMNS} FROM plays WHERE scene_id = ? ORDER BY viewed_at",  # noqa: S608
            scene_id,
        )

    def added_times(self, scene_ids: Iterable[int]) -> dict[int, Counter[int]]:
        """By scene the times of the plays that came from a Plex."""
        return {
            scene_id: Counter(
                row[0]
                for row in self._rows(
                    "SELECT viewed_at FROM plays WHERE scene_id = ? AND state = ?", scene_id, ADDED
                )
            )
            for scene_id in scene_ids
        }

    def counts(self, server: str | None = None) -> dict[str, int]:
        """How many plays there are of each state."""
        return dict(
            self._rows(
                "SELECT state, count(*) FROM plays WHERE ? IS NULL OR server = ? GROUP BY state",
                server,
                server,
            )
        )

    def newest_added(self) -> Row | None:
        """The play that came last."""
        rows = self._found(
            f"SELECT {_COLUMNS} FROM plays WHERE state = ?"  # noqa: S608
            " ORDER BY changed_at DESC, viewed_at DESC LIMIT 1",
            ADDED,
        )
        return rows[0] if rows else None

    def name_accounts(self, server: str, names: Mapping[int, str]) -> None:
        """Remember what the accounts of this Plex are called."""
        with self._database.write() as connection:
            connection.executemany(
                "REPLACE INTO accounts VALUES (?, ?, ?)",
                [(server, key, name) for key, name in names.items()],
            )

    def has_strangers(self, server: str) -> bool:
        """Whether a play came of an account whose name isn't known."""
        return bool(
            self._rows(
                "SELECT 1 FROM plays WHERE server = ? AND state = ? AND account_id NOT IN"
                " (SELECT account_id FROM accounts WHERE server = plays.server) LIMIT 1",
                server,
                ADDED,
            )
        )

    def newest(self, limit: int, before: float | None = None) -> list[Row]:
        """The plays that came, the newest first; `before`: of those that were played until then."""
        return self._found(
            f"SELECT {_COLUMNS} FROM plays WHERE state = ? AND (? IS NULL OR viewed_at <= ?)"  # noqa: S608
            " ORDER BY viewed_at DESC, key DESC LIMIT ?",
            ADDED,
            before,
            before,
            limit,
        )

    def account_name(self, account_id: int) -> str:
        """For people."""
        rows = self._rows("SELECT name FROM accounts WHERE account_id = ?", account_id)
        if rows:
            return str(rows[0][0])
        return "the owner" if account_id == OWNER else f"account {account_id}"

    def close(self) -> None:
        self._database.close()

    def _found(self, query: str, *values: object) -> list[Row]:
        return [
            Row(Play(*row[:5]), row[5], row[6], row[7], row[8])
            for row in self._rows(query, *values)
        ]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._database.read() as connection:
            found: sqlite3.Cursor = connection.execute(query, values)
            return found.fetchall()


def known_plays(data_dir: str) -> PlayLedger | None:
    """What is known of plays, to be closed; None if nothing ever was imported."""
    exists = os.path.exists(os.path.join(data_dir, FILE_NAME))
    return PlayLedger(data_dir) if exists else None


def moved(rows: Iterable[Row], state: str) -> list[Row]:
    """The same rows in another state."""
    return [replace(each, state=state) for each in rows]
