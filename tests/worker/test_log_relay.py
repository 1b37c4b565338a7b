"""The worker's log lines on their way to Stash's log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobs.store import KEPT_LINES, JobStore, open_job_database
from logs.redact import remember_secret
from stash.exceptions import StashUnavailable
from storage.sqlite import StorageError
from worker.log_relay import DELIVERY_PAUSE_S, FLUSH_S, LineBuffer, LogRelay


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with closing(open_job_database(str(tmp_path))) as database:
        yield JobStore(database)


@pytest.fixture
def buffer() -> Iterator[LineBuffer]:
    """What is logged to the logger "relayed" arrives here."""
    handler = LineBuffer()
    logger = logging.getLogger("relayed")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)


log = logging.getLogger("relayed")


def test_lines_keep_their_level_and_debug_lines_stay_out(buffer: LineBuffer) -> None:
    log.debug("detail")
    log.info("scene %d: wrote title", 7)
    log.warning("careful")
    log.error("broken")
    assert buffer.take() == [("i", "scene 7: wrote title"), ("w", "careful"), ("e", "broken")]
    assert buffer.take() == []


def test_several_lines_of_one_message_stay_several(buffer: LineBuffer) -> None:
    log.info("one\ntwo\n\n")
    assert buffer.take() == [("i", "one"), ("i", "two")]


def test_secrets_never_reach_the_store(buffer: LineBuffer) -> None:
    remember_secret("a-very-secret-token")
    log.error("failed at http://plex/?X-Plex-Token=another-one with a-very-secret-token")
    ((_, line),) = buffer.take()
    assert "a-very-secret-token" not in line
    assert "another-one" not in line


def test_a_turn_stores_the_lines_and_has_them_delivered(
    store: JobStore, buffer: LineBuffer
) -> None:
    delivered: list[tuple[str, str]] = []
    relay = LogRelay(store, buffer, lambda: delivered.extend(store.take_log_lines()))
    log.info("hello")
    relay.turn(FLUSH_S)
    assert delivered == [("i", "hello")]


def test_nothing_is_delivered_when_there_is_nothing(store: JobStore, buffer: LineBuffer) -> None:
    calls: list[int] = []
    relay = LogRelay(store, buffer, lambda: calls.append(1))
    relay.turn(60.0)
    assert calls == []


def test_lines_wait_in_the_store_while_stash_is_away(store: JobStore, buffer: LineBuffer) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise StashUnavailable("gone")

    relay = LogRelay(store, buffer, fail)
    log.info("kept")
    relay.turn(FLUSH_S)
    relay.turn(FLUSH_S)
    assert calls == [1]
    relay.turn(DELIVERY_PAUSE_S)
    assert calls == [1, 1]
    assert store.take_log_lines() == [("i", "kept")]


def test_lines_that_the_store_cannot_take_wait_for_the_next_turn(
    store: JobStore, buffer: LineBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed while the disk was full is what its user has to know."""

    def refuse(_lines: object) -> None:
        log.info("said meanwhile")
        raise StorageError("database or disk is full")

    relay = LogRelay(store, buffer, lambda: None)
    log.error("scene 7 failed")
    with monkeypatch.context() as patch:
        patch.setattr(store, "add_log_lines", refuse)
        relay.turn(FLUSH_S)
    relay.turn(FLUSH_S)
    assert store.take_log_lines() == [("e", "scene 7 failed"), ("i", "said meanwhile")]


def test_of_lines_that_nobody_takes_the_newest_are_kept(buffer: LineBuffer) -> None:
    buffer.give_back([("i", str(number)) for number in range(KEPT_LINES + 1)])
    assert buffer.take()[0] == ("i", "1")


def test_the_last_lines_are_stored_at_the_end(store: JobStore, buffer: LineBuffer) -> None:
    with LogRelay(store, buffer, lambda: None):
        log.info("goodbye")
    assert ("i", "goodbye") in store.take_log_lines()
