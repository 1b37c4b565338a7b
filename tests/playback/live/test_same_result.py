"""A household's evening comes to Stash alike, whether Plex tells of it or is only asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from net import event_stream
from playback.imports import POLL_S
from playback.live import listener
from simulators.faults import Reply
from simulators.plex.screening import play_film
from tests.harness.cinema import GUEST
from tests.harness.rating import in_plex, in_stash, rate_in_plex, rate_in_stash
from tests.harness.stream import Listening, listening
from tests.harness.sync import Desk

STREAM = "/:/eventsource/notifications"
ALL = {"import_plays": True, "import_resume": True, "import_ratings": True}
STEPS = 15


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_SLICE_S", 0.0)
    monkeypatch.setattr(listener, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(listener, "LONGEST_PAUSE_S", 0.01)


def whole(work: Listening, scene_id: int) -> None:
    play_film(work.cinema.activity, work.desk.item(scene_id))


def half(work: Listening, scene_id: int) -> None:
    play_film(work.cinema.activity, work.desk.item(scene_id), pauses=(0.2,), to=0.5)


def guest(work: Listening, scene_id: int) -> None:
    play_film(work.cinema.activity, work.desk.item(scene_id), account=GUEST)


def without_a_stop(work: Listening, scene_id: int) -> None:
    activity = work.cinema.activity
    activity.tells_stop = False
    play_film(activity, work.desk.item(scene_id))
    activity.tells_stop = True


def in_stash_as_well(work: Listening, scene_id: int) -> None:
    work.cinema.watch_in_stash(scene_id, work.on_duty.now - 30)
    whole(work, scene_id)


def rated(work: Listening, scene_id: int) -> None:
    rate_in_plex(work.on_duty, scene_id, 7.5)


def rated_in_stash(work: Listening, scene_id: int) -> None:
    rate_in_stash(work.on_duty, scene_id, 40 + scene_id)


def marked(work: Listening, scene_id: int) -> None:
    work.cinema.activity.set_state(
        work.desk.item(scene_id), lambda each: setattr(each, "view_count", each.view_count + 1)
    )


def a_cut(work: Listening, _scene_id: int) -> None:
    work.notices.hang_up()


def rubbish(work: Listening, _scene_id: int) -> None:
    work.notices.send(b"data: " + b"x" * 100_000)


Deed = Callable[[Listening, int], None]
DEEDS: tuple[Deed, ...] = (
    *(whole, whole, half, guest, without_a_stop, in_stash_as_well),
    *(rated, rated_in_stash, marked, a_cut, rubbish),
)


def evening(desk: Desk, seed: int, *, listens: bool) -> dict[int, Any]:
    """What Stash has of each scene in the end, with times counted from the beginning."""
    rng = random.Random(seed)
    desk.configure(skip_fields="poster, background", **ALL)
    desk.sync()
    for scene in desk.rig.stash.library.scenes.values():
        for file in scene.files:
            file.duration_s = 600.0
    if not listens:
        desk.plex.faults.add(Reply(404), STREAM)
    with listening(desk, skip_fields="poster, background", **ALL) as work:
        work.begin(listens=listens)
        for _ in range(STEPS):
            deed, scene_id = rng.choice(DEEDS), rng.randint(1, 5)
            work.on_duty.let_pass(700)
            deed(work, scene_id)
            work.soon()
            for _ in range(2):
                work.on_duty.go_on(POLL_S)
        assert (work.heard() > 0) is listens
        return {
            key: (
                [at - work.began for at in work.cinema.plays(key)],
                round(desk.scene(key).resume_time),
                in_stash(work.on_duty, key),
                in_plex(work.on_duty, key),
            )
            for key in range(1, 6)
        }


@pytest.mark.parametrize("seed", range(2))
def test_it_is_the_same(make_desk: Callable[..., Desk], seed: int) -> None:
    results = [evening(make_desk(count=5), seed, listens=each) for each in (True, False)]
    assert results[0] == results[1]
    assert any(plays for plays, *_ in results[0].values())
