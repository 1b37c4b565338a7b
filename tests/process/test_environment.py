"""What processes of the plugin make of the environment in which Stash starts them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulators.rig import TREE, Rig

VERSION: str = yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))["version"]


@pytest.mark.parametrize("link", [True, False], ids=["linked", "installed"])
def test_plex_is_told_the_version_that_runs(make_rig: Callable[..., Rig], link: bool) -> None:
    rig = make_rig(count=2, link=link)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    told = {request.headers.get("x-plex-version") for request in rig.plex.requests.entries}
    assert told == {VERSION}


def test_a_users_settings_for_plexapi_do_not_count(
    make_rig: Callable[..., Rig], tmp_path: Path
) -> None:
    log_file, config = tmp_path / "plexapi.log", tmp_path / "config.ini"
    config.write_text("[header]\ndevice = From a file\n", encoding="utf-8")
    theirs: dict[str, Any] = {
        "PLEXAPI_CONFIG_PATH": str(config),
        "PLEXAPI_LOG_PATH": str(log_file),
        "PLEXAPI_LOG_LEVEL": "DEBUG",
        "PLEXAPI_LOG_SHOW_SECRETS": "true",
        "PLEXAPI_HEADER_PLATFORM": "From a variable",
        "PLEXAPI_HEADER_PROVIDES": "From a variable",
    }
    rig = make_rig(count=2, environment=theirs)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    assert rig.title(2) == rig.films[1].title
    assert not log_file.exists()
    sent = {text for request in rig.plex.requests.entries for text in request.headers.values()}
    assert not {"From a variable", "From a file"} & sent


def test_an_idle_worker_ends_after_the_time_of_the_variable(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=1, environment={"PLEXSYNC_IDLE_EXIT": "0.2"})
    rig.stash.update_scene({"id": 1, "title": "Edited"})
    rig.until(lambda: rig.title(1) == "Edited", "the edit")
    rig.until(lambda: not rig.worker_pids(), "the end of the idle worker")
    assert "the worker ends: nothing to do" in rig.log_file()


def test_a_wrong_time_is_a_warning_and_the_worker_works(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=1, environment={"PLEXSYNC_IDLE_EXIT": "10 minutes"})
    rig.stash.update_scene({"id": 1, "title": "Edited"})
    rig.until(lambda: rig.title(1) == "Edited", "the edit")
    told = "the variable PLEXSYNC_IDLE_EXIT is '10 minutes'"
    rig.until(
        lambda: any(told in line.text and line.level == "warning" for line in rig.stash.log),
        "the warning in Stash's log",
    )
