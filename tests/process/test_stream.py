"""The background worker's process hears from Plex that a film has ended, and leaves as ever."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import pytest

from playback.imports import POLL_S
from simulators.plex.screening import play_film
from simulators.rig import Rig
from tests.harness.rest import until_it_rests


def listening_rig(make_rig: Callable[..., Rig], rest_after_s: float) -> Rig:
    """With a worker that has made its first look, and has nothing to do."""
    rig = make_rig(environment={"PLEXSYNC_REST_AFTER": f"{rest_after_s}"})
    rig.configure(import_plays=True)
    rig.stash.update_scene({"id": 1, "title": "Before the film"})
    return rig


def listeners(rig: Rig) -> int:
    return rig.plex.library.activity.notices.listeners


def test_a_film_that_was_watched_to_its_end_is_in_stash_before_the_next_poll(
    make_rig: Callable[..., Rig],
) -> None:
    rig = listening_rig(make_rig, rest_after_s=600)
    rig.until(lambda: listeners(rig) == 1, "a listener")
    play_film(rig.plex.library.activity, rig.item(3), pauses=(0.2, 0.7))
    scene = rig.stash.library.scene(3)
    # Only a test that has failed waits so long, and no poll comes before.
    rig.until(lambda: scene.play_count == 1, "the play in Stash", timeout_s=0.75 * POLL_S)
    assert rig.plex.requests.count("GET", "/status/sessions/history") == 2
    assert rig.plex.token not in rig.log_file()


@pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")
def test_one_that_rests_listens_no_more(make_rig: Callable[..., Rig]) -> None:
    rig = listening_rig(make_rig, rest_after_s=0.5)
    rig.until(lambda: rig.plex.calls["notifications"] == 1, "a listener")
    until_it_rests(rig)
    rig.until(lambda: listeners(rig) == 0, "the end of the stream")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_one_that_is_told_to_end_does_while_it_listens(make_rig: Callable[..., Rig]) -> None:
    rig = listening_rig(make_rig, rest_after_s=600)
    rig.until(lambda: listeners(rig) == 1, "a listener")
    (pid,) = rig.worker_pids()
    os.kill(pid, signal.SIGTERM)
    rig.until(lambda: not rig.worker_pids(), "the end of the worker")
    assert "the worker ends" in rig.log_file()
    rig.until(lambda: listeners(rig) == 0, "the end of the stream")
