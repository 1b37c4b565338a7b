"""How each scene came out when it was last looked at, for whoever wants to see it.

A job says more than that, as long as there is one: what waits is waiting, whatever it was before.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jobs.schema import SCENE
from storage.database import Database

IN_STEP = "in_step"
WAITING = "waiting"
FAILED = "failed"
NOT_IN_PLEX = "not_in_plex"
LEFT_ALONE = "left_alone"
EXCLUDED = "excluded"
UNKNOWN = "unknown"

NOT_FOUND_REASON = "not in Plex"
"""Of jobs that are neither waiting nor failed in people's eyes."""

# How a `why` goes on about its scene.
_OF_THIS_SCENE = ", which "

_PUT_OFF = "attempts = 0 AND reason IS NOT NULL"


class Look(NamedTuple):
    """What a look at a scene has found: one of the states above, or UNKNOWN if that is for its job
    to say. `is_written`: whether Plex was given something."""

    state: str
    why: str = ""
    is_written: bool = False


class SceneState(NamedTuple):
    """`why`: a clause for people, "" where the state says it all."""

    state: str
    why: str = ""


class States:
    """In the job store. All may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, scene_ids: Iterable[int]) -> dict[int, SceneState]:
        """The state of each of these scenes."""
        with self._database.read() as connection:
            return {each: _state(connection, each) for each in scene_ids}

    def counts(self) -> dict[str, int]:
        """How many scenes are in each state that any is in."""
        counts: Counter[str] = Counter()
        with self._database.read() as connection:
            # Of what has failed no state is stored.
            for state, number in connection.execute(_COUNTED):
                counts[state] += number
        return {state: number for state, number in counts.items() if number}

    def reasons(self) -> dict[str, int]:
        """How many scenes have each `why` that any has, without what it says of each; but for
        what their jobs say."""
        counts: dict[str, int] = {}
        with self._database.read() as connection:
            for why, number in connection.execute(
                "SELECT why, count(*) FROM states WHERE why != '' GROUP BY why ORDER BY why"
            ):
                reason = why.partition(_OF_THIS_SCENE)[0]
                counts[reason] = counts.get(reason, 0) + number
        return counts

    def because(self, reason: str) -> list[int]:
        """The scenes that have this reason, as `reasons` names it, ascending."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT scene_id FROM states WHERE why = ? OR substr(why, 1, ?) = ?"
                " ORDER BY scene_id",
                (reason, len(reason) + len(_OF_THIS_SCENE), reason + _OF_THIS_SCENE),
            )
            return [row[0] for row in found.fetchall()]

    def forget(self, scene_ids: Iterable[int] | None = None) -> None:
        """Know nothing of these scenes any more, or of all: another Plex answers, say."""
        with self._database.write() as connection:
            if scene_ids is None:
                connection.execute("DELETE FROM states")
            else:
                store(connection, dict.fromkeys(scene_ids, Look(UNKNOWN)))

    def presume_in_step(self, scene_ids: Iterable[int]) -> None:
        """These are known to be so and need no look; what is stored of any, or its job, counts
        before that."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO states SELECT ?1, ?2, '' WHERE NOT EXISTS"
                " (SELECT 1 FROM jobs WHERE kind = ?3 AND object_id = ?1)",
                [(each, IN_STEP, SCENE) for each in scene_ids],
            )


_COUNTED = f"""
    SELECT state, number FROM state_counts UNION ALL
    SELECT CASE WHEN reason = '{NOT_FOUND_REASON}' THEN '{NOT_IN_PLEX}'
        WHEN shown = 'failed' THEN '{FAILED}' ELSE '{WAITING}' END, number
    FROM job_counts
    WHERE kind = '{SCENE}' AND shown IN ('failed', 'queued', 'retrying')
"""  # noqa: S608 - constants

_SHOWN = (
    f"CASE WHEN reason = '{NOT_FOUND_REASON}' THEN '{NOT_IN_PLEX}'"
    f" WHEN jobs.state = 'failed' THEN '{FAILED}' ELSE '{WAITING}' END"
)


def store(connection: sqlite3.Connection, looks: Mapping[int, Look]) -> None:
    """Within a transaction of the job store."""
    connection.executemany(
        "DELETE FROM states WHERE scene_id = ?",
        [(scene_id,) for scene_id, look in looks.items() if look.state == UNKNOWN],
    )
    connection.executemany(
        "INSERT INTO states VALUES (?, ?, ?) ON CONFLICT (scene_id) DO UPDATE"
        " SET state = excluded.state, why = excluded.why"
        " WHERE state != excluded.state OR why != excluded.why",
        [
            (scene_id, look.state, look.why)
            for scene_id, look in looks.items()
            if look.state != UNKNOWN
        ],
    )


def _state(connection: sqlite3.Connection, scene_id: int) -> SceneState:
    job = connection.execute(
        f"SELECT {_SHOWN}, coalesce(error, ''), state = 'queued' AND {_PUT_OFF}, reason FROM jobs"  # noqa: S608 - constants
        " WHERE kind = ? AND object_id = ?",
        (SCENE, scene_id),
    ).fetchone()
    if job and not job[2]:
        return SceneState(job[0], job[1])
    row = connection.execute(
        "SELECT state, why FROM states WHERE scene_id = ?", (scene_id,)
    ).fetchone()
    if row:
        return SceneState(row[0], row[1] or (job[3] if job else ""))
    return SceneState(WAITING, job[3]) if job else SceneState(UNKNOWN)
