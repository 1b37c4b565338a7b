"""The worker's lines in Stash's log, and what must never be in any log."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.rig import PLUGIN_ID, Rig
from tests.harness.rig import SYNC_ALL, run_task
from tests.leaks import Watch


def worker_lines(rig: Rig) -> list[tuple[str, str]]:
    return [(line.level, line.text) for line in rig.stash.log if line.source == "operation"]


def test_the_workers_lines_appear_in_stashs_log_by_themselves(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "Watched"})
    rig.until(
        lambda: any("scene 1: wrote title" in text for _, text in worker_lines(rig)),
        "the worker's line in Stash's log",
    )
    levels = {level for level, text in worker_lines(rig) if "scene 1: wrote" in text}
    assert levels == {"info"}


def test_levels_are_kept(rig: Rig) -> None:
    rig.configure(plex_libraries="No such library")
    rig.stash.update_scene({"id": 1, "title": "Waits"})
    rig.until(
        lambda: any(level == "error" and "waiting:" in text for level, text in worker_lines(rig)),
        "the error in Stash's log",
    )


def test_a_line_break_in_a_files_path_forges_no_line(rig: Rig) -> None:
    forged = "2026-11-29 12:00:00,000 1 ERROR worker: forged"
    for scene_id, line_break in enumerate(("\n", "\u2028", "\x85"), start=1):
        video = rig.stash.library.scene(scene_id).files[0]
        video.path = f"/elsewhere/{scene_id}{line_break}{forged}.mp4"
        video.size += 1
    run_task(rig, SYNC_ALL)
    lines = rig.log_file().splitlines()
    # One for each, and one for all.
    assert sum("is not in Plex" in line for line in lines) == 4
    assert not [line for line in lines if line.startswith(forged)]


def test_the_token_typed_into_another_setting_is_not_repeated(rig: Rig) -> None:
    rig.configure(plex_libraries=rig.plex.token, tags_as=rig.plex.token)
    lines = run_task(rig, SYNC_ALL)
    assert "setting tags_as" in lines
    assert "no movie or show library called" in lines
    assert rig.plex.token not in lines + rig.log_file()


def test_lines_of_a_killed_worker_are_delivered_by_the_next_one(rig: Rig) -> None:
    with rig.store() as store:
        store.add_log_lines([("w", "last words of a worker")])
    rig.stash.update_scene({"id": 1, "title": "Delivers"})
    rig.until(
        lambda: any(
            line.level == "warning" and "last words" in line.text for line in rig.stash.log
        ),
        "the line in Stash's log",
    )
    with rig.store() as store:
        assert ("w", "last words of a worker") not in store.take_log_lines()


@pytest.mark.parametrize("task", ["Status", "Check set-up"])
def test_lines_of_a_worker_without_a_session_are_handed_over_by_the_next_task(
    rig: Rig, task: str
) -> None:
    """All of them: the newest are its last words."""
    with rig.store() as store:
        store.add_log_lines([("i", f"line {number}") for number in range(1000)])
        store.add_log_lines([("w", "last words of a worker")])
    rig.stash.wait_for_job(rig.stash.run_task(task))
    lines = [(line.level, line.text) for line in rig.stash.log if line.source == "task"]
    assert lines[:2] == [("info", "line 0"), ("info", "line 1")]
    assert lines[1000] == ("warning", "last words of a worker")
    assert len(lines) > 1001
    with rig.store() as store:
        assert not store.has_log_lines()


def test_a_task_that_cannot_be_loaded_hands_them_over_as_well(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=1, link=False)
    (rig.config_dir / "plugins" / PLUGIN_ID / "entry" / "task.py").unlink()
    with rig.store() as store:
        store.add_log_lines([("w", "last words of a worker")])
    rig.stash.wait_for_job(rig.stash.run_task("Sync recent changes"))
    lines = [(line.level, line.text) for line in rig.stash.log if line.source == "task"]
    assert lines == [("warning", "last words of a worker")]
    assert "own files don't fit together" in rig.stash.log_text()


def test_a_worker_that_cannot_even_begin_has_that_told(
    make_rig: Callable[..., Rig],
) -> None:
    """It has no relay yet."""
    rig = make_rig(count=1)
    rig.data_dir.mkdir(parents=True, exist_ok=True)
    (rig.data_dir / "ledger.db").mkdir()
    rig.stash.update_scene({"id": 1, "title": "Edited"})
    rig.until(lambda: "the worker cannot work" in rig.log_file(), "the worker's complaint")
    rig.until(lambda: not rig.worker_pids(), "its end")
    assert any(
        line.level == "error" and "the worker cannot work: cannot open" in line.text
        for line in rig.stash.log
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_lines_reach_stash_as_utf8_whatever_the_system_writes(
    make_rig: Callable[..., Rig], encoding: str
) -> None:
    """On Windows a pipe gets the ANSI code page."""
    rig = make_rig(environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    with rig.store() as store:
        store.add_log_lines([("i", "scene 1: Amélie 日本 🎬")])
    rig.stash.update_scene({"id": 1, "title": "Amélie 日本"})
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes", {"mode": "日本"}))
    lines = [line.text for line in rig.stash.log]
    assert "scene 1: Amélie 日本 🎬" in lines
    assert any("日本" in line for line in lines if "unknown mode" in line)


def test_no_secret_is_in_any_log_database_or_answer(
    make_rig: Callable[..., Rig], watch: Watch
) -> None:
    rig = make_rig(username="keeper", password="a password")
    rig.configure(plex_token="wrong-token-typed-in")
    rig.stash.update_scene({"id": 1, "title": "Refused"})
    rig.until(lambda: "Plex refuses the token" in rig.log_file(), "the refusal")
    rig.configure()
    rig.until(lambda: rig.title(1) == "Refused", "the edit after the correction")
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    rig.stash.wait_for_job(rig.stash.run_task("Status"))
    assert watch.leaks() == []
