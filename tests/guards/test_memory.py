"""How much memory a full sync holds, whatever the size of the library."""

from __future__ import annotations

import os

import pytest

from benchmarks.stage import PLUGIN, Library, on_stage
from benchmarks.syncs import idle_task
from benchmarks.usage import measured
from validation.config import FIELDS

SCENES = 20_000
# Of a process that has imported everything and has nothing to do. A batch's scenes and items
# come on top, and a page of the index.
MOST_MORE_MB = 30
MOST_MB = 200


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't tell")
def test_a_sync_of_20000_scenes_holds_little_more_than_an_idle_process() -> None:
    """Every field is skipped: all is looked up, fetched and compared, and nothing written, which
    would only take longer."""
    settings = {"skip_fields": ", ".join(FIELDS)}
    with on_stage(Library(SCENES, settings=settings)) as stage:
        idle = idle_task(stage)
        stage.forget()
        sync = measured(PLUGIN, stage.task_input("sync_all"))
        asked = stage.served().plex_kinds
    assert asked["metadata"] == SCENES / 100
    assert "edit" not in asked
    assert sync.peak_mb < idle.peak_mb + MOST_MORE_MB
    assert sync.peak_mb < MOST_MB
