"""Random histories on both sides, with processes that are killed in between: every play once,
ratings in step, and no more writes than there were changes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from ledger.ledger import Ledger
from playback.plays import LATE_S
from playback.undo.all import Choice
from stash.activity import ActivityClient
from tests.harness.cinema import GUEST, Cinema, opened
from tests.harness.rating import in_plex, in_stash, rate_in_plex, rate_in_stash, take_back
from tests.harness.sync import Desk
from tests.harness.worker import Killed, Shift, shift

STEPS = 30
HOUR = 3600


@pytest.fixture
def may_die(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str, float], random.Random]:
    """Has a method kill its process now and then, before or after it did its work."""
    rng = random.Random()

    def install(owner: object, name: str, chance: float) -> random.Random:
        real = getattr(owner, name)

        def perhaps(*args: object, **options: object) -> object:
            if rng.random() < chance / 2:
                raise Killed
            result = real(*args, **options)
            if rng.random() < chance / 2:
                raise Killed
            return result

        monkeypatch.setattr(owner, name, perhaps)
        return rng

    return install


def surely(attempt: Callable[[], object], between: Callable[[], None]) -> None:
    """Whoever is killed is replaced."""
    for _ in range(50):
        try:
            attempt()
        except Killed:
            between()
        else:
            return
    raise AssertionError("never came to an end")


class Household:
    """People at both servers, and what Stash is to have of their plays in the end."""

    def __init__(self, cinema: Cinema, rng: random.Random) -> None:
        self.cinema = cinema
        self.rng = rng
        self.expected = {scene_id: Counter[int]() for scene_id in range(1, 6)}
        self._from_plex = {scene_id: Counter[int]() for scene_id in range(1, 6)}

    def step(self) -> None:
        deeds = (self.watch, self.watch, self.others, self.in_stash, self.bring, self.undo)
        self.rng.choice(deeds)(self.rng.randint(1, 5))
        self.cinema.now += 6 * HOUR

    def watch(self, scene_id: int) -> None:
        at = self.cinema.watch(scene_id)
        self.expected[scene_id][at] += 1
        self._from_plex[scene_id][at] += 1

    def others(self, scene_id: int) -> None:
        """What doesn't count, and what was known long ago is purged."""
        self.cinema.watch(scene_id, account=GUEST)
        self.cinema.watch(scene_id, to=0.4)
        self.bring(scene_id)
        self.cinema.activity.purge(before=self.cinema.now - 10 * HOUR)

    def in_stash(self, scene_id: int) -> None:
        at = int(self.cinema.now) - 3 * HOUR
        self.cinema.watch_in_stash(scene_id, at)
        self.expected[scene_id][at] += 1

    def bring(self, _scene_id: int = 0) -> None:
        surely(self.cinema.bring_all if self.rng.random() < 0.3 else self.cinema.bring, self.later)

    def undo(self, scene_id: int) -> None:
        self.bring()
        surely(lambda: self.cinema.take_back(scene_id), self.later)
        self.expected[scene_id] -= self._from_plex[scene_id]
        self._from_plex[scene_id].clear()

    def later(self) -> None:
        self.cinema.now += LATE_S


@pytest.mark.parametrize("seed", range(2))
def test_every_play_comes_exactly_once(
    make_desk: Callable[..., Desk],
    may_die: Callable[[object, str, float], random.Random],
    seed: int,
) -> None:
    cinema = opened(make_desk(count=5))
    for scene in cinema.desk.rig.stash.library.scenes.values():
        for file in scene.files:
            file.duration_s = float(HOUR)
    for method in ("add_plays", "delete_plays", "read"):
        may_die(ActivityClient, method, 0.3).seed(seed)
    household = Household(cinema, random.Random(seed))
    for _ in range(STEPS):
        household.step()
    for _ in range(2):
        household.bring()
        household.later()
    expected = household.expected
    assert {each: Counter(cinema.plays(each)) for each in expected} == expected


def _die_and_begin_anew(on_duty: Shift) -> None:
    on_duty.store.release_claims(on_duty.worker._stores.registry.token)
    on_duty.let_pass(100)


@pytest.mark.parametrize("seed", range(2))
def test_ratings_converge(
    make_desk: Callable[..., Desk],
    may_die: Callable[[object, str, float], random.Random],
    seed: int,
) -> None:
    desk = make_desk(count=4)
    desk.configure(skip_fields="poster, background", import_ratings=True)
    desk.sync()
    changes = 0
    with shift(desk) as on_duty:
        desk.plex.library.clock = lambda: on_duty.now
        on_duty.worker.refresh_settings()
        on_duty.go_on(61)
        desk.reset()
        may_die(ActivityClient, "rate", 0.2).seed(seed)
        may_die(Ledger, "confirm", 0.2)
        rng = random.Random(seed)

        def work() -> None:
            on_duty.go_on(61)

        for _ in range(STEPS // 2):
            scene_id, rating = rng.randint(1, 4), rng.randint(1, 100)
            before = dict(_both(on_duty))
            if rng.random() < 0.5:
                rate_in_plex(on_duty, scene_id, rating / 10)
            else:
                rate_in_stash(on_duty, scene_id, rating)
            changes += 1
            if rng.random() < 0.6:
                surely(work, lambda: _die_and_begin_anew(on_duty))
                for each, now in _both(on_duty).items():
                    if now[0] != before[each][0]:
                        on_duty.store.enqueue("scene", [each], 0, on_duty.now)
        for scene_id in range(1, 5):
            on_duty.store.enqueue("scene", [scene_id], 0, on_duty.now)
        for _ in range(4):
            surely(work, lambda: _die_and_begin_anew(on_duty))
        assert [in_stash(on_duty, each) for each in range(1, 5)] == [
            in_plex(on_duty, each) for each in range(1, 5)
        ]
        # Each that was killed after Plex had taken its write may have sent it again.
        assert desk.writes() <= 2 * changes


def _both(on_duty: Shift) -> dict[int, tuple[int | None, int | None]]:
    return {each: (in_stash(on_duty, each), in_plex(on_duty, each)) for each in range(1, 5)}


@pytest.mark.parametrize("seed", range(3))
def test_positions_are_taken_back_to_what_somebody_had_in_stash(
    make_desk: Callable[..., Desk],
    may_die: Callable[[object, str, float], random.Random],
    seed: int,
) -> None:
    """Whatever comes in between, and whoever is killed: what a person has set in Stash last."""
    desk = make_desk(count=3)
    desk.configure(import_resume=True)
    for item in desk.plex.library.items():
        for part in item.parts:
            part.duration_ms = 10 * HOUR * 1000
    cinema, rng = Cinema(desk), random.Random(seed)
    cinema.bring_positions()
    for method in ("save_positions", "read"):
        may_die(ActivityClient, method, 0.3).seed(seed)
    own = dict.fromkeys(range(1, 4), 0.0)
    # No two of them are the same.
    places = iter(rng.sample(range(100, 30_000, 50), 400))
    for _ in range(STEPS):
        for _ in range(rng.randint(1, 5)):
            scene_id, at = rng.randint(1, 3), next(places)
            cinema.now += 60
            if rng.random() < 0.7:
                cinema.watch(scene_id, to=at / (10 * HOUR))
            else:
                own[scene_id] = desk.scene(scene_id).resume_time = float(at)
            if rng.random() < 0.7:
                surely(cinema.bring_positions, lambda: None)
        surely(lambda: cinema.take_back(Choice()), lambda: None)
        assert {each: desk.scene(each).resume_time for each in own} == own
        if rng.random() < 0.5:
            # What had come doesn't come again.
            known = dict(own)
            surely(cinema.bring_positions, lambda: None)
            surely(cinema.bring_positions, lambda: None)
            came = {x for x in known if desk.scene(x).resume_time != known[x]}
            surely(lambda: cinema.take_back(Choice()), lambda: None)
            surely(cinema.bring_positions, lambda: None)
            assert {each: desk.scene(each).resume_time for each in own} == own, came


@pytest.mark.parametrize("seed", range(2))
def test_ratings_are_taken_back_to_what_somebody_had_in_stash(
    make_desk: Callable[..., Desk],
    may_die: Callable[[object, str, float], random.Random],
    seed: int,
) -> None:
    """And both stay so, until one of them is changed."""
    desk = make_desk(count=4)
    desk.configure(skip_fields="poster, background", import_ratings=True)
    desk.sync()
    with shift(desk) as on_duty:
        desk.plex.library.clock = lambda: on_duty.now
        on_duty.worker.refresh_settings()
        on_duty.go_on(61)
        own = {each: in_stash(on_duty, each) for each in range(1, 5)}
        may_die(ActivityClient, "rate", 0.2).seed(seed)
        may_die(Ledger, "confirm", 0.2)
        rng = random.Random(seed)

        def work() -> None:
            on_duty.go_on(61)

        def tell(attempt: Callable[[], object]) -> None:
            """With the events of Stash about what it has done."""
            before = _both(on_duty)
            surely(attempt, lambda: _die_and_begin_anew(on_duty))
            for each, now in _both(on_duty).items():
                if now[0] != before[each][0]:
                    on_duty.store.enqueue("scene", [each], 0, on_duty.now)

        for _ in range(STEPS // 3):
            for _ in range(rng.randint(1, 3)):
                scene_id, rating = rng.randint(1, 4), rng.randint(1, 100)
                if rng.random() < 0.6:
                    rate_in_plex(on_duty, scene_id, rating / 10)
                else:
                    rate_in_stash(on_duty, scene_id, rating)
                    own[scene_id] = rating
                tell(work)
            for _ in range(3):
                tell(work)
            given = {each: in_plex(on_duty, each) for each in own}
            tell(lambda: take_back(on_duty))
            for _ in range(3):
                tell(work)
            assert _both(on_duty) == {each: (own[each], given[each]) for each in own}
