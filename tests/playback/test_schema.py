"""A file of what came from Plex that an earlier version has written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from playback.brought import BroughtLedger
from playback.play_ledger import ADDED, PlayLedger
from playback.position_ledger import Position, PositionLedger
from playback.rating_ledger import RatingLedger
from playback.schema import FILE_NAME, MIGRATIONS
from storage.sqlite import StorageError, open_database
from sync.ratings import LastKnown

# What a version has stored, by the number of its schema.
RELEASED = {
    1: """
    INSERT INTO plays VALUES ('plex', '/h/1', 1700000000, 1, 5, 'Nanook', 'added', 3, '/a', 0, 1);
    INSERT INTO marks VALUES ('plex', 1700000000.5, 1700000000);
    INSERT INTO positions VALUES ('plex', 5, 3, 900, 0, NULL, 1);
    INSERT INTO ratings VALUES ('plex', 5, 80, 60), ('plex', 6, NULL, 70);
    INSERT INTO begun VALUES ('plex', 'ratings');
    """,
    2: """
    INSERT INTO brought (server, what, scene_id, title, items, before, after, state, at)
        VALUES ('plex', 'rating', 3, 'Nanook', '5 6', NULL, 80, 'came', 1700000000.5);
    """,
}


def test_every_version_is_here() -> None:
    assert list(RELEASED) == list(range(1, len(MIGRATIONS) + 1))


def test_nothing_of_it_is_lost(tmp_path: Path) -> None:
    for version, rows in RELEASED.items():
        with closing(open_database(str(tmp_path / FILE_NAME), MIGRATIONS[:version])) as old:
            old.executescript(rows)
    with closing(PlayLedger(str(tmp_path))) as plays:
        assert [(row.state, row.scene_id) for row in plays.of_scene(3)] == [(ADDED, 3)]
    with closing(PositionLedger(str(tmp_path))) as positions:
        assert positions.positions("plex") == {5: Position(5, 3, 900.0, 0.0, 1)}
    with closing(RatingLedger(str(tmp_path))) as ratings:
        assert ratings.has_begun("plex")
        assert ratings.last_known("plex", [5, 6]) == {
            5: LastKnown(80, 60, knows_stash=True),
            6: LastKnown(None, 70, knows_stash=True),
        }
    with closing(BroughtLedger(str(tmp_path))) as brought:
        (row,) = brought.newest(10)
        assert (row.what, row.before, row.after, row.items) == ("rating", None, 80, (5, 6))


def test_that_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / FILE_NAME)
    with closing(open_database(path, (*MIGRATIONS, "CREATE TABLE more (x)"))):
        pass
    with pytest.raises(StorageError, match="newer PlexSync"):
        BroughtLedger(str(tmp_path))
