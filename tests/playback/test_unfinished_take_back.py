"""The worker ends what a process that takes back was killed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from playback.plays import LATE_S
from playback.undo.all import Choice
from stash.activity import ActivityClient, as_text
from tests.harness.brought import bring_position, bring_rating
from tests.harness.rating import in_plex, in_stash, take_back
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


@pytest.fixture
def on_duty(desk: Desk) -> Iterator[Shift]:
    desk.configure(import_plays=True, import_ratings=True, import_resume=True)
    with shift(desk) as begun:
        desk.plex.library.clock = lambda: begun.now
        begun.worker.refresh_settings()
        begun.go_on(61)
        yield begun


def killed_while_taking_back(
    on_duty: Shift, monkeypatch: pytest.MonkeyPatch, request: str, *, applied: bool
) -> None:
    real = getattr(ActivityClient, request)

    def dies(client: ActivityClient, values: object) -> None:
        if applied:
            real(client, values)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(ActivityClient, request, dies)
        take_back(on_duty, Choice(3))
        raise AssertionError("it was to end before")


@pytest.mark.parametrize("applied", [False, True])
def test_a_play_is_taken_back_once(
    on_duty: Shift, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    """And the one of Stash's own in the same second stays."""
    on_duty.desk.plex.library.activity.watch(on_duty.desk.item(3))
    at = as_text(int(on_duty.now))
    on_duty.go_on(61)
    scene = on_duty.desk.scene(3)
    scene.play_history = [*scene.play_history, at]
    killed_while_taking_back(on_duty, monkeypatch, "delete_plays", applied=applied)
    before = list(scene.play_history)
    on_duty.worker.imports.leave_off()
    on_duty.work()
    assert scene.play_history == before, "Stash may still be at it"
    on_duty.go_on(LATE_S + 61)
    assert scene.play_history == [at]
    on_duty.go_on(61)
    assert scene.play_history == [at]


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("request_", ["save_positions", "rate"])
def test_a_position_and_a_rating_are_taken_back(
    on_duty: Shift, monkeypatch: pytest.MonkeyPatch, request_: str, applied: bool
) -> None:
    before = in_stash(on_duty, 3), in_plex(on_duty, 3)
    bring_position(on_duty.rig, 3, 600.0, on_duty.now)
    bring_rating(on_duty.rig, 3, 80, on_duty.now)
    killed_while_taking_back(on_duty, monkeypatch, request_, applied=applied)
    on_duty.go_on(61)
    assert on_duty.desk.scene(3).resume_time == 0
    assert (in_stash(on_duty, 3), in_plex(on_duty, 3)) == before


def test_what_a_person_has_set_meanwhile_stays(
    on_duty: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_position(on_duty.rig, 3, 600.0, on_duty.now)
    killed_while_taking_back(on_duty, monkeypatch, "save_positions", applied=False)
    on_duty.desk.scene(3).resume_time = 900.0
    on_duty.go_on(61)
    assert on_duty.desk.scene(3).resume_time == 900
