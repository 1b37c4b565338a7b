"""Where Stash goes on after a film was paused in Plex, at the wire."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from playback.brought import BroughtLedger
from playback.pieces import to_end
from playback.undo.all import Choice
from simulators.faults import Drop
from stash.exceptions import StashUnavailable
from tests.harness.cinema import GUEST, Cinema
from tests.harness.sync import Desk

HOUR = 3600


@pytest.fixture
def cinema(desk: Desk) -> Cinema:
    """Every film lasts an hour; one was paused before positions were imported."""
    desk.configure(import_resume=True)
    for item in desk.plex.library.items():
        for part in item.parts:
            part.duration_ms = HOUR * 1000
    for scene in desk.rig.stash.library.scenes.values():
        for file in scene.files:
            file.duration_s = float(HOUR)
    opened = Cinema(desk)
    pause(opened, 9, 600)
    assert opened.bring_positions() == 0
    return opened


def pause(cinema: Cinema, scene_id: int, at_s: float, **options: int) -> None:
    """Somebody watches in Plex up to there."""
    cinema.now += 60
    cinema.watch(scene_id, to=at_s / HOUR, **options)


def finish(cinema: Cinema, scene_id: int) -> None:
    cinema.now += 60
    cinema.watch(scene_id)


def stop_in_stash(cinema: Cinema, scene_id: int, at_s: float) -> None:
    cinema.desk.scene(scene_id).resume_time = at_s


def position(cinema: Cinema, scene_id: int) -> float:
    return cinema.desk.scene(scene_id).resume_time


def test_a_film_that_was_paused_goes_on_there(cinema: Cinema) -> None:
    pause(cinema, 3, 900)
    assert cinema.bring_positions() == 1
    assert position(cinema, 3) == 900
    pause(cinema, 3, 1800)
    cinema.bring_positions()
    assert position(cinema, 3) == 1800
    assert cinema.desk.scene(3).play_history == []


def test_what_was_paused_before_the_first_look_stays_until_it_moves(cinema: Cinema) -> None:
    assert position(cinema, 9) == 0
    cinema.bring_positions()
    assert position(cinema, 9) == 0
    pause(cinema, 9, 1200)
    cinema.bring_positions()
    assert position(cinema, 9) == 1200


def moved_in_stash_alone(cinema: Cinema) -> float:
    stop_in_stash(cinema, 3, 1500)
    return 1500


def moved_on_both_sides(cinema: Cinema) -> float:
    stop_in_stash(cinema, 3, 1500)
    pause(cinema, 3, 2000)
    return 1500


def moved_back(cinema: Cinema) -> float:
    pause(cinema, 3, 300)
    return 300


def moved_a_little(cinema: Cinema) -> float:
    pause(cinema, 3, 920)
    return 900


def just_begun(cinema: Cinema) -> float:
    pause(cinema, 3, 40)
    return 900


def as_good_as_over(cinema: Cinema) -> float:
    """Above what counts as played in some set-ups, below in others."""
    item = cinema.desk.item(3)
    item.view_offset = int(0.96 * item.duration_ms)
    return 900


def watched_by_a_guest(cinema: Cinema) -> float:
    pause(cinema, 3, 2000, account=GUEST)
    return 900


def marked_unplayed(cinema: Cinema) -> float:
    cinema.desk.item(3).view_offset = 0
    return 900


def deleted(cinema: Cinema) -> float:
    cinema.desk.plex.library.remove(cinema.desk.item(3))
    return 900


def finished(cinema: Cinema) -> float:
    finish(cinema, 3)
    return 0


def finished_but_watched_on_in_stash(cinema: Cinema) -> float:
    finish(cinema, 3)
    stop_in_stash(cinema, 3, 1500)
    return 1500


@pytest.mark.parametrize(
    "happens",
    [
        moved_in_stash_alone,
        moved_on_both_sides,
        moved_back,
        moved_a_little,
        just_begun,
        as_good_as_over,
        watched_by_a_guest,
        marked_unplayed,
        deleted,
        finished,
        finished_but_watched_on_in_stash,
    ],
)
def test_what_becomes_of_a_position(cinema: Cinema, happens: Callable[[Cinema], float]) -> None:
    pause(cinema, 3, 900)
    cinema.bring_positions()
    expected = happens(cinema)
    for _ in range(2):
        cinema.bring_positions()
    assert position(cinema, 3) == expected


def test_stashs_position_stays_until_plexs_moves_again(cinema: Cinema) -> None:
    pause(cinema, 3, 900)
    cinema.bring_positions()
    moved_on_both_sides(cinema)
    cinema.bring_positions()
    pause(cinema, 3, 2600)
    cinema.bring_positions()
    assert position(cinema, 3) == 2600


def test_small_steps_add_up(cinema: Cinema) -> None:
    for seconds in (900, 920, 940):
        pause(cinema, 3, seconds)
        cinema.bring_positions()
    assert position(cinema, 3) == 940


def test_what_stash_had_before_stays(cinema: Cinema) -> None:
    stop_in_stash(cinema, 3, 100)
    pause(cinema, 3, 900)
    cinema.bring_positions()
    assert position(cinema, 3) == 100


def test_a_film_watched_again_goes_on_too(cinema: Cinema) -> None:
    finish(cinema, 3)
    pause(cinema, 3, 900)
    cinema.bring_positions()
    assert position(cinema, 3) == 900


def test_a_film_that_a_finished_one_was_followed_by_is_cleared_once(cinema: Cinema) -> None:
    pause(cinema, 3, 900)
    cinema.bring_positions()
    finish(cinema, 3)
    cinema.bring_positions()
    stop_in_stash(cinema, 3, 1500)
    cinema.bring_positions()
    assert position(cinema, 3) == 1500


def test_an_answer_that_is_lost_leaves_the_position_ours(cinema: Cinema) -> None:
    pause(cinema, 3, 900)
    stash = cinema.desk.rig.stash
    # Before it come the settings, the search for the scene, and the look at it.
    stash.faults.add(Drop(applied=True), "POST /graphql", times=1, skip=3)
    with pytest.raises(StashUnavailable):
        cinema.bring_positions()
    pause(cinema, 3, 1800)
    cinema.bring_positions()
    assert position(cinema, 3) == 1800


def test_a_look_that_finds_nothing_new_costs_a_request_a_library(cinema: Cinema) -> None:
    pause(cinema, 3, 900)
    with cinema.working() as (imports, config, plex):
        to_end(imports.positions(config, plex))
        cinema.desk.reset()
        to_end(imports.positions(config, plex))
    assert cinema.desk.plex.calls == {"listing": 1}
    assert cinema.desk.rig.stash.requests.count("POST", "/graphql") == 0


# Taking back


def came(cinema: Cinema, scene_id: int, *at_s: float) -> None:
    for seconds in at_s:
        pause(cinema, scene_id, seconds)
        cinema.bring_positions()
        assert position(cinema, scene_id) == seconds


def test_what_came_is_taken_back_and_comes_again_only_when_plexs_moves(cinema: Cinema) -> None:
    came(cinema, 3, 900, 1800)
    assert cinema.take_back(3) == "0 plays, 1 position"
    assert position(cinema, 3) == 0
    cinema.bring_positions()
    assert position(cinema, 3) == 0
    assert cinema.take_back(3) == "0 plays"
    came(cinema, 3, 2700)


def test_it_goes_back_to_what_somebody_had_set_in_stash(cinema: Cinema) -> None:
    came(cinema, 3, 900)
    stop_in_stash(cinema, 3, 1500)
    cinema.bring_positions()
    pause(cinema, 3, 2000)
    cinema.bring_positions()
    came(cinema, 3, 2600)
    cinema.take_back(3)
    assert position(cinema, 3) == 1500


def test_where_somebody_has_watched_on_in_stash_nothing_is_taken_back(cinema: Cinema) -> None:
    came(cinema, 3, 900)
    stop_in_stash(cinema, 3, 1500)
    told = cinema.take_back(3)
    assert told == "0 plays; 1 left, since something else has come after"
    assert position(cinema, 3) == 1500


def test_a_position_that_a_finished_film_has_cleared_comes_back(cinema: Cinema) -> None:
    came(cinema, 3, 900)
    cinema.now += 48 * HOUR
    finish(cinema, 3)
    day = cinema.now
    cinema.bring_positions()
    assert position(cinema, 3) == 0
    cinema.take_back(Choice(3, day))
    assert position(cinema, 3) == 900


def test_one_day_is_taken_back_and_no_other(cinema: Cinema) -> None:
    days = []
    for seconds in (900, 1800):
        cinema.now += 48 * HOUR
        days.append(cinema.now)
        came(cinema, 3, seconds)
    first, second = (Choice(None, at, at + 24 * HOUR) for at in days)
    assert "1 left" in cinema.take_back(first)
    assert position(cinema, 3) == 1800
    cinema.take_back(second)
    assert position(cinema, 3) == 900
    cinema.take_back(first)
    assert position(cinema, 3) == 0


def test_a_value_that_came_again_later_is_not_that_of_the_day_before(cinema: Cinema) -> None:
    cinema.now += 48 * HOUR
    first = cinema.now
    came(cinema, 3, 900)
    cinema.now += 48 * HOUR
    came(cinema, 3, 1800)
    cinema.now += 48 * HOUR
    came(cinema, 3, 900)
    cinema.take_back(Choice(None, first, first + 24 * HOUR))
    assert position(cinema, 3) == 900


@pytest.mark.parametrize("applied", [False, True])
def test_taking_back_without_an_answer_is_brought_to_its_end(cinema: Cinema, applied: bool) -> None:
    came(cinema, 3, 900)
    # After the look at the scene.
    cinema.desk.rig.stash.faults.add(Drop(applied=applied), "POST /graphql", times=1, skip=1)
    with pytest.raises(StashUnavailable):
        cinema.take_back(3)
    cinema.bring_positions()
    cinema.take_back(4)
    assert position(cinema, 3) == 0
    came(cinema, 3, 1800)


def test_a_position_that_got_no_answer_can_be_taken_back(cinema: Cinema) -> None:
    pause(cinema, 3, 900)
    stash = cinema.desk.rig.stash
    stash.faults.add(Drop(applied=True), "POST /graphql", times=1, skip=3)
    with pytest.raises(StashUnavailable):
        cinema.bring_positions()
    assert position(cinema, 3) == 900
    cinema.take_back(3)
    assert position(cinema, 3) == 0


def test_the_steps_of_one_day_are_one(cinema: Cinema) -> None:
    came(cinema, 3, 900, 960, 1020)
    with closing(BroughtLedger(str(cinema.desk.rig.data_dir))) as ledger:
        (row,) = ledger.newest(10)
    assert (row.before, row.after) == (0, 1020)
