"""What plays, positions and ratings from Plex cost both servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.registry import TASK_ROLE, WORKER
from playback.plays import LATE_S
from simulators.rig import Rig
from stash.activity import ActivityClient, as_text
from tests.harness.cinema import EVENING, opened
from tests.harness.sync import Desk
from tests.harness.worker import shift

ALL = {"import_plays": True, "import_resume": True, "import_ratings": True}
SCENES, ROWS = 250, 10_000


@pytest.mark.usefixtures("still_time")
@pytest.mark.parametrize("role", [TASK_ROLE, WORKER])
@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        ({}, {}),
        ({"plex_accounts": "Ada"}, {}),
        ({"import_plays": True}, {"history": 10}),
        ({"import_plays": True, "plex_accounts": "Ada"}, {"history": 10}),
        ({"import_resume": True}, {"listing": 10}),
        (ALL, {"history": 10, "listing": 20}),
        ({**ALL, "skip_fields": "rating"}, {"history": 10, "listing": 10}),
    ],
    ids=["off", "off, named", "plays", "named", "positions", "all", "ratings left alone"],
)
def test_a_look_that_finds_nothing_new(
    desk: Desk, settings: dict[str, object], calls: dict[str, int], role: str
) -> None:
    """Ten minutes of a worker that has nothing to do, after a film was watched, another paused and
    a third one rated. The background worker has one connection more if there is something to hear
    of, and asks no more by it."""
    desk.configure(**settings)
    listens = role == WORKER and bool(calls)
    notices = desk.plex.library.activity.notices
    with shift(desk, role) as on_shift:
        desk.plex.library.clock = lambda: on_shift.now
        on_shift.worker.refresh_settings()
        on_shift.go_on(61)
        desk.rig.until(lambda: notices.listeners == listens, "who listens")
        desk.plex.library.activity.watch(desk.item(1))
        on_shift.let_pass(1)
        desk.plex.library.activity.watch(desk.item(2), to=0.5)
        desk.item(3).fields["userRating"] = "8.0"
        desk.item(3).last_rated_at = int(on_shift.now)
        heard = on_shift.worker.imports.listener
        desk.rig.until(lambda: not listens or heard.heard_m == on_shift.now, "both notices")
        assert desk.plex.calls["notifications"] == listens
        for _ in range(3):
            on_shift.go_on(61)
        desk.reset()
        for _ in range(10):
            on_shift.go_on(61)
        assert desk.plex.calls == calls
        # The settings, once a minute, as ever.
        assert desk.rig.stash.requests.count("POST", "/graphql") == 10


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_plays_come_in_large_pieces_each_once_after_a_kill_too(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    cinema = opened(Desk(make_rig(count=SCENES)))
    expected: dict[int, list[str]] = {}
    for number in range(ROWS):
        scene_id, at = number % SCENES + 1, EVENING + 90 * number
        cinema.activity.add(cinema.desk.item(scene_id), at=at)
        expected.setdefault(scene_id, []).append(as_text(at))
    cinema.now = EVENING + 90 * ROWS
    cinema.desk.reset()
    batches, real = 0, ActivityClient.add_plays

    def add(self: ActivityClient, plays: dict[int, list[int]]) -> None:
        nonlocal batches
        batches += 1
        real(self, plays)
        if batches == 40:
            raise Killed

    monkeypatch.setattr(ActivityClient, "add_plays", add)
    with pytest.raises(Killed):
        cinema.bring()
    cinema.now += LATE_S
    cinema.bring()
    scenes = cinema.desk.rig.stash.library.scenes
    assert {key: scene.play_history for key, scene in scenes.items()} == expected
    assert sum(cinema.desk.plex.calls.values()) <= 0.03 * ROWS
    assert cinema.desk.rig.stash.requests.count("POST", "/graphql") <= 0.05 * ROWS
