"""Much that comes at once, beside somebody's edit: counted in requests, since no clock is to be
trusted on a machine that does other things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from errors import ServerUnavailable
from jobs import inbox
from jobs.hold import begin_hold
from jobs.schema import BACKGROUND, LIVE
from playback.rating_ledger import RatingLedger
from playback.turn import SomebodyImports, turn
from simulators.faults import Call, Reply
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift

MANY = 600
VERY_MANY = 5000
# Between an edit and its write to Plex: what was under way, and the edit's own questions.
MOST_BETWEEN = 10
BY_A_PERSON = b'"input":{"id":"2","title":"x"},"inputFields":["id","title"]'


@contextmanager
def before_the_first_look(desk: Desk) -> Iterator[Shift]:
    """A worker that knows where the files are, and has looked at no rating."""
    with shift(desk) as begun:
        desk.plex.library.clock = lambda: begun.now
        begun.worker.refresh_settings()
        begun.event(1)
        desk.configure(skip_fields="poster, background", import_ratings=True)
        begun.worker.refresh_settings()
        desk.reset()
        yield begun


@pytest.fixture
def on_duty(make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shift]:
    """With a list of some pages."""
    monkeypatch.setattr("playback.ratings.ITEMS_PER_REQUEST", 100)
    desk = make_desk(count=MANY)
    for scene in desk.rig.stash.library.scenes.values():
        scene.rating100 = None
    desk.configure(skip_fields="poster, background")
    with before_the_first_look(desk) as begun:
        yield begun


def rate_all(on_duty: Shift, rating: str) -> None:
    for item in on_duty.desk.plex.library.items():
        item.fields["userRating"] = rating
        item.last_rated_at = int(on_duty.now)
        item.section.changes.update(("userRating", "lastRatedAt"))


def edit_at(on_duty: Shift, pattern: str, skip: int) -> list[int]:
    """Somebody saves scene 2 while Plex answers such a request; how many there were before of all
    kinds, once it has happened."""
    rig, before = on_duty.rig, list[int]()

    def save() -> None:
        rig.stash.library.update(rig.stash.library.scene(2), title="Edited meanwhile")
        told = rig.hook_input(2).replace(b'"input":null', BY_A_PERSON)
        inbox.put(str(rig.data_dir), told, on_duty.now)
        before.append(requests(on_duty))

    rig.plex.faults.add(Call(save), pattern, times=1, skip=skip)
    return before


def requests(on_duty: Shift) -> int:
    return on_duty.rig.plex.requests.count() + on_duty.rig.stash.requests.count()


def steps_until_written(on_duty: Shift, before: list[int]) -> int:
    """How many requests lie between the edit and its write."""
    for _ in range(200):
        on_duty.worker.step()
        if on_duty.rig.title(2) == "Edited meanwhile":
            return requests(on_duty) - before[0]
    raise AssertionError("never written")


def work_off(on_duty: Shift) -> int:
    """Steps until nothing is to be done; at most so many jobs at a time."""
    return next(n for n in range(1, 500) if on_duty.worker.step() > 0)


@pytest.mark.parametrize(
    ("pattern", "skip"),
    [("GET /library/sections/1/all", 2), ("GET /library/metadata/", 3)],
    ids=["while it lists", "while it notes"],
)
def test_an_edit_goes_before_the_first_look_at_many_ratings(
    on_duty: Shift, pattern: str, skip: int
) -> None:
    rate_all(on_duty, "8.0")
    before = edit_at(on_duty, pattern, skip)
    assert steps_until_written(on_duty, before) <= MOST_BETWEEN
    server = on_duty.rig.plex.library.machine_identifier
    with closing(RatingLedger(str(on_duty.rig.data_dir))) as ledger:
        assert not ledger.has_begun(server)
        work_off(on_duty)
        assert ledger.has_begun(server)
        assert len(ledger.rated(server)) == MANY
        keys = [on_duty.desk.item(each).rating_key for each in (3, MANY - 1)]
        assert {each.plex for each in ledger.last_known(server, keys).values()} == {80}
    # Nothing was begun anew.
    calls = on_duty.desk.plex.calls
    assert calls["listing"] <= MANY / 100 + 2
    assert calls["metadata"] <= MANY / 100 + 3
    assert on_duty.desk.scene(3).rating100 is None


def test_many_ratings_at_once_hold_up_nobodys_edit(on_duty: Shift) -> None:
    on_duty.go_on(61)
    on_duty.let_pass(100)
    rate_all(on_duty, "8.0")
    on_duty.desk.reset()
    on_duty.let_pass(61)
    before = edit_at(on_duty, "GET /library/metadata/", 2)
    assert steps_until_written(on_duty, before) <= MOST_BETWEEN
    assert on_duty.store.count((LIVE,)) == 0
    while on_duty.worker.imports.due_in_s(on_duty.worker.settings.config) == 0:
        on_duty.worker.imports.poll(on_duty.worker.settings.config, on_duty.worker._get_plex_client)
    assert on_duty.store.count((BACKGROUND,)) >= MANY - 300


def test_what_gave_way_is_left_off_when_the_settings_change(on_duty: Shift) -> None:
    rate_all(on_duty, "8.0")
    before = edit_at(on_duty, "GET /library/metadata/", 2)
    assert steps_until_written(on_duty, before) <= MOST_BETWEEN
    imports, config = on_duty.worker.imports, on_duty.worker.settings.config
    assert imports.due_in_s(config) == 0
    on_duty.desk.configure(skip_fields="poster, background")
    on_duty.worker.refresh_settings()
    on_duty.desk.reset()
    on_duty.work()
    assert on_duty.desk.plex.calls["metadata"] == 0


@pytest.mark.parametrize("how", ["by a person", "by an outage"])
def test_what_gave_way_keeps_nobody_from_importing_during_a_pause(on_duty: Shift, how: str) -> None:
    rate_all(on_duty, "8.0")
    before = edit_at(on_duty, "GET /library/metadata/", 2)
    assert steps_until_written(on_duty, before) <= MOST_BETWEEN
    worker, data_dir = on_duty.worker, str(on_duty.rig.data_dir)
    assert worker.imports.due_in_s(worker.settings.config) == 0
    with pytest.raises(SomebodyImports), turn(data_dir):
        pass
    if how == "by a person":
        begin_hold(on_duty.store.database, on_duty.now, None)
    else:
        on_duty.rig.plex.faults.add(Reply(503))
        worker._breaker.start(ServerUnavailable("Plex is away"))
    assert worker.step() > 0
    with turn(data_dir):
        pass


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_edit_goes_before_the_first_look_at_very_many(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(count=VERY_MANY)
    desk.configure(skip_fields="poster, background")
    desk.sync()
    with before_the_first_look(desk) as on_duty:
        rate_all(on_duty, "8.0")
        before = edit_at(on_duty, "GET /library/metadata/", 20)
        assert steps_until_written(on_duty, before) <= MOST_BETWEEN
        work_off(on_duty)
        assert desk.plex.calls["metadata"] <= VERY_MANY / 100 + 3
        # A look at a hundred scenes for each hundred items.
        assert on_duty.rig.stash.requests.count("POST", "/graphql") <= VERY_MANY / 100 + 10
