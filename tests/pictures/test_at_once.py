"""How many items' pictures are under way at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pictures.artwork import AT_ONCE
from simulators.faults import Call
from tests.harness.sync import Desk, picture

CONCURRENCY = 4


def test_plex_is_asked_for_lists_while_uploads_are_under_way(
    make_desk: Callable[..., Desk],
) -> None:
    """Nobody knows how a real server takes many uploads at once; lists are cheap, and at a slow
    Plex waiting for them one by one would take as long as the uploads."""
    desk = make_desk(count=6)
    desk.configure(concurrency=CONCURRENCY)
    for scene_id in range(1, 7):
        desk.edit(scene_id, cover=picture("red", (100 + scene_id, 60)))
        desk.item(scene_id).locks |= {"thumb", "art"}
    gate = threading.Event()
    desk.plex.faults.add(Call(lambda: _hold(gate)), "POST ")
    sync = threading.Thread(target=desk.sync)
    sync.start()
    try:
        # Nothing waits for them.
        desk.rig.until(lambda: desk.plex.calls["pictures"] == 2 * 6, "all lists")
        desk.rig.until(lambda: desk.plex.requests.count("POST") == AT_ONCE, "the first uploads")
    finally:
        gate.set()
        sync.join()
    assert desk.plex.calls["upload"] == 2 * 6


def _hold(gate: threading.Event) -> None:
    gate.wait()
