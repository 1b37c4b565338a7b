"""The positions that were last known on both sides, since Stash keeps no time for its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from playback.file import begin, has_begun, open_file

_WHAT = "positions"


@dataclass(frozen=True, slots=True)
class Position:
    """Of an item: Plex's position when it was last looked at and Stash's after that, in seconds;
    None: not known. `pending_s`: what was about to be stored in Stash. `view_count`: how often it
    had been played in Plex."""

    rating_key: int
    scene_id: int | None
    plex_s: float
    stash_s: float | None
    view_count: int
    pending_s: float | None = None


class PositionLedger:
    """For several processes. All methods may raise StorageError."""

    def __init__(self, data_dir: str) -> None:
        self._database = open_file(data_dir)

    def has_begun(self, server: str) -> bool:
        """See `playback.file`."""
        return has_begun(self._database, server, _WHAT)

    def begin(self, server: str) -> None:
        begin(self._database, server, _WHAT)

    def positions(self, server: str) -> dict[int, Position]:
        """By rating key."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT rating_key, scene_id, plex_s, stash_s, view_count, pending_s"
                " FROM positions WHERE server = ?",
                (server,),
            ).fetchall()
        return {row[0]: Position(*row) for row in rows}

    def store(self, server: str, positions: Iterable[Position]) -> None:
        """Replace what is known of these items, in one transaction."""
        with self._database.write() as connection:
            connection.executemany(
                "REPLACE INTO positions (server, rating_key, scene_id, plex_s, stash_s,"
                " view_count, pending_s) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        server,
                        each.rating_key,
                        each.scene_id,
                        each.plex_s,
                        each.stash_s,
                        each.view_count,
                        each.pending_s,
                    )
                    for each in positions
                ],
            )

    def expect(self, server: str, seconds: Mapping[int, float]) -> None:
        """These scenes are about to get these positions from us."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE positions SET pending_s = ? WHERE server = ? AND scene_id = ?",
                [(value, server, scene_id) for scene_id, value in seconds.items()],
            )

    def set_in_stash(self, server: str, seconds: Mapping[int, float]) -> None:
        """Stash's position in these scenes is ours now, whichever item it came from."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE positions SET stash_s = ? WHERE server = ? AND scene_id = ?",
                [(value, server, scene_id) for scene_id, value in seconds.items()],
            )

    def close(self) -> None:
        self._database.close()
