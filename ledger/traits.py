"""What was found out about Plex servers, by identifier and version, and what finding it out has
left to be undone.

A file of its own, so that whoever loses the ledger doesn't lose this, nor the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.anew import open_anew
from ledger.first_writes import DONE, FirstWrites
from storage.database import Database

FILE_NAME = "traits.db"
# By less than this Plex's clock is expected to differ from ours.
CLOCKS_DIFFER_S = 120.0
# After so many items that came back as they were written a server is trusted.
PROVEN = 11

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
    CREATE TABLE traits (
        server TEXT NOT NULL,
        version TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        measured_at REAL NOT NULL,
        PRIMARY KEY (server, version, name)
    ) WITHOUT ROWID;
    CREATE TABLE canaries (
        server TEXT NOT NULL,
        version TEXT NOT NULL,
        items INTEGER NOT NULL DEFAULT 0,
        surprise TEXT NOT NULL DEFAULT '',
        fields TEXT NOT NULL DEFAULT '[]',
        at REAL NOT NULL,
        PRIMARY KEY (server, version)
    ) WITHOUT ROWID;
    CREATE TABLE touched (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        before TEXT NOT NULL,
        owner TEXT NOT NULL,
        began_at REAL NOT NULL,
        ended_at REAL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE first_writes (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        version TEXT NOT NULL,
        before TEXT NOT NULL,
        written TEXT NOT NULL,
        found TEXT NOT NULL,
        former TEXT NOT NULL,
        owner TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
    """,
)

_ADVICE = "it is found out anew; an item that was on trial may have to be put back by hand"

Traits = Mapping[str, str]
"""By name; see `trial.meaning`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a server of this version is trusted: so many `items` came back as they were written.
    `surprise`: what came otherwise, "" for nothing; `fields`: which ones, as the settings name
    them."""

    items: int = 0
    surprise: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """An item that isn't as it was `before` (JSON; see `trial.snapshot`). `owner`: the token of the
    process that is at it, or was."""

    rating_key: int
    before: str
    owner: str


def open_traits(data_dir: str) -> TraitBook:
    """A damaged file is set aside first. Raises StorageError."""
    return open_anew(lambda: TraitBook(data_dir), "what is known of Plex", _ADVICE)


class TraitBook:
    """For several threads. All methods may raise StorageError; times in epoch seconds."""

    def __init__(self, data_dir: str) -> None:
        self._database = Database(data_dir, FILE_NAME, MIGRATIONS)
        self.first_writes = FirstWrites(self._database)

    def traits(self, server: str, version: str) -> dict[str, str]:
        """What is known of this server at this version; nothing of what another version did."""
        with self._database.read() as connection:
            return dict(
                connection.execute(
                    "SELECT name, value FROM traits WHERE server = ? AND version = ?",
                    (server, version),
                ).fetchall()
            )

    def note(self, server: str, version: str, traits: Traits, now: float) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO traits VALUES (?, ?, ?, ?, ?)",
                [(server, version, name, value, now) for name, value in traits.items()],
            )

    def forget(self, server: str, version: str, names: Iterable[str]) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM traits WHERE server = ? AND version = ? AND name = ?",
                [(server, version, name) for name in names],
            )

    def measured(self) -> list[tuple[str, str, float]]:
        """Server, version and time of every measurement, the newest first."""
        with self._database.read() as connection:
            return connection.execute(
                "SELECT server, version, max(measured_at) FROM traits GROUP BY server, version"
                " ORDER BY 3 DESC"
            ).fetchall()

    def proof(self, server: str, version: str) -> Proof | None:
        """None if nothing was ever proven."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT items, surprise, fields FROM canaries WHERE server = ? AND version = ?",
                (server, version),
            ).fetchone()
        return Proof(row[0], row[1], tuple(json.loads(row[2]))) if row else None

    def is_known(self, server: str) -> bool:
        """Whether anything is proven of the server, at whatever version."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM canaries WHERE server = ? LIMIT 1", (server,)
            ).fetchone()
        return row is not None

    def prove(self, server: str, version: str, proof: Proof, now: float) -> None:
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO canaries VALUES (?, ?, ?, ?, ?, ?)",
                (server, version, proof.items, proof.surprise, json.dumps(proof.fields), now),
            )

    def advance(
        self, server: str, version: str, items: int, now: float, seen: Iterable[int] = ()
    ) -> None:
        """So many items have come back by now, unless another process has counted more, or has met
        a surprise, which stays. `seen`: first writes that are as they are to be."""
        with self._database.write() as connection:
            connection.executemany(DONE, [(server, key) for key in seen])
            connection.execute(
                "INSERT INTO canaries (server, version, items, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (server, version) DO UPDATE SET"
                " items = max(items, excluded.items), at = excluded.at WHERE surprise = ''",
                (server, version, items, now),
            )

    def surprises(self) -> list[str]:
        """What came otherwise than expected, of each server at the version that it had last."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT surprise FROM canaries AS each WHERE surprise != '' AND at ="
                " (SELECT max(at) FROM canaries WHERE server = each.server)"
            ).fetchall()
        return [row[0] for row in rows]

    def touch(self, server: str, before: Mapping[int, str], owner: str, now: float) -> None:
        """To be stored before these items are written, with how they are. Of one that isn't as it
        was already, what was there first counts."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT INTO touched VALUES (?, ?, ?, ?, ?, NULL)"
                " ON CONFLICT (server, rating_key) DO UPDATE SET"
                " before = CASE WHEN ended_at IS NULL THEN before ELSE excluded.before END,"
                " owner = excluded.owner, began_at = excluded.began_at, ended_at = NULL",
                [(server, key, text, owner, now) for key, text in before.items()],
            )

    def left(self, server: str, rating_keys: Iterable[int], now: float) -> None:
        """These are as they were before, or gone."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE touched SET before = '', ended_at = ? WHERE server = ? AND rating_key = ?",
                [(now, server, key) for key in rating_keys],
            )

    def unfinished(self, server: str) -> list[Touched]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT rating_key, before, owner FROM touched"
                " WHERE server = ? AND ended_at IS NULL",
                (server,),
            ).fetchall()
        return [Touched(*row) for row in rows]

    def was_ours(self, server: str, rating_key: int, at: float) -> bool:
        """Whether what happened to the item `at` that time, by Plex's clock in whole seconds, was a
        trial's doing, or that of a first write that may be taken back: its rating is nobody's
        then."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT began_at, ended_at FROM touched WHERE server = ? AND rating_key = ?"
                " UNION ALL SELECT at, NULL FROM first_writes WHERE server = ? AND rating_key = ?",
                (server, rating_key) * 2,
            ).fetchall()
        return any(
            began_at - CLOCKS_DIFFER_S <= at <= (ended_at or at) + CLOCKS_DIFFER_S
            for began_at, ended_at in rows
        )

    def close(self) -> None:
        self._database.close()
