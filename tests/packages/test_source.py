"""From `dist/` alone: installed by Stash's own package manager, upgraded, removed."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from jobs.schema import LIVE
from matching.index import PathIndex
from simulators.rig import PLUGIN_ID, Rig
from tests.harness.question import let_it_be_read
from tests.packages.conftest import Make, Source


@pytest.fixture
def stash_with_source(make_rig: Make, source: Source) -> Rig:
    """A Stash that knows the source and has nothing installed."""
    rig = make_rig(source=None, link=False)
    source.add_to(rig)
    return rig


def plugin_folder(rig: Rig) -> Path:
    return rig.config_dir / "plugins" / "plexsync" / PLUGIN_ID


def learned_mappings(rig: Rig) -> object:
    with closing(PathIndex(str(rig.data_dir), time.time)) as index:
        return index.learned.all()


def test_what_is_hosted_is_offered_installed_and_syncs(
    stash_with_source: Rig, source: Source
) -> None:
    rig = stash_with_source
    source.build()
    query = "query($url: String!) { found: availablePackages(type: Plugin, source: $url) %s }"
    offered = rig.stash.http_graphql(
        query % "{ package_id name version date }", {"url": source.url}
    )["found"]
    assert offered == [
        {
            "package_id": PLUGIN_ID,
            "name": "PlexSync",
            "version": "0.2.0",
            "date": "2023-11-14T22:13:20Z",
        }
    ]
    source.order(rig, "installPackages")
    assert [each.id for each in rig.stash.stash.plugins.loaded] == [PLUGIN_ID]
    rig.stash.update_scene({"id": 1, "title": "From the source"})
    rig.until(lambda: rig.title(1) == "From the source", "the edit")


def test_a_zip_that_was_tampered_with_is_refused(stash_with_source: Rig, source: Source) -> None:
    made = source.build()
    made.write_bytes(made.read_bytes() + b"more")
    source.order(stash_with_source, "installPackages")
    assert "does not match expected SHA256" in stash_with_source.stash.log_text()
    assert not plugin_folder(stash_with_source).exists()


def test_an_upgrade_keeps_settings_queue_ledger_and_what_was_learned(
    make_rig: Make, source: Source
) -> None:
    rig = make_rig(source=None, link=False, plex_folder="/media/films")
    source.add_to(rig)
    source.build(1_700_000_000)
    source.order(rig, "installPackages")
    before = rig.title(1)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    learned = learned_mappings(rig)
    assert learned
    settings = rig.stash.plugin_settings(PLUGIN_ID)
    # A change that waits, and a file that the newer version doesn't have.
    rig.stash.library.update(rig.stash.library.scene(2), title="Waits")
    with rig.store() as store:
        store.enqueue("scene", [2], LIVE, 0.0)
    gone = plugin_folder(rig) / "entry" / "gone.py"
    gone.write_text("")
    with (plugin_folder(rig) / "manifest").open("a", encoding="utf-8") as file:
        file.write("- entry/gone.py\n")

    source.order(rig, "updatePackages", named=False)
    assert gone.exists(), "nothing newer was offered yet"
    source.build(1_700_000_001)
    source.order(rig, "updatePackages", named=False)
    assert not gone.exists()

    assert rig.stash.plugin_settings(PLUGIN_ID) == settings
    assert learned_mappings(rig) == learned
    rig.stash.update_scene({"id": 1, "title": "By the new version"})
    rig.until(lambda: rig.title(1) == "By the new version", "an edit after the upgrade")
    rig.until(lambda: rig.title(2) == "Waits", "the change that waited")
    rig.until_drained()
    rig.stash.wait_for_job(rig.stash.run_task("Restore Plex metadata"))
    let_it_be_read(rig)
    rig.stash.wait_for_job(rig.stash.run_task("Restore Plex metadata"))
    assert rig.title(1) == before, "the ledger of before the upgrade was lost"


@pytest.mark.slow
def test_a_worker_of_the_old_version_makes_way_and_its_retries_go_on(
    stash_with_source: Rig, source: Source
) -> None:
    rig = stash_with_source
    source.build(1_700_000_000)
    source.order(rig, "installPackages")
    rig.plex.stop()
    rig.stash.update_scene({"id": 1, "title": "Waits for Plex"})
    rig.until(lambda: "waiting: Plex does not answer" in rig.log_file(), "the pause")
    (old,) = rig.worker_pids()
    source.build(1_700_000_001)
    source.order(rig, "updatePackages", named=False)
    rig.until(lambda: old not in rig.worker_pids(), "the end of the old worker")
    rig.until(lambda: len(rig.workers()) == 1, "the worker of the new version")
    rig.plex.start()
    rig.until(lambda: rig.title(1) == "Waits for Plex", "the edit")


@pytest.mark.slow
def test_after_uninstalling_plex_and_our_data_are_as_they_were(
    stash_with_source: Rig, source: Source
) -> None:
    rig = stash_with_source
    source.build()
    source.order(rig, "installPackages")
    rig.stash.update_scene({"id": 1, "title": "Stays in Plex"})
    rig.until(lambda: rig.title(1) == "Stays in Plex", "the edit")
    rig.until_drained()
    source.order(rig, "uninstallPackages")
    rig.stash.update_scene({"id": 1, "title": "Nobody is told"})
    rig.until(lambda: rig.worker_pids() == [], "the end of the worker")
    assert rig.stash.stash.plugins.loaded == []
    assert rig.title(1) == "Stays in Plex"
    assert {"jobs.db", "ledger.db"} <= {each.name for each in rig.data_dir.iterdir()}
    assert rig.stash.plugin_settings(PLUGIN_ID)["plex_url"] == rig.plex.url
    # As docs/installation.md says: of the plugin's folder only empty folders and caches stay.
    left = [each for each in plugin_folder(rig).rglob("*") if each.is_file()]
    assert {each.suffix for each in left} <= {".pyc"}
