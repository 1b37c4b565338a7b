"""The ratings that were last known on both sides, and what Stash is to tell of our own writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from types import MappingProxyType

from playback.brought import RATING, settle
from playback.file import begin, has_begun, open_file
from playback.schema import FILE_NAME
from sync.ratings import LastKnown
from validation.config import PlexSyncConfig

_WHAT = "ratings"


class RatingLedger:
    """For several processes. All methods may raise StorageError."""

    def __init__(self, data_dir: str) -> None:
        self._database = open_file(data_dir)

    def has_begun(self, server: str) -> bool:
        """See `playback.file`."""
        return has_begun(self._database, server, _WHAT)

    def begin(self, server: str) -> None:
        begin(self._database, server, _WHAT)

    def last_known(self, server: str, rating_keys: Iterable[int]) -> dict[int, LastKnown]:
        """Of each of these items; one of which nothing is stored had no rating in Plex."""
        found = {}
        with self._database.read() as connection:
            for key in rating_keys:
                row = connection.execute(
                    "SELECT plex, stash, stays FROM ratings WHERE server = ? AND rating_key = ?",
                    (server, key),
                ).fetchone()
                found[key] = (
                    LastKnown(row[0], row[1], knows_stash=True, stays=bool(row[2]))
                    if row
                    else LastKnown()
                )
        return found

    def store(
        self,
        server: str,
        known: Mapping[int, LastKnown],
        in_stash: Mapping[int, int | None] = MappingProxyType({}),
        now: float = 0.0,
    ) -> None:
        """`in_stash`: by scene what Stash has by now, whatever was about to come."""
        with self._database.write() as connection:
            connection.executemany(
                "REPLACE INTO ratings (server, rating_key, plex, stash, stays)"
                " VALUES (?, ?, ?, ?, ?)",
                [(server, key, x.plex, x.stash, x.stays) for key, x in known.items()],
            )
            settle(connection, RATING, in_stash, now)

    def differ(self, server: str, ratings: Mapping[int, tuple[int | None, int | None]]) -> None:
        """By rating key: what an item has in Plex, as far as isn't known better, and what Stash is
        about to have; both are to stay so."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT INTO ratings (server, rating_key, plex, stash, stays)"
                " VALUES (?, ?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET stash = excluded.stash, stays = 1",
                [(server, key, *both) for key, both in ratings.items()],
            )

    def put_back(self, server: str, rating_key: int, rating100: int | None) -> None:
        """An undo is about to give this item that rating in Plex, where nobody has."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE ratings SET plex = ? WHERE server = ? AND rating_key = ?",
                (rating100, server, rating_key),
            )

    def rated(self, server: str) -> dict[int, tuple[int, int]]:
        """By rating key, when an item was rated and with what, as Plex last listed it."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT rating_key, rated_at, rating100 FROM rated WHERE server = ?", (server,)
            ).fetchall()
        return {key: (rated_at, rating) for key, rated_at, rating in rows}

    def store_rated(self, server: str, rated: Mapping[int, tuple[int, int]]) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "REPLACE INTO rated VALUES (?, ?, ?, ?)",
                [(server, key, *each) for key, each in rated.items()],
            )

    def expect(self, fingerprints: Mapping[int, str]) -> None:
        """Scenes that will be as these fingerprints say when Stash tells that they changed: that is
        our own write."""
        with self._database.write() as connection:
            connection.executemany("REPLACE INTO own_writes VALUES (?, ?)", fingerprints.items())

    def expected(self, scene_ids: Iterable[int]) -> dict[int, str]:
        """Those of the scenes that we have written to."""
        found = {}
        with self._database.read() as connection:
            for scene_id in scene_ids:
                row = connection.execute(
                    "SELECT fingerprint FROM own_writes WHERE scene_id = ?", (scene_id,)
                ).fetchone()
                if row:
                    found[scene_id] = str(row[0])
        return found

    def forget_expected(self, scene_ids: Iterable[int]) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM own_writes WHERE scene_id = ?", [(each,) for each in scene_ids]
            )

    def close(self) -> None:
        self._database.close()


def go_both_ways(config: PlexSyncConfig) -> bool:
    """Whether ratings do; those that are left alone go neither way."""
    return config.import_ratings and "rating" not in config.skip_fields


def note_put_back(data_dir: str, server: str, rating_key: int, rating100: int | None) -> None:
    """See `RatingLedger.put_back`, also while ratings don't go both ways: they may again. Raises
    StorageError."""
    if os.path.exists(os.path.join(data_dir, FILE_NAME)):
        with closing(RatingLedger(data_dir)) as ledger:
            ledger.put_back(server, rating_key, rating100)


@contextmanager
def opened(data_dir: str, config: PlexSyncConfig) -> Iterator[RatingLedger | None]:
    """The ledger, None if ratings don't go both ways."""
    if not go_both_ways(config):
        yield None
        return
    with closing(RatingLedger(data_dir)) as ledger:
        yield ledger
