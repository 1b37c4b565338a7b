"""What Stash counts as played after something was watched in Plex, at the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import pytest
import requests

from playback.imports import NotTheOwner
from playback.play_ledger import Mark, PlayLedger
from playback.plays import LATE_S
from playback.schema import FILE_NAME
from playback.turn import SomebodyImports, turn
from plex.exceptions import PlexUnavailable
from simulators.faults import Drop, Reply
from simulators.stash import VideoFile
from stash.activity import ActivityClient
from stash.exceptions import StashUnavailable
from tests.harness.cinema import GUEST, Cinema, opened
from tests.harness.sync import Desk
from tests.harness.worker import shift

LIBRARY = "com.plexapp.plugins.library"
HOUR = 3600


@pytest.fixture
def cinema(desk: Desk) -> Cinema:
    return opened(desk)


def mark(cinema: Cinema, scene_id: int, how: str = "scrobble") -> None:
    """Somebody marks the film in Plex as played, or unplayed."""
    key = cinema.desk.item(scene_id).rating_key
    address = f"{cinema.desk.plex.url}/:/{how}?key={key}&identifier={LIBRARY}"
    requests.get(address, headers={"X-Plex-Token": cinema.desk.plex.token}, timeout=10)


def test_a_film_that_was_watched_is_played_at_its_own_time(cinema: Cinema) -> None:
    at = cinema.watch(3)
    cinema.now += 90
    assert cinema.bring().summary() == "1 play added"
    assert cinema.all_plays() == {3: [at]}


def test_what_was_watched_before_the_first_run_is_noted(desk: Desk) -> None:
    cinema = opened(desk, played=(1, 2, 2))
    assert cinema.all_plays() == {}
    assert cinema.states() == {"noted": 3}
    at = cinema.watch(1)
    cinema.bring()
    assert cinema.all_plays() == {1: [at]}


def test_each_play_comes_once(cinema: Cinema) -> None:
    at = cinema.watch(3)
    for _ in range(3):
        cinema.bring()
        cinema.now += 60
    assert cinema.all_plays() == {3: [at]}
    assert cinema.bring().summary() == "0 plays added"


def test_a_film_watched_again_is_played_twice(cinema: Cinema) -> None:
    times = [cinema.watch(3)]
    cinema.bring()
    cinema.now += 3 * HOUR
    times.append(cinema.watch(3))
    cinema.bring()
    assert cinema.all_plays() == {3: times}


def test_two_plays_a_minute_apart_are_two(cinema: Cinema) -> None:
    """The window is against what Stash has counted itself."""
    times = [cinema.watch(3)]
    cinema.now += 60
    times.append(cinema.watch(3))
    cinema.bring()
    assert cinema.all_plays() == {3: times}


def paused(cinema: Cinema) -> None:
    cinema.watch(3, to=0.5)


def marked(cinema: Cinema) -> None:
    mark(cinema, 3)


def unmarked(cinema: Cinema) -> None:
    mark(cinema, 3)
    mark(cinema, 3, "unscrobble")


def watched_by_a_guest(cinema: Cinema) -> None:
    cinema.watch(3, account=GUEST)


def watched_at_no_time(cinema: Cinema) -> None:
    cinema.activity.add(cinema.desk.item(3), at=None)


def watched_and_deleted(cinema: Cinema) -> None:
    cinema.watch(3)
    cinema.desk.plex.library.remove(cinema.desk.item(3))


def watched_what_stash_has_not(cinema: Cinema) -> None:
    cinema.watch(3)
    del cinema.desk.rig.stash.library.scenes[3]


@pytest.mark.parametrize(
    "happens",
    [
        paused,
        marked,
        unmarked,
        watched_by_a_guest,
        watched_at_no_time,
        watched_and_deleted,
        watched_what_stash_has_not,
    ],
)
def test_what_is_no_play(cinema: Cinema, happens: Callable[[Cinema], None]) -> None:
    happens(cinema)
    cinema.bring()
    assert cinema.all_plays() == {}


@pytest.mark.parametrize("part", [-0.9, 0, 0.9])
def test_what_stash_has_counted_itself_is_not_added(cinema: Cinema, part: float) -> None:
    at, after_s = cinema.watch(3), int(part * cinema.desk.scene(3).files[0].duration_s)
    cinema.watch_in_stash(3, at + after_s)
    assert cinema.bring().summary() == "0 plays added, 1 in Stash already"
    assert cinema.plays(3) == [at + after_s]


def test_what_stash_has_counted_on_another_day_is_another_play(cinema: Cinema) -> None:
    at = cinema.watch(3)
    cinema.watch_in_stash(3, at - 24 * HOUR)
    cinema.bring()
    assert cinema.plays(3) == [at - 24 * HOUR, at]


def test_accounts_that_are_named_count(cinema: Cinema) -> None:
    cinema.desk.configure(import_plays=True, plex_accounts="grace")
    cinema.watch(3)
    at = cinema.watch(4, account=GUEST)
    cinema.bring()
    assert cinema.all_plays() == {4: [at]}


def test_two_who_watch_together_have_played_it_twice(cinema: Cinema) -> None:
    cinema.desk.configure(import_plays=True, plex_accounts="Ada, Grace")
    at = cinema.watch(3)
    cinema.watch(3, account=GUEST)
    cinema.bring()
    assert cinema.all_plays() == {3: [at, at]}


def test_an_account_that_is_named_later_counts_from_then_on(cinema: Cinema) -> None:
    before = cinema.watch(3, account=GUEST)
    cinema.bring()
    cinema.desk.configure(import_plays=True, plex_accounts="Ada, Grace")
    cinema.bring()
    assert cinema.all_plays() == {}
    assert cinema.bring_all(since=before).summary() == "1 play added"


def test_an_account_that_does_not_exist_is_told(
    cinema: Cinema, caplog: pytest.LogCaptureFixture
) -> None:
    cinema.desk.configure(import_plays=True, plex_accounts="Ada, Nobody")
    at = cinema.watch(3)
    cinema.bring()
    assert cinema.all_plays() == {3: [at]}
    assert "plex_accounts: this Plex has no account Nobody; it has Ada, Grace" in caplog.text


def test_a_film_in_two_libraries_is_played_once(cinema: Cinema) -> None:
    library, file = cinema.desk.plex.library, cinema.desk.item(3).files[0]
    other = library.add_section("More films", locations=["/data/films"])
    library.add_item(other, file)
    at = cinema.watch(3)
    cinema.bring()
    assert cinema.all_plays() == {3: [at]}


def test_an_item_of_several_scenes_counts_for_the_one_that_it_shows(cinema: Cinema) -> None:
    library = cinema.desk.plex.library
    item, other = cinema.desk.item(3), cinema.desk.item(4)
    library.remove(other)
    library.add_media(item, other.media[0])
    at = cinema.watch(3)
    cinema.bring()
    assert cinema.all_plays() == {3: [at]}


def test_a_scene_of_several_files_is_found_by_each(cinema: Cinema) -> None:
    library, scene = cinema.desk.plex.library, cinema.desk.scene(3)
    second = cinema.desk.rig.stash.library.add_file(VideoFile("/data/films/Director's cut.mp4"))
    scene.files = [*scene.files, second]
    item = library.add_item(cinema.desk.rig.section, second.path, size=second.size)
    library.activity.watch(item)
    cinema.bring()
    assert cinema.all_plays() == {3: [int(cinema.now)]}


def test_a_key_that_has_passed_to_another_file_counts_for_that(cinema: Cinema) -> None:
    cinema.desk.sync()
    at = cinema.watch(3)
    item, part = cinema.desk.item(3), cinema.desk.item(4).parts[0]
    item.parts[0].file, item.parts[0].size = part.file, part.size
    item.parts[0].duration_ms = part.duration_ms
    cinema.bring()
    assert cinema.all_plays() == {4: [at]}


def test_a_plex_with_another_database_has_other_plays_under_the_same_keys(cinema: Cinema) -> None:
    first = cinema.watch(3)
    cinema.bring()
    cinema.activity.begin_anew()
    cinema.now += 5 * HOUR
    second = cinema.watch(3)
    cinema.bring()
    assert cinema.all_plays() == {3: [first, second]}


def test_a_history_that_was_purged_takes_nothing_away(cinema: Cinema) -> None:
    at = cinema.watch(3)
    cinema.bring()
    cinema.activity.purge(before=cinema.now + 1)
    cinema.bring()
    assert cinema.all_plays() == {3: [at]}


def test_a_clock_that_was_wrong_for_a_while_hides_nothing(cinema: Cinema) -> None:
    right = cinema.now
    cinema.now += 400 * 24 * HOUR
    wrong = cinema.watch(3)
    cinema.now = right + 60
    cinema.bring()
    at = cinema.watch(4)
    cinema.now += 60
    cinema.bring()
    assert cinema.all_plays() == {3: [wrong], 4: [at]}


def test_what_came_late_to_the_history_is_found_within_a_day(cinema: Cinema) -> None:
    cinema.watch(3)
    cinema.bring()
    late = cinema.now - 20 * HOUR
    cinema.activity.add(cinema.desk.item(4), at=late)
    cinema.bring()
    assert cinema.plays(4) == [int(late)]


def test_the_task_finds_what_no_look_back_reaches(cinema: Cinema) -> None:
    cinema.watch(3)
    cinema.bring()
    late = cinema.now - 20 * 24 * HOUR
    cinema.activity.add(cinema.desk.item(4), at=late)
    cinema.bring()
    assert cinema.plays(4) == []
    cinema.bring_all()
    assert cinema.plays(4) == [int(late)]


def test_a_film_that_stash_learns_of_later_is_played_by_the_task(cinema: Cinema) -> None:
    at, scenes = cinema.watch(3), cinema.desk.rig.stash.library.scenes
    scene = scenes.pop(3)
    assert cinema.bring().summary() == "0 plays added, 1 of films that Stash doesn't have"
    scenes[3] = scene
    assert cinema.bring_all().summary() == "1 play added"
    assert cinema.all_plays() == {3: [at]}


def test_what_is_older_comes_by_its_date(desk: Desk) -> None:
    cinema = opened(desk, played=(1, 2))
    old = int(cinema.now) - 30 * 24 * HOUR
    cinema.activity.add(desk.item(5), at=old)
    cinema.bring()
    planned = None
    with cinema.importing() as plays:
        planned = [(x.scene_id, x.state) for x in plays.preview(since=old + 1)]
    assert (1, "pending") in planned
    assert cinema.all_plays() == {}
    cinema.bring_all(since=old + 1)
    assert sorted(cinema.all_plays()) == [1, 2, 5]


def test_a_preview_of_the_first_run_has_nothing(desk: Desk) -> None:
    desk.configure(import_plays=True)
    cinema = Cinema(desk)
    cinema.watch(3)
    with cinema.importing() as plays:
        assert plays.preview() == []
        assert [x.scene_id for x in plays.preview(since=int(cinema.now))] == [3]
    assert cinema.states() == {}


def test_a_scene_that_was_merged_keeps_its_play_and_gets_no_second(cinema: Cinema) -> None:
    at = cinema.watch(3)
    cinema.bring()
    merge = "{source: [3], destination: 4, play_history: true}"
    cinema.desk.rig.stash.graphql(f"mutation {{ sceneMerge(input: {merge}) {{ id }} }}")
    cinema.bring_all(since=0)
    assert cinema.all_plays() == {4: [at]}
    assert cinema.take_back(3) == "1 play"
    assert cinema.all_plays() == {}


def test_whoever_is_not_the_owner_is_told_so_and_nothing_is_imported(cinema: Cinema) -> None:
    cinema.desk.plex.guests["another-token"] = GUEST
    cinema.desk.configure(import_plays=True, plex_token="another-token")
    cinema.watch(3)
    with pytest.raises(NotTheOwner, match="doesn't show its history"):
        cinema.bring()
    assert cinema.all_plays() == {}


def test_a_worker_that_begins_anew_does_not_tell_it_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    told = "doesn't show its history"
    desk.plex.guests["another-token"] = GUEST
    desk.configure(import_plays=True, plex_token="another-token", plex_accounts="Nobody")
    for _ in range(2):
        with shift(desk) as begun:
            begun.worker.refresh_settings()
            begun.go_on(61)
    assert caplog.text.count(told) == 1
    desk.configure(import_plays=True, plex_accounts="Nobody")
    for _ in range(2):
        with shift(desk) as begun:
            begun.worker.refresh_settings()
            begun.go_on(61)
    assert caplog.text.count("has no account Nobody") == 1
    desk.configure(import_plays=True, plex_token="another-token")
    with shift(desk) as begun:
        begun.worker.refresh_settings()
        begun.go_on(61)
    assert caplog.text.count(told) == 2


def test_one_process_at_a_time(cinema: Cinema) -> None:
    cinema.watch(3)
    with cinema.importing(), pytest.raises(SomebodyImports):
        cinema.bring()
    assert cinema.bring().summary() == "1 play added"


def test_whoever_has_patience_waits_for_the_other(cinema: Cinema) -> None:
    folder = str(cinema.desk.rig.data_dir)
    with ExitStack() as other:
        other.enter_context(turn(folder))
        threading.Timer(0.2, other.close).start()
        with turn(folder, patience_s=30.0):
            pass


# Taking back


def test_what_came_goes_and_what_was_there_stays(cinema: Cinema) -> None:
    at = cinema.watch(3)
    cinema.watch(4)
    cinema.bring()
    cinema.watch_in_stash(3, at)
    cinema.watch_in_stash(3, at + 5 * HOUR)
    assert cinema.take_back(3) == "1 play"
    assert cinema.plays(3) == [at, at + 5 * HOUR]
    cinema.bring()
    assert cinema.plays(3) == [at, at + 5 * HOUR]
    assert len(cinema.plays(4)) == 1


# Accidents


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, method: str, *, applied: bool) -> Iterator[None]:
    """The process is killed as it asks Stash for this, before or after that is carried out."""
    real = getattr(ActivityClient, method)

    def last(*args: object) -> None:
        if applied:
            real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ActivityClient, method, last)
        with pytest.raises(Killed):
            yield


@pytest.mark.parametrize("applied", [True, False])
def test_a_process_that_is_killed_adds_nothing_twice_and_loses_nothing(
    cinema: Cinema, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    at = cinema.watch(3)
    cinema.watch(3, account=GUEST)
    cinema.desk.configure(import_plays=True, plex_accounts="Ada, Grace")
    with killed(monkeypatch, "add_plays", applied=applied):
        cinema.bring()
    cinema.now += LATE_S
    cinema.bring()
    assert cinema.all_plays() == {3: [at, at]}
    assert cinema.take_back(3) == "2 plays"


@pytest.mark.parametrize("applied", [True, False])
def test_a_process_that_is_killed_takes_nothing_back_twice(
    cinema: Cinema, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    at = cinema.watch(3)
    cinema.bring()
    cinema.watch_in_stash(3, at)
    with killed(monkeypatch, "delete_plays", applied=applied):
        cinema.take_back(3)
    cinema.take_back(3)
    assert cinema.plays(3) == [at]


def test_an_answer_that_is_lost_is_no_reason_to_add_it_again(cinema: Cinema) -> None:
    at = cinema.watch(3)
    stash = cinema.desk.rig.stash
    # Before it come the settings, the search for the scene, and the look at it.
    stash.faults.add(Drop(applied=True), "POST /graphql", times=1, skip=3)
    with pytest.raises(StashUnavailable):
        cinema.bring()
    assert cinema.plays(3) == [at]
    for _ in range(3):
        cinema.bring()
        cinema.now += LATE_S
    assert cinema.plays(3) == [at]


def test_a_file_that_is_damaged_is_set_aside_and_all_is_noted_anew(
    cinema: Cinema, caplog: pytest.LogCaptureFixture
) -> None:
    first = cinema.watch(3)
    cinema.bring()
    path = cinema.desk.rig.data_dir / FILE_NAME
    path.write_bytes(b"no database at all" * 1000)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert cinema.bring().is_first
    assert "the file of what came from Plex was damaged and is kept as" in caplog.text
    cinema.now += 3 * HOUR
    second = cinema.watch(3)
    cinema.bring()
    assert cinema.all_plays() == {3: [first, second]}


def test_a_file_that_another_process_sets_aside_is_written_no_more(cinema: Cinema) -> None:
    """A play that is noted where nobody looks would be added once more."""
    data_dir = cinema.desk.rig.data_dir
    with closing(PlayLedger(str(data_dir))) as ledger:
        ledger.add("a server", {}, 1.0, completes=True)
        path = data_dir / FILE_NAME
        for suffix in ("", "-wal", "-shm"):
            former = path.with_name(path.name + suffix)
            if former.exists():
                former.rename(former.with_name(f"aside{suffix}"))
        with closing(PlayLedger(str(data_dir))):  # as the other one goes on
            ledger.add("a server", {}, 2.0, completes=True)
    with closing(PlayLedger(str(data_dir))) as found:
        assert found.mark("a server") == Mark(2.0, 0)


def test_an_outage_loses_nothing(cinema: Cinema) -> None:
    at = cinema.watch(3)
    cinema.desk.plex.faults.add(Reply(503), "/status/sessions/history", times=1)
    with pytest.raises(PlexUnavailable):
        cinema.bring()
    cinema.bring()
    assert cinema.all_plays() == {3: [at]}


def test_a_scene_that_stash_refuses_holds_up_no_other(
    cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it were gone between the look and the play."""
    times = {scene_id: cinema.watch(scene_id) for scene_id in (3, 4, 5)}
    real = ActivityClient.add_plays

    def add(self: ActivityClient, plays: dict[int, Sequence[int]]) -> None:
        real(self, {(99 if key == 4 else key): each for key, each in plays.items()})

    monkeypatch.setattr(ActivityClient, "add_plays", add)
    assert cinema.bring().summary() == "2 plays added, 1 refused by Stash"
    assert cinema.all_plays() == {3: [times[3]], 5: [times[5]]}
