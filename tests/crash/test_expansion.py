"""A worker that dies while it follows a deleted tag leaves no scene that still shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from simulators.rig import Rig
from simulators.stash import Tag
from tests.crash.kit import Accidents, check_at_rest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]

# A tag of its own for each point, so that a later deletion can't cover up a loss.
TAGS = 90
SCENES_PER_TAG = 2


@pytest.mark.timeout(480)
def test_a_worker_killed_at_every_point_of_an_expansion(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig(count=TAGS * SCENES_PER_TAG, idle_exit_s=0.2)
    tags = _tag_all(rig)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 120)
    rig.plex.library.edits.clear()

    def has_ended() -> bool:
        return not accidents.is_armed() or not (rig.worker_pids() or rig.jobs_left())

    for point in range(1, TAGS):
        rig.until(lambda: not rig.worker_pids(), "the end of the last worker")
        accidents.arm("worker", point)
        _delete(rig, tags[point])
        rig.until(has_ended, "the end of the worker")
        if accidents.is_armed():
            break  # it reached its natural end
    accidents.disarm()
    _delete(rig, tags[0])
    rig.until(lambda: bool(rig.worker_pids()), "a worker")
    rig.until_drained()
    assert accidents.kills == point - 1 >= 30
    for scene in rig.stash.library.scenes.values():
        shown = [tag.name for tag in rig.item(scene.id).tags.get("genre", [])]
        assert shown == [tag.name for tag in scene.tags], scene.id
    # What a dead worker had written, its successor doesn't write again.
    written = [key for key, changes in rig.plex.library.edits if "genre" in changes]
    assert len(written) == len(set(written)) == (point + 1) * SCENES_PER_TAG
    check_at_rest(rig)


def _tag_all(rig: Rig) -> list[Tag]:
    """Tags with some scenes each, which have no other."""
    library = rig.stash.library
    tags = [library.add_tag(f"Tag number {number}") for number in range(TAGS)]
    for scene in library.scenes.values():
        scene.tags = [tags[(scene.id - 1) // SCENES_PER_TAG]]
    return tags


def _delete(rig: Rig, tag: Tag) -> None:
    rig.stash.graphql("mutation($id: ID!) { tagDestroy(input: {id: $id}) }", {"id": tag.id})
