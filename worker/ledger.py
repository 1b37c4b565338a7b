"""What we wrote to which item, and what was there before: the memory behind merge and restore.

Written ahead: the intention is stored before the request, so that after a crash we still know
what may be ours. The originals can't be had again; so unlike the path index this is no cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plex.items import PlexItem
from plex.paths import path_key
from storage.database import Database
from sync.plan import Plan
from sync.values import Credit, ItemState, Memory, Value, Values

FILE_NAME = "ledger.db"

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
    CREATE TABLE items (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        scene_id INTEGER NOT NULL,
        path TEXT NOT NULL,
        original TEXT NOT NULL,
        baseline TEXT NOT NULL DEFAULT '{}',
        pending TEXT,
        written_at REAL,
        PRIMARY KEY (server, rating_key)
    );
    CREATE INDEX items_by_scene ON items (scene_id);
    """,
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to become of an item: as it is now, what we remember of it, and the plan."""

    item: PlexItem
    scene_id: int
    memory: Memory
    plan: Plan


class Ledger:
    """The memories of all items ever written to, by server and rating key."""

    def __init__(self, data_dir: str) -> None:
        self._database = Database(data_dir, FILE_NAME, MIGRATIONS)

    def recall(self, server: str, items: Iterable[tuple[PlexItem, int]]) -> dict[int, Memory]:
        """What we know of each (item, scene id), by rating key.

        A rating key can pass to another file; what was written to the former one says nothing
        about it, so such an entry counts as none.
        """
        memories = {}
        with self._database.read() as connection:
            for item, scene_id in items:
                row = connection.execute(
                    "SELECT scene_id, path, original, baseline, pending FROM items"
                    " WHERE server = ? AND rating_key = ?",
                    (server, item.rating_key),
                ).fetchone()
                same = row and (row[0] == scene_id or _holds(item, row[1]))
                memories[item.rating_key] = _memory(*row[2:]) if same else Memory()
        return memories

    def intend(self, server: str, intents: Iterable[Intent]) -> None:
        """Store what is about to be written, and the originals where there are none yet."""
        rows = []
        for intent in intents:
            item, memory = intent.item, intent.memory
            rows.append(
                (
                    server,
                    item.rating_key,
                    intent.scene_id,
                    item.files[0].path if item.files else "",
                    _dump_state(memory.original or item.state),
                    _dump_values(memory.baseline),
                    # An earlier intention may have reached Plex as well.
                    _dump_values(_united(memory.pending, intent.plan.baseline)),
                )
            )
        with self._database.write() as connection:
            connection.executemany(
                "REPLACE INTO items"
                " (server, rating_key, scene_id, path, original, baseline, pending)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def confirm(self, server: str, intents: Iterable[Intent], now: float) -> None:
        """Plex has confirmed these: what was intended is now the baseline."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE items SET baseline = ?, pending = NULL, written_at = ?"
                " WHERE server = ? AND rating_key = ?",
                [
                    (_dump_values(each.plan.baseline), now, server, each.item.rating_key)
                    for each in intents
                ],
            )

    def count(self) -> int:
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM items").fetchone()[0])

    def close(self) -> None:
        self._database.close()


def _holds(item: PlexItem, path: str) -> bool:
    return path_key(path) in {path_key(file.path) for file in item.files}


def _united(older: Values, newer: Values) -> Values:
    """Everything that may be ours after either write. Of two texts the newer one is kept: the
    older one is then taken for an edit in Plex, which is the careful mistake."""
    united = dict(older)
    for name, value in newer.items():
        former = united.get(name, ())
        if isinstance(value, tuple) and isinstance(former, tuple):
            names = {credit.key for credit in value}
            value = value + tuple(credit for credit in former if credit.key not in names)
        united[name] = value
    return united


def _memory(original: str, baseline: str, pending: str | None) -> Memory:
    return Memory(
        baseline=_load_values(json.loads(baseline)),
        pending=_load_values(json.loads(pending)) if pending else {},
        original=_load_state(json.loads(original)),
    )


def _dump_values(values: Values) -> str:
    return json.dumps({name: _dump_value(value) for name, value in values.items() if value})


def _dump_value(value: Value) -> Any:
    if isinstance(value, str):
        return value
    return [[credit.name, credit.role, credit.photo] for credit in value]


def _dump_state(state: ItemState) -> str:
    values = {name: _dump_value(value) for name, value in state.values.items()}
    return json.dumps({"values": values, "locked": sorted(state.locked)})


def _load_values(content: Mapping[str, Any]) -> Values:
    return {
        name: value if isinstance(value, str) else tuple(Credit(*each) for each in value)
        for name, value in content.items()
    }


def _load_state(content: Mapping[str, Any]) -> ItemState:
    return ItemState(_load_values(content["values"]), frozenset(content["locked"]))
