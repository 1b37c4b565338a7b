"""First writes that nobody has looked at, in the book of what is known of Plex."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.first_writes import FirstWrite
from ledger.traits import FILE_NAME, MIGRATIONS, Proof, TraitBook
from storage.database import Database

SERVER, VERSION = "a server", "1.41"
WRITE = FirstWrite(7, VERSION, "as before", "what was written", "", "null", "me")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[TraitBook]:
    with closing(TraitBook(str(tmp_path))) as opened:
        yield opened


def test_a_book_of_before_there_were_first_writes_opens_while_an_old_process_has_it_open(
    tmp_path: Path,
) -> None:
    with closing(Database(str(tmp_path), FILE_NAME, MIGRATIONS[:1])) as old:
        with old.write() as connection:
            connection.execute(
                "INSERT INTO canaries VALUES (?, '1.40', 11, '', '[]', 9)", (SERVER,)
            )
        with closing(TraitBook(str(tmp_path))) as opened:
            opened.first_writes.begin(SERVER, [WRITE], 1000.0)
            with old.write() as connection:
                row = (SERVER, VERSION)
                connection.execute("INSERT INTO canaries VALUES (?, ?, 3, '', '[]', 9)", row)
            assert opened.proof(SERVER, "1.40") == Proof(11)
            assert opened.proof(SERVER, VERSION) == Proof(3)
            assert opened.first_writes.unseen(SERVER) == [WRITE]


def test_what_was_there_before_the_first_of_several_writes_counts(book: TraitBook) -> None:
    book.first_writes.begin(SERVER, [WRITE], 1000.0)
    again = replace(WRITE, before="half of it", written="more", former="[1]", owner="another")
    book.first_writes.begin(SERVER, [again], 1010.0)
    expected = replace(WRITE, written="more", owner="another")
    assert book.first_writes.unseen(SERVER) == [expected]
    assert book.first_writes.unseen("another server") == []


def test_what_was_seen_is_counted_and_no_longer_unseen_at_once(book: TraitBook) -> None:
    book.first_writes.begin(SERVER, [WRITE, replace(WRITE, rating_key=8)], 1000.0)
    book.advance(SERVER, VERSION, 1, 1001.0, [7])
    assert [each.rating_key for each in book.first_writes.unseen(SERVER)] == [8]
    assert book.proof(SERVER, VERSION) == Proof(1)


def test_the_rating_of_what_is_taken_back_is_nobodys(book: TraitBook) -> None:
    book.first_writes.begin(SERVER, [WRITE], 1000.0)
    assert book.was_ours(SERVER, 7, 1005)
    book.first_writes.taken_back(SERVER, 7, 1010.0)
    assert book.first_writes.unseen(SERVER) == []
    assert book.was_ours(SERVER, 7, 1005)
    assert not book.was_ours(SERVER, 7, 9000)
    assert book.unfinished(SERVER) == []


def test_an_item_that_is_on_trial_stays_so(book: TraitBook) -> None:
    book.touch(SERVER, {7: "before the trial"}, "gone", 900.0)
    book.first_writes.begin(SERVER, [WRITE], 1000.0)
    book.first_writes.taken_back(SERVER, 7, 1010.0)
    assert [each.before for each in book.unfinished(SERVER)] == ["before the trial"]
