"""Where Pillow comes from, and when it is tried to get it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from install import packages, pillow
from install.installer import InstallFailed
from install.packages import Bundle
from install.pillow import LOOK_S, RETRY_S, PillowSupply

AGAIN = "PlexSync tries again by itself, at most once an hour."
REFUSED = f"The index is down. {AGAIN} Wait."
Make = Callable[..., PillowSupply]


class World:
    """A Python without Pillow, in a time that is told, and what came of the attempts to get it."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0
        self.is_there = False
        self.can_be_imported = True
        self.can_be_installed = False
        self.does_installing_help = True
        self.attempts: list[bool] = []
        self.looks = 0
        self.goes_on = threading.Event()
        self.goes_on.set()

    def activate(self, _data_dir: str, bundle: Bundle, *, own_only: bool = False) -> bool:
        assert bundle is packages.PILLOW
        self.looks += 1
        return self.is_there

    def provide(self, _data_dir: str, bundle: Bundle, _progress: object, *, own_only: bool) -> None:
        assert bundle is packages.PILLOW
        self.attempts.append(own_only)
        assert self.goes_on.wait(30)
        if not self.can_be_installed:
            raise InstallFailed("The index is down.", "Wait.")
        self.is_there = True
        self.can_be_imported = self.can_be_imported or self.does_installing_help

    def drawing(self) -> None:
        if not self.can_be_imported:
            raise ImportError("libjpeg is missing")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(packages, "activate", made.activate)
    monkeypatch.setattr(pillow, "provide", made.provide)
    monkeypatch.setattr(pillow, "drawing", made.drawing)
    return made


@pytest.fixture
def make(world: World, tmp_path: Path) -> Make:
    def supply(
        *, is_awaited: bool = False, wait_s: float = 30.0, may_install: bool = True
    ) -> PillowSupply:
        return PillowSupply(
            str(tmp_path),
            is_awaited=is_awaited,
            may_install=may_install,
            now=lambda: world.now_s,
            monotonic=lambda: world.now_s,
            wait_s=wait_s,
        )

    return supply


def until_ended(supply: PillowSupply) -> None:
    assert supply._attempt is not None
    supply._attempt.join(30)


def test_what_is_there_is_looked_for_once_and_nothing_is_installed(
    world: World, make: Make
) -> None:
    world.is_there = True
    supply = make()
    assert [supply(True), supply(False), supply(True)] == ["", "", ""]
    assert (world.looks, world.attempts) == (1, [])


def test_without_a_setting_that_needs_pillow_nothing_is_installed(world: World, make: Make) -> None:
    assert make(is_awaited=True)(False) == "It is not installed."
    assert world.attempts == []


def test_the_first_attempt_is_waited_for(world: World, make: Make) -> None:
    world.can_be_installed = True
    assert make()(True) == ""
    assert world.attempts == [False]


def test_an_attempt_that_takes_long_holds_nobody_up(world: World, make: Make) -> None:
    world.can_be_installed = True
    world.goes_on.clear()
    supply = make(wait_s=0.0)
    assert [supply(True), supply(True)] == ["It is being installed."] * 2
    assert len(world.attempts) == 1
    world.goes_on.set()
    until_ended(supply)
    world.now_s += LOOK_S
    assert supply(True) == ""


def test_batches_neither_try_again_nor_look_all_the_time(world: World, make: Make) -> None:
    supply = make()
    assert [supply(True) for _ in range(50)] == [REFUSED] * 50
    assert len(world.attempts) == 1
    looks = world.looks
    world.now_s += LOOK_S
    assert [supply(True) for _ in range(50)] == [REFUSED] * 50
    assert world.looks == looks + 1


def test_installing_is_tried_again_after_an_hour_beside_the_work(world: World, make: Make) -> None:
    supply = make()
    supply(True)
    world.now_s += RETRY_S - 1
    supply(True)
    assert len(world.attempts) == 1
    world.now_s += 1
    world.can_be_installed = True
    world.goes_on.clear()
    # The work goes on while it is being installed.
    assert supply(True) == "It is being installed."
    world.goes_on.set()
    until_ended(supply)
    assert len(world.attempts) == 2
    world.now_s += LOOK_S
    assert supply(True) == ""


def test_the_next_worker_knows_what_the_last_one_met(world: World, make: Make) -> None:
    make()(True)
    world.now_s += RETRY_S / 2
    assert make()(True) == REFUSED
    assert len(world.attempts) == 1
    world.now_s += RETRY_S
    later = make()
    later(True)
    until_ended(later)
    assert len(world.attempts) == 2


def test_a_clock_that_was_set_back_keeps_nobody_from_trying(world: World, make: Make) -> None:
    make()(True)
    world.now_s -= 10 * RETRY_S
    supply = make()
    supply(True)
    until_ended(supply)
    assert len(world.attempts) == 2


def test_another_python_or_release_tries_at_once(
    world: World, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()(True)
    monkeypatch.setattr(packages, "python_tag", lambda: "cpython-399-amiga")
    world.can_be_installed = True
    assert make()(True) == ""


def test_a_task_tries_at_once_and_once(world: World, make: Make) -> None:
    make()(True)
    supply = make(is_awaited=True)
    assert [supply(True), supply(True)] == [REFUSED] * 2
    assert len(world.attempts) == 2
    world.can_be_installed = True
    assert make(is_awaited=True)(True) == ""


def test_what_somebody_has_installed_by_hand_is_noticed(world: World, make: Make) -> None:
    supply = make()
    supply(True)
    world.is_there = True
    world.now_s += LOOK_S
    assert supply(True) == ""
    assert len(world.attempts) == 1


def test_a_copy_that_cannot_be_imported_makes_way_for_our_own(world: World, make: Make) -> None:
    world.is_there, world.can_be_imported, world.can_be_installed = True, False, True
    assert make()(True) == ""
    assert world.attempts == [True], "the system's copy would have been good enough"


def test_a_copy_of_ours_that_cannot_be_loaded_is_not_installed_with_every_batch(
    world: World, make: Make
) -> None:
    world.can_be_imported = world.does_installing_help = False
    world.can_be_installed = True
    supply = make()
    said = {supply(True) for _ in range(50)}
    assert said == {"It is installed, but this process cannot load it."}
    assert len(world.attempts) == 1


def test_a_broken_copy_of_ours_is_set_aside(
    world: World, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(packages.package_folders(str(tmp_path), packages.PILLOW).own)
    own.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(own), *sys.path])
    world.is_there, world.can_be_imported = True, False
    assert make()(False) == "It is not installed."
    assert not own.exists()
    assert str(own) not in sys.path


def test_whoever_may_not_install_uses_what_is_there(world: World, make: Make) -> None:
    """A query, say, that is to be answered at once."""
    supply = make(is_awaited=True, may_install=False)
    assert supply(True) == "It is not installed."
    assert world.attempts == []
    world.is_there = True
    world.now_s += LOOK_S
    assert supply(True) == ""
