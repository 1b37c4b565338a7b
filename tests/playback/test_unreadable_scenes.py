"""A scene of which Stash can't tell holds up nothing that is about others, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from playback.plays import LATE_S
from playback.undo.all import Choice
from stash.activity import ActivityClient
from stash.exceptions import StashQueryError
from tests.harness.brought import bring_position
from tests.harness.cinema import Cinema, Unreadable, opened
from tests.harness.sync import Desk


@pytest.fixture
def cinema(desk: Desk) -> Cinema:
    return opened(desk)


def failing() -> list[str]:
    return Unreadable()


def unexpected() -> list[str]:
    return ["yesterday"]


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, request: str) -> Iterator[None]:
    """The process ends ahead of this request to Stash."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ActivityClient, request, dies)
        with suppress(KeyboardInterrupt):
            yield
            raise AssertionError("it was to end before")


HOWS = pytest.mark.parametrize("how", [failing, unexpected])


@HOWS
def test_plays_of_others_come_and_its_own_waits(
    cinema: Cinema, how: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    times = {scene_id: cinema.watch(scene_id) for scene_id in (3, 4, 5)}
    cinema.desk.scene(4).play_history = how()
    assert cinema.bring().summary() == "2 plays added, 1 refused by Stash"
    assert "scene 4: Stash refuses a play" in caplog.text
    assert cinema.bring().summary() == "0 plays added"
    cinema.desk.scene(4).play_history = []
    assert cinema.all_plays() == {3: [times[3]], 5: [times[5]]}
    cinema.bring_all()
    assert cinema.all_plays() == {key: [at] for key, at in times.items()}


def test_where_stash_can_tell_of_none_all_is_looked_at_again(cinema: Cinema) -> None:
    times = {scene_id: cinema.watch(scene_id) for scene_id in (3, 4)}
    for scene_id in times:
        cinema.desk.scene(scene_id).play_history = failing()
    with pytest.raises(StashQueryError):
        cinema.bring()
    for scene_id in times:
        cinema.desk.scene(scene_id).play_history = []
    cinema.bring()
    assert cinema.all_plays() == {key: [at] for key, at in times.items()}


@HOWS
@pytest.mark.parametrize("has_arrived", [True, False])
def test_a_play_that_was_interrupted_holds_up_no_other(
    cinema: Cinema,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[], list[str]],
    has_arrived: bool,
) -> None:
    times = {scene_id: cinema.watch(scene_id) for scene_id in (3, 4)}

    with killed(monkeypatch, "add_plays"):
        cinema.bring()
    cinema.now += LATE_S
    if has_arrived:
        cinema.watch_in_stash(4, times[4])
    had, cinema.desk.scene(4).play_history = cinema.desk.scene(4).play_history, how()
    times[5] = cinema.watch(5)
    cinema.bring()
    cinema.desk.scene(4).play_history = had
    assert (cinema.plays(3), cinema.plays(5)) == ([times[3]], [times[5]])
    cinema.bring_all()
    assert cinema.all_plays() == {key: [at] for key, at in times.items()}


@HOWS
def test_a_position_waits_and_others_come(cinema: Cinema, how: Callable[[], list[str]]) -> None:
    cinema.desk.configure(import_resume=True)
    cinema.bring_positions()
    cinema.watch(3, to=0.5)
    cinema.watch(4, to=0.5)
    cinema.desk.scene(4).play_history = how()
    assert cinema.bring_positions() == 1
    cinema.watch(3)
    assert cinema.bring_positions() == 1
    assert cinema.desk.scene(3).resume_time == 0
    cinema.desk.scene(4).play_history = []
    assert cinema.bring_positions() == 1
    assert cinema.desk.scene(4).resume_time > 0


@HOWS
def test_what_can_be_is_taken_back_and_the_rest_later(
    cinema: Cinema, how: Callable[[], list[str]]
) -> None:
    times = {scene_id: cinema.watch(scene_id) for scene_id in (3, 4)}
    cinema.bring()
    for scene_id in times:
        bring_position(cinema.desk.rig, scene_id, 600.0, cinema.now)
    had, cinema.desk.scene(4).play_history = cinema.desk.scene(4).play_history, how()
    assert cinema.take_back(Choice()) == "1 play, 1 position"
    assert (cinema.plays(3), cinema.desk.scene(3).resume_time) == ([], 0)
    cinema.desk.scene(4).play_history = had
    assert cinema.take_back(Choice()) == "1 play, 1 position"
    assert (cinema.plays(4), cinema.desk.scene(4).resume_time) == ([], 0)


@HOWS
def test_a_take_back_that_was_interrupted_is_not_taken_for_done(
    cinema: Cinema, monkeypatch: pytest.MonkeyPatch, how: Callable[[], list[str]]
) -> None:
    at = cinema.watch(4)
    cinema.bring()
    bring_position(cinema.desk.rig, 4, 600.0, cinema.now)

    for name in ("delete_plays", "save_positions"):
        with killed(monkeypatch, name):
            cinema.take_back(4)
        had, cinema.desk.scene(4).play_history = cinema.desk.scene(4).play_history, how()
        cinema.take_back(Choice(3))
        cinema.desk.scene(4).play_history = had
        if name == "delete_plays":
            assert cinema.plays(4) == [at]
            cinema.take_back(Choice(3))
            assert cinema.plays(4) == []
    assert cinema.desk.scene(4).resume_time == 600
    cinema.take_back(Choice(3))
    assert cinema.desk.scene(4).resume_time == 0
