"""Lines that wait in the job store for a process with a way to Stash's log."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from entry.pending_log import leave
from jobs.schema import FILE_NAME
from jobs.store import LINES_AT_ONCE, JobStore, open_job_database
from simulators.rig import Rig
from stash.protocol import Invocation
from worker.log_relay import hand_over


def told(folder: Path, **connection: object) -> Invocation:
    """Whose data folder is in this one, and whose Stash is none unless it is told."""
    return Invocation({"Dir": str(folder), "Host": "127.0.0.1", "Port": 1, **connection}, {})


def test_all_that_waits_is_written_once_and_in_its_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest lines, such as a worker's last words, come last."""
    number = LINES_AT_ONCE * 2 + 1
    leave(told(tmp_path), [("i", f"line {each}") for each in range(number)])
    leave(told(tmp_path), [("w", "last words")])
    assert hand_over(told(tmp_path).data_dir) == number + 1
    assert capsys.readouterr().err.splitlines() == [
        *(f"\x01i\x02line {each}" for each in range(number)),
        "\x01w\x02last words",
    ]
    assert hand_over(told(tmp_path).data_dir) == 0
    assert capsys.readouterr().err == ""


def test_nothing_is_made_where_nothing_waits(tmp_path: Path) -> None:
    leave(told(tmp_path), [])
    assert hand_over(told(tmp_path).data_dir) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_costs_the_lines_and_is_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plex_sync").mkdir()
    (tmp_path / "plex_sync" / FILE_NAME).write_bytes(b"no database" * 100)
    leave(told(tmp_path), [("e", "not kept")])
    assert hand_over(told(tmp_path).data_dir) == 1
    assert "the job store was damaged and is kept as" in capsys.readouterr().err
    assert hand_over(told(tmp_path).data_dir) == 0


def test_what_is_left_is_kept_for_the_next_process(tmp_path: Path) -> None:
    leave(told(tmp_path), [("e", "one"), ("w", "two")])
    with closing(open_job_database(told(tmp_path).data_dir)) as database:
        assert JobStore(database).take_log_lines() == [("e", "one"), ("w", "two")]


@pytest.mark.parametrize("is_usable", [True, False], ids=["stored", "no store"])
def test_stash_is_asked_to_fetch_them(rig: Rig, is_usable: bool) -> None:
    """Whoever leaves them has no other way there, and hooks don't look for them."""
    if not is_usable:
        rig.data_dir.mkdir(exist_ok=True)
        (rig.data_dir / FILE_NAME).write_bytes(b"no database" * 100)
    leave(Invocation(rig.server_connection(), {}), [("e", "cannot begin"), ("w", "a\nb")])
    told_levels = ("error", "warning")
    lines = [(line.level, line.text) for line in rig.stash.log if line.level in told_levels]
    assert ("error", "cannot begin") in lines
    assert any(text.startswith("a") for level, text in lines if level == "warning")


def test_a_plugin_that_is_disabled_is_not_called(rig: Rig) -> None:
    """Stash would log that in red."""
    rig.stash.config.disabled_plugins.append("plex_sync")
    rig.stash.requests.clear()
    leave(Invocation(rig.server_connection(), {}), [("w", "last words")])
    # The question whether it is there.
    assert rig.stash.requests.count("POST", "/graphql") == 1
    with rig.store() as store:
        assert store.take_log_lines() == [("w", "last words")]
