"""The hook path through the real entry script, started as Stash starts it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import Call, Delay, Hang
from simulators.rig import PLUGIN_ID, TREE, Rig
from worker.debounce import FIRST_WAIT_S

SCRIPT = TREE / "plex_sync.py"


def run_script(
    document: bytes, *python_options: str, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """A hook, as the manifest has it started."""
    return subprocess.run(
        [sys.executable, "-S", *python_options, str(SCRIPT), "hook"],
        input=document,
        capture_output=True,
        timeout=60,
        check=False,
        **options,
    )


def test_an_edit_in_stash_arrives_in_plex(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "A Trip to the Moon", "details": "New words."})
    rig.until(lambda: rig.title(1) == "A Trip to the Moon", "the new title")
    rig.until_drained()
    assert rig.item(1).fields["summary"] == "New words."
    assert rig.item(1).fields["studio"] == rig.films[0].studio


@pytest.mark.parametrize("version", ["v0.30.0", "v0.25.1"])
def test_a_stash_that_tells_relative_folders_has_one_data_folder(rig: Rig, version: str) -> None:
    """It was started in the folder of its config file. Before 0.26 it names that folder "."."""
    rig.stash.config.found_in_working_dir = True
    rig.stash.config.version = version
    rig.stash.update_scene({"id": 1, "title": "Saved by hand"})
    rig.until(lambda: rig.title(1) == "Saved by hand", "the edit")
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 60)
    rig.until_drained()
    assert rig.title(10) == rig.films[9].title
    options = ["--config-dir=.", f"--stash-url={rig.stash.url}", f"--plugin-id={PLUGIN_ID}"]
    status = subprocess.run(
        [sys.executable, str(SCRIPT), *options, "status", "--json"],
        cwd=rig.config_dir,
        capture_output=True,
        timeout=60,
        check=True,
    )
    (worker,) = rig.workers()
    assert json.loads(status.stdout)["worker"] == {"pid": worker.pid}
    # None below the plugin's, the worker's or anybody else's working folder.
    assert [*rig.config_dir.rglob("jobs.db")] == [rig.data_dir / "jobs.db"]


def test_saving_does_not_wait_for_plex(rig: Rig) -> None:
    rig.plex.faults.add(Hang())
    rig.stash.update_scene({"id": 1, "title": "Saved meanwhile"})
    # Plex is still silent here; had the hook waited, the line above would not have returned.
    assert rig.title(1) != "Saved meanwhile"
    rig.plex.faults.clear()
    rig.until(lambda: rig.title(1) == "Saved meanwhile", "the edit")


def test_an_edit_made_while_plex_is_down_arrives_when_it_is_back(rig: Rig) -> None:
    rig.plex.stop()
    rig.stash.update_scene({"id": 2, "title": "Made in the dark"})
    rig.until(lambda: "waiting: Plex does not answer" in rig.log_file(), "the pause")
    rig.plex.start()
    rig.until(lambda: rig.title(2) == "Made in the dark", "the edit")
    with rig.store() as store:
        assert not store.failures()


def test_a_bulk_edit_of_a_hundred_scenes_arrives_through_one_worker(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=100)
    rig.stash.bulk_update_scenes({"ids": list(range(1, 101)), "title": "All alike"})
    rig.until_drained()
    assert {rig.title(scene_id) for scene_id in range(1, 101)} == {"All alike"}
    assert rig.log_file().count("the worker has started") == 1


def test_fifty_hooks_at_once_are_all_recorded_and_start_one_worker(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=50)
    for scene_id in range(1, 51):
        rig.stash.library.update(rig.stash.library.scene(scene_id), title=f"Title {scene_id}")
    hooks = [rig.start_hook(scene_id) for scene_id in range(1, 51)]
    ended = [(*hook.communicate(timeout=60), hook.returncode) for hook in hooks]
    assert {(out, status) for out, _, status in ended} == {(b'{"output": "ok"}\n', 0)}
    # The later ones may already hand over what the worker has to say.
    assert {line[:3] for _, err, _ in ended for line in err.splitlines()} <= {b"\x01i\x02"}
    rig.until_drained()
    assert [rig.title(each) for each in range(1, 51)] == [f"Title {each}" for each in range(1, 51)]
    assert rig.log_file().count("the worker has started") == 1
    # If the machine is so busy that the first is slow to begin, another is started; it leaves.
    rig.until(lambda: len(rig.worker_pids()) == 1, "one worker")


def test_a_second_edit_while_the_first_is_written_is_not_lost(rig: Rig) -> None:
    def save_again() -> None:
        rig.stash.update_scene({"id": 1, "title": "Second"})

    rig.plex.faults.add(Call(save_again), "PUT .*/all", times=1)
    rig.stash.update_scene({"id": 1, "title": "First"})
    rig.until(lambda: rig.title(1) == "Second", "the second edit")
    rig.until_drained()
    assert rig.title(1) == "Second"


def test_two_hundred_saves_of_one_scene_cost_a_handful_of_syncs(rig: Rig) -> None:
    began = time.monotonic()
    for number in range(200):
        rig.stash.update_scene({"id": 1, "title": f"Save {number}"})
    rig.until(lambda: rig.title(1) == "Save 199", "the last save")
    # The first at once; after each a pause, however long all this takes.
    syncs_at_most = 1 + (time.monotonic() - began) / FIRST_WAIT_S
    assert rig.plex.requests.count("PUT") <= min(syncs_at_most, 100)


def test_a_killed_worker_leaves_its_work_to_the_next_event(rig: Rig) -> None:
    rig.plex.faults.add(Hang(), "PUT .*/all", times=1)
    rig.stash.update_scene({"id": 1, "title": "Written after the kill"})
    rig.until(lambda: rig.plex.requests.count("PUT") == 1, "the write that hangs")
    assert len(rig.kill_workers()) == 1
    rig.plex.faults.clear()
    rig.stash.update_scene({"id": 2, "title": "The next event"})
    rig.until(lambda: rig.title(1) == "Written after the kill", "the first edit")
    rig.until(lambda: rig.title(2) == "The next event", "the second edit")


def test_a_killed_hook_has_stored_its_event_or_nothing(rig: Rig) -> None:
    hooks = [rig.start_hook(1) for _ in range(5)]
    for hook in hooks:
        hook.kill()
        hook.communicate()
    rig.stash.update_scene({"id": 1, "title": "After the kills"})
    rig.until(lambda: rig.title(1) == "After the kills", "the edit")


def test_a_deleted_scene_is_no_failure(rig: Rig) -> None:
    rig.stash.graphql('mutation { sceneDestroy(input: {id: "3"}) }')
    rig.until(lambda: bool(rig.worker_pids()), "the worker")
    rig.until_drained()
    with rig.store() as store:
        assert store.failures() == []


def test_a_slow_plex_keeps_nobody_waiting(rig: Rig) -> None:
    rig.plex.faults.add(Delay(1.0), "PUT", times=3)
    for number in range(3):
        rig.stash.update_scene({"id": 1, "title": f"Slow {number}"})
    assert rig.title(1) != "Slow 2"
    rig.until(lambda: rig.title(1) == "Slow 2", "the last edit")


# What a hook imports


def test_a_hook_imports_nothing_heavy(rig: Rig) -> None:
    done = run_script(rig.hook_input(1), "-X", "importtime")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert done.returncode == 0
    assert "jobs.inbox" in imported  # the list is what it seems to be
    heavy = {"plexapi", "pydantic", "requests", "asyncio", "stashapi", "logging", "http.client"}
    heavy |= {"sqlite3", "json", "re"}
    assert heavy & imported == set()


def test_a_hook_beside_a_living_worker_starts_no_process(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "Starts the worker"})
    rig.until(lambda: bool(rig.workers()), "the worker")
    done = run_script(rig.hook_input(1), "-X", "importtime")
    assert "subprocess" not in done.stderr.decode()


# Bad input and bad surroundings


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[]", "server_connection"),
        (b'{"args": {}}', "server_connection"),
        (b'{"server_connection": {"Dir": ""}}', "no config file"),
    ],
    ids=["empty", "not text", "a list", "no connection", "no folder"],
)
def test_malformed_input_gets_a_clear_error(document: bytes, says: str) -> None:
    done = run_script(document)
    assert says in json.loads(done.stdout)["error"]
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"type": "Gallery.Update.Post"}, "not one that PlexSync handles"),
        ({"type": None}, "not one that PlexSync handles"),
        ({"id": None}, "names no object"),
        ({"id": "seven"}, "names no object"),
        ({"id": -3}, "names no object"),
        ({"id": True}, "names no object"),
    ],
    ids=["other type", "no type", "no id", "id in words", "negative id", "boolean id"],
)
def test_a_malformed_hook_gets_a_clear_error(rig: Rig, context: dict[str, Any], says: str) -> None:
    """From the worker: the hook doesn't read what it stores."""
    done = run_script(rig.hook_input(1, **context))
    assert json.loads(done.stdout) == {"output": "ok"}
    rig.until(lambda: says in rig.stash.log_text(), "the worker's line")
    (line,) = [each for each in rig.stash.log if says in each.text]
    assert line.level == "warning"


@pytest.mark.parametrize(
    "context",
    [
        {"input": None},
        {"input": {"id": "1", "title": "x"}, "inputFields": ["id", "title"]},
        {"input": [{"id": "1"}, {"id": "2"}], "inputFields": ["title"]},
        {"id": "1", "input": {"ids": ["1"], "tag_ids": {"ids": [], "mode": "SET"}}},
    ],
    ids=["null", "object", "list", "bulk"],
)
def test_every_shape_of_input_is_accepted(rig: Rig, context: dict[str, Any]) -> None:
    done = run_script(rig.hook_input(1, **context))
    assert json.loads(done.stdout) == {"output": "ok"}
    rig.until_drained()
    assert rig.title(1) == rig.films[0].title


def test_an_event_that_cannot_concern_plex_is_dropped(rig: Rig) -> None:
    done = run_script(rig.hook_input(1, inputFields=["id", "play_count", "resume_time"]))
    assert json.loads(done.stdout) == {"output": "ok"}
    rig.until(lambda: "the worker has started" in rig.log_file(), "the worker")
    rig.until_drained()
    assert rig.title(1) != rig.films[0].title


def test_a_data_folder_that_cannot_be_made_gets_a_clear_error(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(tried=False)
    rig.data_dir.write_text("in the way")
    done = run_script(rig.hook_input(1))
    assert "cannot" in json.loads(done.stdout)["error"]
    assert str(rig.data_dir) in json.loads(done.stdout)["error"]
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_gets_a_clear_error(rig: Rig) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    done = run_script(rig.hook_input(1), preexec_fn=no_room)
    message = json.loads(done.stdout)["error"]
    assert "disk" in message
    assert "not recorded" in message
    assert done.stderr == b""


def test_a_locked_database_keeps_no_save_waiting_and_loses_nothing(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "Makes the database"})
    rig.until_drained()
    blocker = sqlite3.connect(rig.data_dir / "jobs.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    rig.stash.library.update(rig.stash.library.scene(2), title="Spooled")
    done = run_script(rig.hook_input(2))
    blocker.execute("ROLLBACK")
    blocker.close()
    assert json.loads(done.stdout) == {"output": "ok"}
    assert done.stderr == b""
    rig.until(lambda: rig.title(2) == "Spooled", "the spooled edit")


def test_a_damaged_database_is_set_aside_and_the_event_stored(rig: Rig) -> None:
    rig.data_dir.mkdir(exist_ok=True)
    (rig.data_dir / "jobs.db").write_bytes(b"not a database" * 100)
    done = run_script(rig.hook_input(1))
    assert json.loads(done.stdout) == {"output": "ok"}
    rig.until(lambda: rig.title(1) == rig.films[0].title, "the edit")
    assert [each.name for each in rig.data_dir.glob("jobs.db.damaged-*")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file modes")
def test_everything_in_the_data_folder_is_private(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "Leaves traces"})
    rig.until_drained()
    modes = {
        each.relative_to(rig.data_dir): oct(os.stat(each).st_mode & 0o777)
        for each in rig.data_dir.rglob("*")
        if each.is_file()
    }
    assert set(modes.values()) == {"0o600"}, modes
    assert oct(os.stat(rig.data_dir).st_mode & 0o777) == "0o700"


def test_the_cookie_stays_out_of_command_line_and_environment(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(username="keeper", password="a password")
    rig.stash.update_scene({"id": 1, "title": "With a login"})
    rig.until(lambda: rig.title(1) == "With a login", "the edit")
    proc = Path("/proc")
    if not proc.exists():
        pytest.skip("needs /proc")
    (pid,) = rig.worker_pids()
    shown = (proc / str(pid) / "cmdline").read_bytes() + (proc / str(pid) / "environ").read_bytes()
    assert b"session" not in shown.lower().replace(b"xdg_session", b"").replace(
        b"dbus_session", b""
    )


def test_the_first_hook_of_a_bulk_edit_stores_all_its_scenes(rig: Rig) -> None:
    """Stash runs no more of the hooks when the browser goes away, but all scenes are changed."""
    for scene_id in (2, 3, 4):
        rig.stash.library.update(rig.stash.library.scene(scene_id), title="Edited together")
    bulk = {"ids": ["2", "3", "4"], "title": "Edited together"}
    run_script(rig.hook_input(2, input=bulk, inputFields=["ids", "title"]))
    for scene_id in (3, 4):
        rig.until(
            lambda each=scene_id: rig.title(each) == "Edited together",  # type: ignore[misc]
            "the scenes without a hook of their own",
        )


def test_the_first_hook_of_the_filename_parser_stores_all_its_scenes(rig: Rig) -> None:
    together = [{"id": "5", "title": "Parsed"}, {"id": "6", "title": "Parsed"}]
    for scene_id in (5, 6):
        rig.stash.library.update(rig.stash.library.scene(scene_id), title="Parsed")
    run_script(rig.hook_input(5, input=together, inputFields=["id", "title"]))
    rig.until(lambda: rig.title(6) == "Parsed", "the scene without a hook of its own")


def test_a_later_hook_of_a_bulk_edit_stores_its_own_scene_only(rig: Rig) -> None:
    rig.stash.stop()  # so that the queue stays as it is
    run_script(rig.hook_input(3, input={"ids": ["2", "3", "4"]}))
    rig.until(lambda: "waiting: Stash at" in rig.log_file(), "the worker, with the event")
    with rig.store() as store:
        assert (store.count(), store.events_waiting()) == (1, 0)


def test_while_the_plugin_is_disabled_what_waits_is_kept(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "Before"})
    rig.until(lambda: rig.title(1) == "Before", "the edit")
    rig.stash.config.disabled_plugins.append("plex_sync")
    # What a hook stored just before the plugin was disabled.
    with rig.store() as store:
        store.enqueue("scene", [2], 0, 0.0)
    rig.until(lambda: "is disabled or gone" in rig.log_file(), "the worker's word")
    assert rig.title(2) != rig.films[1].title
    assert rig.jobs_left() == 1
    rig.stash.config.disabled_plugins.remove("plex_sync")
    rig.until(lambda: rig.title(2) == rig.films[1].title, "the edit, without another event")


def test_once_the_plugin_is_disabled_the_rest_of_the_batch_is_not_written(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=60)
    rig.plex.faults.add(Delay(0.2), "PUT ")
    ids = [str(number) for number in range(1, 61)]
    hook = rig.start_hook(1, input={"ids": ids}, inputFields=["ids", "title"])
    rig.until(lambda: rig.plex.library.writes > 0, "the first write")
    rig.stash.config.disabled_plugins.append("plex_sync")
    rig.until(lambda: "is disabled or gone" in rig.log_file(), "the worker's word")
    written = rig.plex.library.writes
    assert written < 30
    hook.communicate()
    with rig.store() as store:
        assert store.count() >= 60 - written
    time.sleep(1.0)
    assert rig.plex.library.writes == written
    rig.stash.config.disabled_plugins.remove("plex_sync")
    rig.until_drained()
    with rig.store() as store:
        assert store.failures() == []
    assert rig.title(60) == rig.films[59].title
