"""Which positions and ratings were brought to Stash, and what was there before: stored ahead of the
write, so that whatever ends us in between, what is found there afterwards is known as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from playback.file import open_file
from playback.schema import FILE_NAME

POSITION, RATING = "position", "rating"

# What became of it. Never change one that was released: they are stored.
PENDING = "pending"  # about to be written to Stash
CAME = "came"
REMOVING = "removing"  # about to be taken back
TAKEN_BACK = "taken back"
# Those by which something of ours may be in Stash.
THERE = (PENDING, CAME, REMOVING)

# Stash stores fractions of a second, Plex thousandths. Ratings are whole.
SAME = 1.0

_COLUMNS = "id, server, what, scene_id, title, items, before, after, seen, state, at"


@dataclass(frozen=True, slots=True)
class Brought:
    """A value of a scene: a position in seconds or a rating100, None for no rating. `items`: the
    rating keys of the items in Plex that gave or got it. `seen`: when Stash said that the scene was
    changed, before we wrote. `at`: epoch seconds. `id` 0: not stored yet."""

    server: str
    what: str
    scene_id: int
    title: str
    items: tuple[int, ...]
    before: float | None
    after: float | None
    seen: str = ""
    state: str = PENDING
    at: float = 0.0
    id: int = 0


def is_same(one: float | None, other: float | None) -> bool:
    """Whether both are the same position, or the same rating."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < SAME


class BroughtLedger:
    """For several processes. All methods may raise StorageError. `now` in epoch seconds."""

    def __init__(self, data_dir: str) -> None:
        self._database = open_file(data_dir)

    def intend(self, rows: Sequence[Brought], now: float) -> None:
        """These are about to be written. What was about to be before has arrived, or never will."""
        with self._database.write() as connection:
            for each in rows:
                settle(connection, each.what, {each.scene_id: each.before}, now)
                _insert(connection, replace(each, state=PENDING, at=now))

    def arrived(self, what: str, in_stash: Mapping[int, float | None], now: float) -> None:
        """By scene what Stash has by now, whatever was about to come."""
        with self._database.write() as connection:
            settle(connection, what, in_stash, now)

    def pending(self, what: str, scene_ids: Iterable[int]) -> dict[int, Brought]:
        """By scene what is about to be written, or was, without an answer so far."""
        with self._database.read() as connection:
            return {
                scene_id: found[0]
                for scene_id in scene_ids
                if (found := _of_scene(connection, scene_id, what, (PENDING,)))
            }

    def store(self, rows: Iterable[Brought], state: str) -> None:
        """Have these in another state."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE brought SET state = ? WHERE id = ?", [(state, each.id) for each in rows]
            )

    def there(self, server: str, scene_id: int | None = None) -> list[Brought]:
        """What may be in Stash, of one scene or of all, newest first."""
        # Not in one condition: no index would serve that, and all would be read for each scene.
        of_scene, values = (" AND scene_id = ?", (scene_id,)) if scene_id is not None else ("", ())
        return self._found(
            f"SELECT {_COLUMNS} FROM brought WHERE server = ? AND state IN {THERE!r}{of_scene}"  # noqa: S608 - constants
            " ORDER BY id DESC",
            server,
            *values,
        )

    def is_interrupted(self, server: str) -> bool:
        """Whether something is about to be taken back."""
        return bool(
            self._found(
                f"SELECT {_COLUMNS} FROM brought WHERE server = ? AND state = ? LIMIT 1",  # noqa: S608 - constants
                server,
                REMOVING,
            )
        )

    def newest(self, limit: int, before: float | None = None) -> list[Brought]:
        """What came, newest first; `before`: of those that came before then."""
        return self._found(
            f"SELECT {_COLUMNS} FROM brought WHERE state = ? AND (? IS NULL OR at < ?)"  # noqa: S608 - constants
            " ORDER BY at DESC, id DESC LIMIT ?",
            CAME,
            before,
            before,
            limit,
        )

    def of_scene(self, scene_id: int) -> list[Brought]:
        """What came to a scene, from any server, oldest first."""
        return self._found(
            f"SELECT {_COLUMNS} FROM brought WHERE scene_id = ? AND state = ? ORDER BY id",  # noqa: S608 - constants
            scene_id,
            CAME,
        )

    def counts(self) -> dict[str, int]:
        """How many positions and ratings came, and were not taken back."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT what, count(*) FROM brought WHERE state = ? GROUP BY what", (CAME,)
            )
            return dict(found.fetchall())

    def close(self) -> None:
        self._database.close()

    def _found(self, query: str, *values: object) -> list[Brought]:
        with self._database.read() as connection:
            return [_row(each) for each in connection.execute(query, values).fetchall()]


def way_back(
    rows: Iterable[Brought], chosen: Collection[int], now: float | None
) -> tuple[list[Brought], float | None]:
    """Which of a scene's `rows` (see `BroughtLedger.there`) can be taken back, and what Stash then
    has; `chosen`: the ids of those that are to be, `now`: what Stash has. One that something else
    has come after, ours or not, is left."""
    back: list[Brought] = []
    for row in rows:
        if not is_same(now, row.after):
            if row.state == CAME:
                break
            continue  # it hasn't arrived, or is gone by now
        if row.id not in chosen and row.state != REMOVING:
            break
        back.append(row)
        now = row.before
    return back, now


def settle(
    connection: sqlite3.Connection, what: str, in_stash: Mapping[int, float | None], now: float
) -> None:
    """See `BroughtLedger.arrived`; for whoever is in a transaction."""
    for scene_id, value in in_stash.items():
        for row in _of_scene(connection, scene_id, what, (PENDING,)):
            if is_same(row.after, value):
                _arrive(connection, row, now)
            else:  # it never came, or is gone already
                connection.execute("DELETE FROM brought WHERE id = ?", (row.id,))


def _arrive(connection: sqlite3.Connection, row: Brought, now: float) -> None:
    """A film that somebody watches moves on every minute: its steps of one day are one."""
    former = _of_scene(connection, row.scene_id, row.what, (CAME, REMOVING, TAKEN_BACK))[:1]
    if row.what == POSITION and former and _goes_on(former[0], row, now):
        connection.execute(
            "UPDATE brought SET after = ?, at = ? WHERE id = ?", (row.after, now, former[0].id)
        )
        connection.execute("DELETE FROM brought WHERE id = ?", (row.id,))
        return
    connection.execute("UPDATE brought SET state = ?, at = ? WHERE id = ?", (CAME, now, row.id))


def _goes_on(former: Brought, row: Brought, now: float) -> bool:
    is_one_day = _day(former.at) == _day(now)
    is_one_film = former.server == row.server and former.items == row.items
    return former.state == CAME and is_one_day and is_one_film and is_same(former.after, row.before)


def _day(at: float) -> object:
    return datetime.fromtimestamp(at).astimezone().date()


def _insert(connection: sqlite3.Connection, row: Brought) -> None:
    connection.execute(
        "INSERT INTO brought (server, what, scene_id, title, items, before, after, seen, state, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.server,
            row.what,
            row.scene_id,
            row.title,
            " ".join(map(str, row.items)),
            row.before,
            row.after,
            row.seen,
            row.state,
            row.at,
        ),
    )


def _of_scene(
    connection: sqlite3.Connection, scene_id: int, what: str, states: tuple[str, ...]
) -> list[Brought]:
    """Newest first."""
    marks = ", ".join("?" * len(states))
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM brought WHERE scene_id = ? AND what = ?"  # noqa: S608 - constants
        f" AND state IN ({marks}) ORDER BY id DESC",
        (scene_id, what, *states),
    )
    return [_row(each) for each in found.fetchall()]


def _row(found: tuple[Any, ...]) -> Brought:
    number, server, what, scene_id, title, items, before, after, seen, state, at = found
    keys = tuple(map(int, items.split()))
    if what == RATING:
        before, after = (None if each is None else int(each) for each in (before, after))
    return Brought(server, what, scene_id, title, keys, before, after, seen, state, at, number)


@contextmanager
def known_values(data_dir: str) -> Iterator[BroughtLedger | None]:
    """What is known of positions and ratings; None if nothing ever was imported."""
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        yield None
        return
    with closing(BroughtLedger(data_dir)) as ledger:
        yield ledger


def by_scene(rows: Iterable[Brought]) -> Mapping[tuple[str, int], list[Brought]]:
    """By kind and scene, in their order."""
    found: dict[tuple[str, int], list[Brought]] = {}
    for each in rows:
        found.setdefault((each.what, each.scene_id), []).append(each)
    return found
