"""What a process opens, it closes; what it finds damaged, it sets aside."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jobs.registry import WORKER
from jobs.schema import FILE_NAME, LIVE
from pipeline import stores
from plex import own_identity
from plex.own_identity import client_identifier
from stash.connection import StashConnection
from storage.files import ATTEMPTS, StorageError
from tests.storage.files import make_damaged
from worker.circuit import PAUSE_NOTE
from worker.context import Context, open_context

NOW = 1_700_000_000.0


@contextmanager
def opened(folder: Path) -> Iterator[Context]:
    """A context whose Stash is never asked."""
    connection = StashConnection("http://127.0.0.1:9")
    with open_context(str(folder), connection, "plex_sync", WORKER) as context:
        yield context


def is_closed(context: Context) -> bool:
    try:
        context.stores.store.count()
    except StorageError as error:
        return "closed" in str(error)
    return False


def test_everything_is_open_within_the_block_and_closed_after_it(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        assert context.stores.store.count() == 0
        assert not is_closed(context)
    assert is_closed(context)


def test_everything_is_closed_after_a_failure_as_well(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), opened(tmp_path) as context:
        raise ValueError("inside")
    assert is_closed(context)


def test_what_was_opened_before_a_failure_to_open_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that stays open is a ResourceWarning, which fails this test."""

    def refuse(*_args: object) -> None:
        raise StorageError("the ledger cannot be opened")

    monkeypatch.setattr(stores, "Ledger", refuse)
    with pytest.raises(StorageError), opened(tmp_path):
        pytest.fail("it was opened")


def test_the_client_identifier_stays_the_same(tmp_path: Path) -> None:
    identifiers = set()
    for _ in range(2):
        with opened(tmp_path) as context:
            identifiers.add(context.stores.client_id)
    assert len(identifiers) == 1


def test_of_several_first_processes_one_names_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one comes by right before the first would put its own identifier in place."""
    others: list[str] = []

    def late(put: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def put_late(draft: str, path: str) -> None:
            monkeypatch.undo()
            others.append(client_identifier(str(tmp_path)))
            put(draft, path)

        return put_late

    for name in ("link", "replace"):
        monkeypatch.setattr(os, name, late(getattr(os, name)))
    first = client_identifier(str(tmp_path))

    assert [first, *others] == [(tmp_path / "client-id").read_text()] * 2
    assert [each.name for each in tmp_path.iterdir()] == ["client-id"]


@pytest.mark.parametrize("content", [None, ""], ids=["none", "left-empty-by-a-crash"])
def test_without_links_the_client_identifier_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    def refuse(_draft: str, _path: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    if content is not None:
        (tmp_path / "client-id").write_text(content)
    first, second = (client_identifier(str(tmp_path)) for _ in range(2))

    assert first == second
    assert len(first) == 36
    assert [each.name for each in tmp_path.iterdir()] == ["client-id"]


def test_a_client_identifier_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a virus scanner makes it so for a moment."""
    first = client_identifier(str(tmp_path))
    refusals = ATTEMPTS - 1

    def refuse(path: str, **options: Any) -> Any:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise PermissionError(13, "Permission denied")
        return open(path, **options)

    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(own_identity, "open", refuse, raising=False)
    assert client_identifier(str(tmp_path)) == first
    refusals = ATTEMPTS
    with pytest.raises(StorageError, match="client-id: Permission denied"):
        client_identifier(str(tmp_path))


def test_a_damaged_job_store_is_set_aside_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_damaged(tmp_path / FILE_NAME)
    with caplog.at_level(logging.ERROR, "worker.context"), opened(tmp_path) as context:
        assert context.stores.store.count() == 0
    (kept,) = tmp_path.glob("jobs.db.damaged-*")
    assert str(kept) in caplog.text
    assert "run the task that syncs all scenes" in caplog.text


def test_a_registered_process_beats_and_leaves_at_the_end(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        registry = context.stores.registry
        assert registry.enter(NOW, 0.0)
        context.stores.store.enqueue("scene", [1], LIVE, NOW)
        with context.registered() as heartbeat:
            heartbeat.beat()
            context.stores.store.claim(registry.token, [LIVE], NOW)
        assert not registry.is_entered()
        assert context.stores.store.counts() == {(LIVE, "queued"): 1}


def test_to_begin_takes_one_commit(tmp_path: Path) -> None:
    """Each is a moment of the disk, for which the first save after a rest waits."""
    with opened(tmp_path) as context:
        registry, said = context.stores.registry, list[str]()
        with registry.database.read() as connection:
            connection.set_trace_callback(said.append)
        registry.enter(NOW, 0.0)
        with context.registered():
            assert said.count("COMMIT") == 1
        assert registry.time_seen() == NOW


def test_what_a_killed_process_waited_for_is_forgotten(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        context.stores.store.set_note(PAUSE_NOTE, json.dumps({"error": "down"}))
        context.stores.registry.enter(NOW, 0.0)
        with context.registered():
            assert context.stores.store.note(PAUSE_NOTE) is None


def test_workers_stop_when_their_context_is_told_to(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        worker = context.worker([LIVE])
        context.stop.set()
        worker.run()
        assert worker.failure is None
