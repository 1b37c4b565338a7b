"""What was written when, and what was there before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from ledger import writes
from ledger.ledger import Ledger
from ledger.writes import NewWrite, keep
from sync.values import Before

SERVER, NOW = "a-server", 1_700_000_000.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(str(tmp_path))) as opened:
        yield opened


def write(ledger: Ledger, run: int, key: int, at: float = NOW, **fields: str) -> None:
    before: Mapping[str, Before] = {name: Before(was, False) for name, was in fields.items()}
    with ledger.database.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO items (server, rating_key, scene_id, path, original)"
            " VALUES (?, ?, ?, '', '{}')",
            (SERVER, key, key * 10),
        )
        keep(connection, SERVER, run, at, [NewWrite(key, key * 10, f"Film {key}", before)])


def test_the_newest_come_first_in_pages(ledger: Ledger) -> None:
    for key in range(1, 6):
        write(ledger, 0, key, title="before")
    page = ledger.writes.newest(2)
    assert [each.scene_id for each in page] == [50, 40]
    assert [each.scene_id for each in ledger.writes.newest(9, page[-1].id)] == [30, 20, 10]
    assert [each.rating_key for each in ledger.writes.of_scene(20, 5)] == [2]


def test_what_had_no_field_is_no_write(ledger: Ledger) -> None:
    write(ledger, 0, 1)
    assert ledger.writes.newest(1) == []


def test_what_was_there_before_a_run_is_what_its_first_write_found(ledger: Ledger) -> None:
    write(ledger, 7, 1, title="first", studio="A")
    write(ledger, 7, 1, title="between")
    write(ledger, 8, 2, title="of another run")
    (page,) = ledger.writes.before_run(7, SERVER)
    assert {name: each.value for name, each in page[1].items()} == {"title": "first", "studio": "A"}
    assert list(ledger.writes.before_run(7, "another-server")) == [{}]
    assert ledger.writes.count(7) == (1, 1)
    assert ledger.writes.fields_of(7) == {"title": 2, "studio": 1}


def test_what_was_written_again_since_is_not_part_of_it(ledger: Ledger) -> None:
    write(ledger, 7, 1, title="first", studio="A")
    write(ledger, 0, 1, title="of the run")
    (page,) = ledger.writes.before_run(7, SERVER)
    assert list(page[1]) == ["studio"]
    (forced,) = ledger.writes.before_run(7, SERVER, force=True)
    assert set(forced[1]) == {"title", "studio"}


def test_another_scenes_item_under_the_same_key_is_not_part_of_it(ledger: Ledger) -> None:
    write(ledger, 7, 1, title="of a film that is gone")
    with ledger.database.write() as connection:
        connection.execute("UPDATE items SET scene_id = 99")
    assert list(ledger.writes.before_run(7, SERVER, force=True)) == [{}]


def test_old_writes_are_dropped(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "KEPT_WRITES", 250)
    for number in range(400):
        write(ledger, 0, 1, at=NOW + number, title="before")
    assert len(ledger.writes.newest(1000)) == 250
    monkeypatch.setattr(writes, "KEPT_S", 10.0)
    for number in range(100):
        write(ledger, 0, 1, at=NOW + 10_000 + number / 1000, title="before")
    assert len(ledger.writes.newest(1000)) == 100
