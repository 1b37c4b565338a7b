"""People who rate a film in Plex or a scene in Stash, while a worker is on its post."""

from __future__ import annotations

import requests

from playback.undo.all import Choice, undoing
from stash.activity import ActivityClient
from sync.ratings import from_plex
from tests.harness.worker import Shift

LIBRARY = "com.plexapp.plugins.library"


def rate_in_plex(on_duty: Shift, scene_id: int, rating: float) -> None:
    """-1 for none."""
    key = on_duty.desk.item(scene_id).rating_key
    _ask_plex(on_duty, "GET", f"/:/rate?key={key}&identifier={LIBRARY}&rating={rating}")


def edit_in_plex(on_duty: Shift, scene_id: int, rating: str) -> None:
    """As metadata, which may move no time; "" for none."""
    key = on_duty.desk.item(scene_id).rating_key
    _ask_plex(on_duty, "PUT", f"/library/metadata/{key}?type=1&userRating.value={rating}")


def _ask_plex(on_duty: Shift, method: str, path: str) -> None:
    on_duty.let_pass(10)
    plex = on_duty.rig.plex
    headers = {"X-Plex-Token": plex.token}
    assert requests.request(method, plex.url + path, headers=headers, timeout=30).status_code == 200


def rate_in_stash(on_duty: Shift, scene_id: int, rating100: int | None) -> None:
    """With the event that a hook would bring."""
    on_duty.let_pass(10)
    on_duty.desk.edit(scene_id, rating100=rating100)
    on_duty.store.enqueue("scene", [scene_id], 0, on_duty.now)


def take_back(on_duty: Shift, choice: Choice | None = None) -> str:
    """What is told of it; without the events of Stash about that."""
    with on_duty.desk.context() as context:
        server, stash = on_duty.rig.plex.library.machine_identifier, ActivityClient(context.stash)
        data_dir = str(on_duty.rig.data_dir)
        with undoing(data_dir, server, stash, lambda: True, lambda: on_duty.now) as work:
            return work.take_back(choice or Choice())


def in_stash(on_duty: Shift, scene_id: int) -> int | None:
    return on_duty.desk.scene(scene_id).rating100


def in_plex(on_duty: Shift, scene_id: int) -> int | None:
    return from_plex(on_duty.desk.item(scene_id).fields.get("userRating", ""))
