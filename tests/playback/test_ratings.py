"""Ratings that go both ways, at the wire: the real worker with clocks of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from commands.preview import preview_all
from commands.preview_text import preview_lines
from commands.undo_task import restore
from playback.undo.all import Choice
from simulators.faults import Drop
from stash.activity import ActivityClient
from stash.exceptions import StashUnavailable
from sync.ratings import DIFFERS, LastKnown, Winner, from_plex, from_stash, winner
from tests.harness.rating import edit_in_plex, in_plex, in_stash, rate_in_plex, rate_in_stash
from tests.harness.rating import take_back as take_back_quietly
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


@pytest.fixture
def new_on_duty(desk: Desk) -> Iterator[Shift]:
    """All scenes are in step, scene 1 rated on both sides, scene 2 in Plex alone and scene 3
    nowhere."""
    library = desk.rig.stash.library
    for scene in library.scenes.values():
        scene.rating100 = 60 if scene.id == 1 else None
    desk.configure(skip_fields="poster, background")
    desk.item(2).fields["userRating"] = "5.0"
    desk.item(2).last_rated_at = 1_000_000_000
    desk.sync()
    desk.configure(skip_fields="poster, background", import_ratings=True)
    with shift(desk) as begun:
        desk.plex.library.clock = lambda: begun.now
        begun.worker.refresh_settings()
        yield begun


@pytest.fixture
def on_duty(new_on_duty: Shift) -> Shift:
    """It is noted as well how things stand."""
    new_on_duty.go_on(60)
    new_on_duty.desk.reset()
    return new_on_duty


def follow(on_duty: Shift) -> None:
    """Until nothing happens any more; Stash's events about our own writes come as well."""
    for _ in range(3):
        before = dict(ratings(on_duty))
        on_duty.go_on(61)
        for scene_id, rating in ratings(on_duty).items():
            if before[scene_id] != rating:
                on_duty.event(scene_id)


def ratings(on_duty: Shift) -> dict[int, tuple[int | None, str]]:
    """In Stash and in Plex."""
    return {
        scene_id: (
            scene.rating100,
            on_duty.desk.item(scene_id).fields.get("userRating", ""),
        )
        for scene_id, scene in on_duty.rig.stash.library.scenes.items()
    }


def test_nothing_comes_by_itself_of_what_was_there_before(on_duty: Shift) -> None:
    follow(on_duty)
    assert [in_stash(on_duty, each) for each in (1, 2, 3)] == [60, None, None]
    assert [in_plex(on_duty, each) for each in (1, 2, 3)] == [60, 50, None]
    assert on_duty.desk.writes() == 0


@pytest.mark.parametrize("scene_id", [1, 2, 3])
@pytest.mark.parametrize("rating", [8, 7.5, 7.3, 0.5])
def test_a_rating_given_in_plex_is_in_stash(on_duty: Shift, scene_id: int, rating: float) -> None:
    rate_in_plex(on_duty, scene_id, rating)
    follow(on_duty)
    assert in_stash(on_duty, scene_id) == round(rating * 10)
    assert in_plex(on_duty, scene_id) == round(rating * 10)
    assert on_duty.desk.writes() == 0


def test_it_goes_back_and_forth(on_duty: Shift) -> None:
    for plex, stash in ((8, 70), (7.5, 33), (1, 100)):
        rate_in_plex(on_duty, 1, plex)
        follow(on_duty)
        assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (plex * 10, plex * 10)
        rate_in_stash(on_duty, 1, stash)
        follow(on_duty)
        assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (stash, stash)


def test_a_rating_taken_away_in_stash_goes_from_plex(on_duty: Shift) -> None:
    rate_in_plex(on_duty, 3, 8)
    follow(on_duty)
    rate_in_stash(on_duty, 3, None)
    follow(on_duty)
    assert (in_stash(on_duty, 3), in_plex(on_duty, 3)) == (None, None)


def test_a_rating_taken_away_in_plex_goes_from_stash_with_the_next_look(on_duty: Shift) -> None:
    rate_in_plex(on_duty, 1, -1)
    follow(on_duty)
    assert in_stash(on_duty, 1) == 60  # no list of Plex tells
    on_duty.event(1)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (None, None)


def test_if_both_were_changed_stashs_counts_and_a_line_says_so(
    on_duty: Shift, caplog: pytest.LogCaptureFixture
) -> None:
    rate_in_plex(on_duty, 1, 8)
    rate_in_stash(on_duty, 1, 30)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (30, 30)
    assert "scene 1: rated 80 in Plex and 30 in Stash" in caplog.text


def test_a_rating_of_plex_is_no_kept_edit(on_duty: Shift) -> None:
    settings = {"import_ratings": True, "keep_plex_edits": True}
    on_duty.desk.configure(skip_fields="poster, background", **settings)
    rate_in_plex(on_duty, 1, 8)
    follow(on_duty)
    rate_in_stash(on_duty, 1, 70)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (70, 70)


@pytest.mark.parametrize(
    "settings",
    [{}, {"import_ratings": True, "skip_fields": "poster, background, rating"}],
    ids=["off", "left alone"],
)
def test_switched_off_a_rating_of_plex_stays_there(
    on_duty: Shift, settings: dict[str, object]
) -> None:
    on_duty.desk.configure(**{"skip_fields": "poster, background", **settings})
    on_duty.worker.refresh_settings()
    rate_in_plex(on_duty, 2, 8)
    follow(on_duty)
    on_duty.event(2)
    assert (in_stash(on_duty, 2), in_plex(on_duty, 2)) == (None, 80)


@pytest.mark.parametrize("moves_time", [False, True])
def test_what_a_trial_rates_is_nobodys(on_duty: Shift, moves_time: bool) -> None:
    library, item = on_duty.rig.plex.library, on_duty.desk.item(3)
    server, key = library.machine_identifier, item.rating_key
    on_duty.rig.plex.quirks.rating_edit_rates = moves_time
    book = on_duty.worker._stores.traits
    on_duty.event(3)  # the worker has put back what others left
    book.touch(server, {key: "{}"}, "a trial", on_duty.now)
    edit_in_plex(on_duty, 3, "7")
    follow(on_duty)
    on_duty.event(3)
    assert in_stash(on_duty, 3) is None
    edit_in_plex(on_duty, 3, "")
    book.left(server, [key], on_duty.now)
    follow(on_duty)
    on_duty.event(3)
    assert in_stash(on_duty, 3) is None
    on_duty.let_pass(600)
    rate_in_plex(on_duty, 3, 8)
    follow(on_duty)
    assert in_stash(on_duty, 3) == 80


def test_how_things_stand_is_noted_once_no_trial_is_on(new_on_duty: Shift) -> None:
    server = new_on_duty.rig.plex.library.machine_identifier
    book = new_on_duty.worker._stores.traits
    key = new_on_duty.desk.item(2).rating_key
    book.touch(server, {key: "{}"}, "a trial", new_on_duty.now)
    edit_in_plex(new_on_duty, 2, "7")
    new_on_duty.go_on(61)
    edit_in_plex(new_on_duty, 2, "5")
    book.left(server, [key], new_on_duty.now)
    new_on_duty.let_pass(600)
    follow(new_on_duty)
    new_on_duty.event(2)
    assert (in_stash(new_on_duty, 2), in_plex(new_on_duty, 2)) == (None, 50)


def test_a_film_in_two_libraries_is_rated_in_both(on_duty: Shift) -> None:
    library, item = on_duty.rig.plex.library, on_duty.desk.item(1)
    other = library.add_section("More films", locations=["/data/films"])
    twin = library.add_item(other, item.files[0], size=item.parts[0].size)
    twin.parts[0].duration_ms = item.parts[0].duration_ms
    rate_in_plex(on_duty, 1, 8)
    on_duty.let_pass(4000)  # until the new library is seen
    follow(on_duty)
    on_duty.event(1)
    assert in_stash(on_duty, 1) == 80
    assert twin.fields.get("userRating") == "8"


@pytest.mark.usefixtures("still_time")
@pytest.mark.parametrize("moves_time", [False, True])
def test_what_a_rating_costs(on_duty: Shift, moves_time: bool) -> None:
    """Given on either side, one write in all, and the event that it causes costs one request."""
    on_duty.rig.plex.quirks.rating_edit_rates = moves_time
    rate_in_plex(on_duty, 1, 8)
    on_duty.go_on(61)
    assert in_stash(on_duty, 1) == 80
    on_duty.desk.reset()
    on_duty.event(1)
    on_duty.go_on(5)  # an event right after a sync waits
    assert on_duty.store.count() == 0
    assert on_duty.desk.plex.calls == {}
    assert on_duty.rig.stash.requests.count("POST", "/graphql") == 1
    rate_in_stash(on_duty, 1, 50)
    on_duty.work()
    assert (in_plex(on_duty, 1), on_duty.desk.writes()) == (50, 1)
    on_duty.desk.reset()
    for _ in range(3):
        on_duty.go_on(61)
    assert on_duty.desk.plex.calls["metadata"] == 0
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (50, 50)


def test_an_edit_beside_our_own_write_is_not_lost(on_duty: Shift) -> None:
    rate_in_plex(on_duty, 1, 8)
    on_duty.go_on(61)
    on_duty.rig.stash.library.scenes[1].title = "Edited in the same second"
    on_duty.event(1)
    on_duty.go_on(5)
    assert on_duty.rig.title(1) == "Edited in the same second"


def test_a_preview_shows_what_would_come(on_duty: Shift) -> None:
    rate_in_plex(on_duty, 3, 7.5)
    with on_duty.desk.context() as context:
        found = list(preview_all(context, lambda _fraction: None, 3))
    assert [line for each in found for line in preview_lines(each)][1:] == [
        '  rating: left as "7.5", given in Plex, and goes to Stash'
    ]


# The rule


UNSEEN = LastKnown()


@pytest.mark.parametrize(
    ("last", "plex", "stash", "who"),
    [
        (None, 80, 60, Winner.MERGE),
        (None, 80, 80, Winner.NOBODY),
        (UNSEEN, 80, None, Winner.PLEX),
        (UNSEEN, 80, 60, Winner.CONFLICT),
        (UNSEEN, None, 60, Winner.MERGE),
        (LastKnown(50, None, True), 50, None, Winner.MERGE),
        (LastKnown(50, None, True), 60, None, Winner.PLEX),
        (LastKnown(50, None, True), 50, 70, Winner.STASH),
        (LastKnown(60, 60, True), 80, 60, Winner.PLEX),
        (LastKnown(60, 60, True), None, 60, Winner.PLEX),
        (LastKnown(60, 60, True), 60, None, Winner.STASH),
        (LastKnown(60, 60, True), 60, 80, Winner.STASH),
        (LastKnown(60, 60, True), 80, 30, Winner.CONFLICT),
        (LastKnown(60, 60, True), 80, None, Winner.CONFLICT),
        (LastKnown(60, 60, True), 80, 80, Winner.NOBODY),
        (LastKnown(80, 60, True, True), 80, 60, Winner.NEITHER),
        (LastKnown(80, 60, True, True), 90, 60, Winner.PLEX),
        (LastKnown(80, 60, True, True), None, 60, Winner.PLEX),
        (LastKnown(80, 60, True, True), 80, 30, Winner.STASH),
        (LastKnown(80, 60, True, True), 90, 30, Winner.CONFLICT),
        (LastKnown(80, 60, True, True), 60, 60, Winner.NOBODY),
    ],
)
def test_whose_rating_counts(
    last: LastKnown | None, plex: int | None, stash: int | None, who: Winner
) -> None:
    assert winner(last, plex, stash) is who


@pytest.mark.parametrize("rating100", range(1, 101))
def test_every_rating_comes_back_as_it_went(rating100: int) -> None:
    assert from_plex(f"{rating100 / 10:g}") == rating100
    assert from_plex(f"{rating100 / 10:.1f}") == rating100


@pytest.mark.parametrize(
    ("read", "given", "found"),
    [
        (from_plex, "", None),
        (from_plex, "0", None),
        (from_plex, "nan", None),
        (from_plex, "ten", None),
        (from_plex, "11", 100),
        (from_stash, 0, None),
        (from_stash, -5, None),
        (from_stash, 400, 100),
    ],
)
def test_what_is_no_rating(
    read: Callable[[object], int | None], given: object, found: int | None
) -> None:
    assert read(given) == found


def undo(on_duty: Shift, scene_id: int) -> None:
    context_args = {"scene_id": scene_id}
    with on_duty.desk.context(context_args) as context:
        restore(context, lambda _fraction: None)


def manage_again(on_duty: Shift, scene_id: int) -> None:
    with on_duty.desk.context({"scene_id": scene_id, "manage": True}) as context:
        restore(context, lambda _fraction: None)


def test_what_an_undo_takes_from_plex_stays_in_stash(on_duty: Shift) -> None:
    undo(on_duty, 1)
    on_duty.event(1)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, None)


@pytest.mark.parametrize("is_seen", [False, True])
def test_a_scene_that_is_synced_again_after_an_undo_keeps_its_rating(
    on_duty: Shift, is_seen: bool
) -> None:
    undo(on_duty, 1)
    if is_seen:
        on_duty.event(1)
    manage_again(on_duty, 1)
    on_duty.event(1)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, 60)


def test_a_rating_in_plex_of_what_is_left_alone_stays_there(on_duty: Shift) -> None:
    undo(on_duty, 1)
    rate_in_plex(on_duty, 1, 8)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, 80)


# Taking back


def take_back(on_duty: Shift, choice: Choice | None = None) -> str:
    """What is told of it; Stash's events come as well."""
    before = dict(ratings(on_duty))
    told = take_back_quietly(on_duty, choice)
    for scene_id, rating in ratings(on_duty).items():
        if before[scene_id] != rating:
            on_duty.event(scene_id)
    follow(on_duty)
    return told


@pytest.mark.parametrize(("scene_id", "before"), [(1, 60), (3, None)])
def test_what_came_is_taken_back_and_comes_again_only_when_plexs_changes(
    on_duty: Shift, scene_id: int, before: int | None
) -> None:
    rate_in_plex(on_duty, scene_id, 8)
    follow(on_duty)
    rate_in_plex(on_duty, scene_id, 9)
    follow(on_duty)
    on_duty.desk.reset()
    assert take_back(on_duty) == "0 plays, 1 rating"
    on_duty.event(scene_id)
    assert (in_stash(on_duty, scene_id), in_plex(on_duty, scene_id)) == (before, 90)
    assert on_duty.desk.writes() == 0
    assert take_back(on_duty) == "0 plays"
    rate_in_plex(on_duty, scene_id, 7)
    follow(on_duty)
    assert (in_stash(on_duty, scene_id), in_plex(on_duty, scene_id)) == (70, 70)


@pytest.mark.parametrize("before", [0, 150])
def test_what_no_person_can_give_comes_back_too_and_plex_keeps_its_own(
    on_duty: Shift, before: int
) -> None:
    """Stash's API stores any number, of which Plex can't show each."""
    rate_in_stash(on_duty, 3, before)
    follow(on_duty)
    rate_in_plex(on_duty, 3, 8)
    follow(on_duty)
    assert in_stash(on_duty, 3) == 80
    take_back(on_duty)
    on_duty.event(3)
    follow(on_duty)
    assert (in_stash(on_duty, 3), in_plex(on_duty, 3)) == (before, 80)


def test_after_that_a_rating_in_stash_goes_to_plex_as_ever(on_duty: Shift) -> None:
    rate_in_plex(on_duty, 1, 8)
    follow(on_duty)
    take_back(on_duty)
    rate_in_stash(on_duty, 1, 30)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (30, 30)


def test_where_somebody_has_rated_again_nothing_is_taken_back(on_duty: Shift) -> None:
    rate_in_plex(on_duty, 1, 8)
    follow(on_duty)
    rate_in_stash(on_duty, 1, 30)
    follow(on_duty)
    assert take_back(on_duty) == "0 plays; 1 left, since something else has come after"
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (30, 30)


def test_a_film_in_two_libraries_keeps_its_ratings_in_both(on_duty: Shift) -> None:
    library, item = on_duty.rig.plex.library, on_duty.desk.item(1)
    other = library.add_section("More films", locations=["/data/films"])
    twin = library.add_item(other, item.files[0], size=item.parts[0].size)
    twin.parts[0].duration_ms = item.parts[0].duration_ms
    rate_in_plex(on_duty, 1, 8)
    on_duty.let_pass(4000)
    follow(on_duty)
    on_duty.event(1)
    take_back(on_duty)
    on_duty.event(1)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, 80)
    assert twin.fields.get("userRating") == "8"


@pytest.mark.parametrize("applied", [False, True])
def test_taking_back_without_an_answer_is_brought_to_its_end(on_duty: Shift, applied: bool) -> None:
    rate_in_plex(on_duty, 1, 8)
    follow(on_duty)
    # After the look at the scene.
    on_duty.rig.stash.faults.add(Drop(applied=applied), "POST /graphql", times=1, skip=1)
    with pytest.raises(StashUnavailable):
        take_back(on_duty)
    on_duty.event(1)
    follow(on_duty)
    take_back(on_duty, Choice(2))
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, 80)


# A write to Stash without an answer


@pytest.fixture
def unanswered(on_duty: Shift, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Scene 1 is rated in Plex, and Stash answers nothing to that."""

    def happen(applied: bool) -> None:
        rate_in_plex(on_duty, 1, 8)
        real = ActivityClient.rate

        def lost(client: ActivityClient, ratings: Mapping[int, int | None]) -> dict[int, str]:
            on_duty.rig.stash.faults.add(Drop(applied=applied), "POST /graphql", times=1)
            return real(client, ratings)

        with monkeypatch.context() as patch:
            patch.setattr(ActivityClient, "rate", lost)
            on_duty.go_on(61)
        assert in_stash(on_duty, 1) == (80 if applied else 60)

    return happen


def test_what_somebody_has_changed_back_before_the_retry_stays(
    on_duty: Shift, unanswered: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    unanswered(True)
    rate_in_stash(on_duty, 1, 60)
    for _ in range(3):
        on_duty.go_on(61)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, 80)
    assert "scene 1: Stash gave no answer to the rating 80 from Plex" in caplog.text
    rate_in_plex(on_duty, 1, 7)
    follow(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (70, 70)


def test_what_was_lost_on_the_way_is_sent_again(
    on_duty: Shift, unanswered: Callable[[bool], None]
) -> None:
    unanswered(False)
    for _ in range(3):
        on_duty.go_on(61)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (80, 80)


def test_what_arrived_without_an_answer_is_no_rating_of_somebody_else(
    on_duty: Shift, unanswered: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    unanswered(True)
    rate_in_plex(on_duty, 1, 9)
    for _ in range(3):
        on_duty.go_on(61)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (90, 90)
    assert "that of Stash counts" not in caplog.text
    take_back(on_duty)
    assert (in_stash(on_duty, 1), in_plex(on_duty, 1)) == (60, 90)


@pytest.fixture
def differing(desk: Desk) -> Iterator[Shift]:
    """Scene 1 had other ratings on both sides before the first look."""
    desk.configure(skip_fields="poster, background")
    desk.scene(1).rating100 = 60
    desk.sync()
    desk.item(1).fields["userRating"] = "8.0"
    desk.item(1).last_rated_at = 1_000_000_000
    desk.configure(skip_fields="poster, background", import_ratings=True)
    with shift(desk) as begun:
        desk.plex.library.clock = lambda: begun.now
        begun.worker.refresh_settings()
        begun.go_on(60)
        yield begun


def test_what_differed_before_the_first_look_stays_so_until_one_is_changed(
    differing: Shift,
) -> None:
    differing.event(1)
    assert (in_stash(differing, 1), in_plex(differing, 1)) == (60, 80)
    with differing.desk.context() as context:
        found = list(preview_all(context, lambda _fraction: None, 1))
    lines = [line for each in found for line in preview_lines(each)]
    assert f'  rating: left as "8", {DIFFERS}' in [x.replace("8.0", "8") for x in lines]
    rate_in_stash(differing, 1, 30)
    follow(differing)
    assert (in_stash(differing, 1), in_plex(differing, 1)) == (30, 30)
