"""A process that dies while it brings plays to Stash, or takes them back, does so once all the
same."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from playback.plays import LATE_S
from simulators.rig import Rig
from stash.activity import as_text
from tests.crash.kit import Accidents, check_at_rest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]

# A scene of its own for each point.
SCENES = 60
# Up to here a task opens its databases, whatever it is for; see test_every_point.py.
FIRST = 21
IMPORT = "Import plays"


def run(rig: Rig, **args: object) -> None:
    rig.stash.wait_for_job(rig.stash.run_task(IMPORT, args or None))


def plays(rig: Rig) -> dict[int, list[str]]:
    scenes = rig.stash.library.scenes.values()
    return {scene.id: scene.play_history for scene in scenes if scene.play_history}


@pytest.mark.timeout(600)
def test_an_import_killed_at_every_point(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig(count=SCENES)
    rig.configure(import_plays=True)
    run(rig)
    watched: dict[int, list[str]] = {}
    for point in range(FIRST, SCENES + 1):
        play = rig.plex.library.activity.watch(rig.item(point))
        assert play
        assert play.viewed_at
        watched[point] = [as_text(play.viewed_at)]
        accidents.arm("task", point)
        run(rig)
        if accidents.is_armed():
            break
    accidents.disarm()
    accidents.set_clock(2 * LATE_S)
    run(rig)
    assert plays(rig) == watched
    assert accidents.kills == point - FIRST >= 15
    for more in range(FIRST, SCENES):
        accidents.arm("task", more)
        run(rig, undo=True, all=True, confirm=True)
        if accidents.is_armed():
            break
    accidents.disarm()
    run(rig, undo=True, confirm=True)
    assert plays(rig) == {}
    check_at_rest(rig)
