"""Plex is asked to look for new files: where, how often, and what becomes of the job."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from commands import tasks
from commands.explain import explain, explanation_lines
from jobs.schema import BACKGROUND, LIVE, TASK
from matching.sections import Folder
from pipeline.scan import MOST_FOLDERS, PAUSE_S, FolderScans
from plex.client import PlexClient
from simulators.faults import Drop, Reply
from simulators.rig import FOLDER
from tests.harness.turns import at_any_time
from tests.harness.worker import Shift


@pytest.fixture
def scanning(on_shift: Shift) -> Shift:
    """A worker with the setting on."""
    on_shift.desk.configure(scan_plex=True)
    return on_shift


def scans(shift: Shift) -> list[str | None]:
    return [path for _, path in shift.rig.plex.library.scans]


# What is asked


def test_an_unknown_file_has_its_folder_scanned_and_is_synced_soon(scanning: Shift) -> None:
    scene = scanning.new_scene(title="New", folder=f"{FOLDER}/2024")
    scanning.put_on_disk(scene)
    scanning.event(scene.id)
    assert scans(scanning) == [f"{FOLDER}/2024"]
    (retry,) = scanning.store.retries()
    assert f"Plex was asked to scan {FOLDER}/2024" in retry.error
    scanning.plex_scans()
    scanning.go_on(12.5)
    assert scanning.plex_title(scene) == "New"
    assert len(scans(scanning)) == 1


def test_in_the_background_the_scan_is_waited_for_as_well(scanning: Shift) -> None:
    """Where Plex is else asked for what is new only now and then."""
    scanning.event(1)
    scene = scanning.new_scene(title="New")
    scanning.put_on_disk(scene)
    scanning.event(scene.id, lane=BACKGROUND)
    scanning.plex_scans()
    scanning.go_on(12.5)
    assert scanning.plex_title(scene) == "New"


def test_without_the_setting_nothing_is_scanned(on_shift: Shift) -> None:
    scene = on_shift.new_scene(title="New")
    on_shift.event(scene.id)
    assert scans(on_shift) == []
    assert len(on_shift.store.retries()) == 1


def test_many_files_of_a_folder_are_one_request(scanning: Shift) -> None:
    scenes = [scanning.new_scene(number) for number in range(30)]
    scanning.event(*(each.id for each in scenes[:20]))
    scanning.event(*(each.id for each in scenes[20:]))
    assert scans(scanning) == [FOLDER]


def test_a_folder_is_scanned_again_after_a_while(scanning: Shift) -> None:
    scanning.event(scanning.new_scene(1).id)
    scanning.go_on(PAUSE_S - 1)
    scanning.event(scanning.new_scene(2).id)
    assert len(scans(scanning)) == 1
    scanning.go_on(2)
    scanning.event(scanning.new_scene(3).id)
    assert len(scans(scanning)) == 2


def test_many_folders_are_scanned_by_those_that_hold_them(scanning: Shift) -> None:
    number = MOST_FOLDERS + 5
    new = [scanning.new_scene(n, folder=f"{FOLDER}/studio/{n}") for n in range(number)]
    scanning.event(*(each.id for each in new))
    assert scans(scanning) == [f"{FOLDER}/studio"]


def test_the_path_is_the_one_that_plex_sees(scanning: Shift) -> None:
    scanning.rig.section.locations = ["/media/films"]
    scanning.desk.configure(scan_plex=True, path_map="/data => /media")
    scanning.event(scanning.new_scene(folder=f"{FOLDER}/2024").id)
    assert scans(scanning) == ["/media/films/2024"]


def test_where_no_library_is_nothing_is_scanned_and_the_advice_says_why(scanning: Shift) -> None:
    scene = scanning.new_scene(folder="/elsewhere")
    scanning.event(scene.id)
    assert scans(scanning) == []
    with scanning.store.database.read() as connection:
        ((advice,),) = connection.execute("SELECT advice FROM jobs").fetchall()
    assert "none of the synced libraries has the folder" in advice
    with scanning.desk.context() as context:
        lines = explanation_lines(explain(context, scene.id))
    assert any("none of the synced libraries has the folder" in line for line in lines)


def test_explaining_tells_what_would_be_scanned_and_asks_nobody(scanning: Shift) -> None:
    scene = scanning.new_scene(folder=f"{FOLDER}/2024")
    with scanning.desk.context() as context:
        lines = explanation_lines(explain(context, scene.id))
    assert f"When it changes, Plex is asked to scan {FOLDER}/2024." in lines
    assert scans(scanning) == []


def test_a_task_scans_nothing(scanning: Shift) -> None:
    """What it doesn't find may have been missing for years."""
    scene = scanning.new_scene()
    with scanning.desk.context() as context:
        context.stores.store.enqueue("scene", [scene.id], TASK, scanning.now)
        tasks.process_queue(context, lambda _fraction: None)
    assert scans(scanning) == []


@pytest.mark.parametrize("fault", [Reply(403), Reply(500), Reply(404)], ids=["403", "500", "404"])
def test_a_scan_that_is_refused_fails_no_job(scanning: Shift, fault: Reply) -> None:
    scanning.rig.plex.faults.add(fault, "GET /library/sections/1/refresh")
    scene = scanning.new_scene(title="New")
    scanning.event(scene.id)
    assert scanning.worker.pause is None
    (retry,) = scanning.store.retries()
    assert "asked to scan" not in retry.error
    scanning.scan_plex(scene)
    scanning.go_on(20)
    assert scanning.plex_title(scene) == "New"


# Asking, by itself


@pytest.fixture
def client(on_shift: Shift) -> Iterator[PlexClient]:
    plex = on_shift.rig.plex
    made = PlexClient(plex.url, plex.token, client_id="tests", turns=at_any_time)
    yield made
    made.close()


def folders(*names: str) -> list[Folder]:
    return [Folder("1", FOLDER, (name,)) for name in names]


def test_what_was_asked_for_covers_what_is_below(on_shift: Shift, client: PlexClient) -> None:
    asking = FolderScans(lambda: 0.0)
    whole = Folder("1", FOLDER, ())
    assert asking.ask(client, [whole]) == {whole}
    assert asking.ask(client, folders("a", "b")) == set(folders("a", "b"))
    assert scans(on_shift) == [FOLDER]


def test_an_outage_ends_the_asking_and_is_told_once(
    on_shift: Shift, client: PlexClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.server
    on_shift.rig.plex.faults.add(Drop(), "GET /library/sections/1/refresh")
    asking = FolderScans(lambda: 0.0)
    with caplog.at_level(logging.WARNING, "pipeline.scan"):
        assert asking.ask(client, folders("a", "b", "c")) == set()
        assert asking.ask(client, folders("a", "b", "c")) == set()
    assert caplog.text.count("and did not") == 1
    asked = on_shift.rig.plex.requests.matching("GET", "/library/sections/1/refresh")
    assert len({each.line for each in asked}) == 2


# Deleted scenes


def test_a_deleted_scenes_folder_is_scanned_so_that_plex_notices(scanning: Shift) -> None:
    plex = scanning.rig.plex
    plex.quirks.scan_s = None
    scanning.event(2)
    scanning.event(1)
    plex.library.disk.remove(scanning.desk.item(1).files[0])
    scanning.go_on(10)
    del scanning.rig.stash.library.scenes[1]
    scanning.event(1)
    assert scans(scanning) == [FOLDER]
    assert [each.reason for each in scanning.waiting()] == [
        "waiting for Plex to notice that the file is gone"
    ]
    scanning.plex_scans()
    scanning.go_on(130)
    assert len(scans(scanning)) == 1
    assert scanning.store.counts() == {}
    with scanning.desk.ledger() as ledger:
        assert ledger.of_scenes([1]) == []
        assert ledger.count() == 1
    assert scanning.rig.plex.library.deleted_by_client == []


def test_a_deleted_scene_that_plex_keeps_is_waited_for_once(scanning: Shift) -> None:
    scanning.event(1)
    scanning.go_on(10)
    del scanning.rig.stash.library.scenes[1]
    scanning.event(1)
    scanning.go_on(130)
    assert scanning.store.counts() == {}
    assert len(scans(scanning)) == 1
    with scanning.desk.ledger() as ledger:
        assert ledger.count() == 1


@pytest.mark.parametrize("lane", [LIVE, BACKGROUND])
def test_of_a_scene_that_was_never_written_nothing_is_asked(scanning: Shift, lane: int) -> None:
    scene = scanning.new_scene()
    del scanning.rig.stash.library.scenes[scene.id]
    scanning.event(scene.id, lane=lane)
    assert scanning.store.counts() == {}
    assert scanning.rig.plex.requests.count() == 0
