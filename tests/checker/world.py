"""Both servers with what is in them, what the checker knows about it, and the plugin in between."""

from __future__ import annotations

import io
import itertools
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from jobs.job import FailedJob
from simulators.plex import Item, PlexLibrary
from simulators.plex.model import Picture
from simulators.rig import FOLDER, Rig
from simulators.stash import Scene
from simulators.stash.library import StashLibrary
from tests.checker.account import Account, Ask, Violation
from tests.checker.driver import Circles, Driver, driver
from tests.checker.wishes import draw_settings, listed, wanted
from tests.harness.clock import Clock

SCENES = 7  # the last one's file Plex doesn't have
TAGS = ("Nature", "River", "Mountain", "Night", "Snow")
STUDIOS = ("Fjord Film", "Iris Film", "Kestrel Pictures")
PEOPLE = ("Ada Berg", "Hugo Lang", "Nora Dahl", "Otto Falk")
GROUPS = ("The Seasons", "By the Sea")
# What people add in Plex; Stash never says any of it.
BY_HAND = ("Picked", "Seen", "For rainy days")

DAY_S = 86_400.0
# After the last trouble: what is put off for a while, up to the last look for a cover.
PATIENCE_S = (2, 30, 60, 120, 300, 900, 900, 900, 900, 3600, 3600, 7 * 3600)


class World:
    """`wrong`: the promises that were broken so far. `clean`: nothing has gone amiss since the
    last rest. `told`: the scenes whose last change somebody told us of. `was_organized`: the scene
    that was so when the step began and may no longer be, 0 for none."""

    def __init__(
        self,
        rig: Rig,
        plugin: Driver,
        clock: Clock,
        rng: random.Random,
        pinned: Mapping[str, Any],
    ) -> None:
        self.rig, self.plugin, self.clock = rig, plugin, clock
        self.plex, self.stash = rig.plex, rig.stash
        self.settings: dict[str, Any] = {}
        self._pinned = pinned
        self.numbers = itertools.count(1)
        self.wrong: list[str] = []
        self.is_clean, self.may_fail, self.is_moving = True, False, False
        self.told: set[int] = set()
        self.was_organized = 0
        self.covers_settled = True
        self.accounts = {self.plex.library.machine_identifier: Account(self.plex.library)}
        self.configure(self.draw_settings(rng))

    @property
    def account(self) -> Account:
        return self.accounts[self.plex.library.machine_identifier]

    @property
    def library(self) -> StashLibrary:
        return self.stash.library

    def serve(self, library: PlexLibrary) -> None:
        """Another server is there now: nobody was told of anything for it."""
        self.accounts.setdefault(library.machine_identifier, Account(library))
        self.plex.library = library
        self.told.clear()
        self.covers_settled = False
        self.wishes_changed()

    def number(self) -> int:
        return next(self.numbers)

    # What is wanted

    def draw_settings(self, rng: random.Random) -> dict[str, Any]:
        return {**draw_settings(rng), **self._pinned}

    def configure(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.rig.configure(**settings)
        self.told.clear()
        self.covers_settled = False
        self.wishes_changed()

    def scene_of(self, item: Item) -> Scene | None:
        found = [s for s in self.library.scenes.values() if s.files[0].path in item.files]
        return found[0] if found else None

    def items_of(self, scene_id: int) -> list[Item]:
        path = self.library.scene(scene_id).files[0].path
        return [each for each in self.plex.library.items() if path in each.files]

    def ask(self, item: Item) -> Ask:
        settings, scene = self.settings, self.scene_of(item)
        skipped = frozenset(listed(settings, "skip_fields"))
        keeps, style = settings["keep_plex_edits"], settings["poster_style"]
        why_not = self._why_not(item, scene)
        if scene is None or why_not:
            return Ask(None, skipped, keeps, why_not=why_not or "no scene has its file")
        wishes = wanted(scene, settings)
        return Ask(wishes, skipped, keeps, scene.cover, style)

    def _why_not(self, item: Item, scene: Scene | None) -> str:
        libraries = listed(self.settings, "plex_libraries")
        if libraries and item.section.title not in libraries:
            return "its library is not among the chosen ones"
        if scene is not None and self.settings["only_organized"]:
            is_organized = scene.organized or scene.id == self.was_organized
            return "" if is_organized else "its scene is not organized"
        return ""

    def asks(self) -> dict[int, Ask]:
        return {each.rating_key: self.ask(each) for each in self.plex.library.items()}

    def wishes_changed(self) -> None:
        for item in self.plex.library.items():
            scene = self.scene_of(item)
            if scene is not None:
                self.account.wishes_changed(item, wanted(scene, self.settings))

    # What happens

    def work(self) -> None:
        try:
            self.plugin.work()
        except Circles as error:
            self.wrong.append(str(error))
        self.judge()

    def judge(self) -> None:
        """What has been written since the last look."""
        refused, self.plugin.wire.too_large = self.plugin.wire.too_large, []
        self.account.refused.update(dict.fromkeys(refused, self.clock.now))
        self.wrong += self.account.judge(
            self.asks(), is_clean=self.is_clean, is_exact=not self.is_moving
        )

    def let_pass(self, seconds: float) -> None:
        self.clock.now += seconds

    def scene_changed(self, scene_id: int, *, live: bool = True, is_told: bool = True) -> None:
        self.wishes_changed()
        self.let_pass(2)
        if is_told:
            self.plugin.record("scene", scene_id, live=live)
            self.told.add(scene_id)
        else:
            self.told.discard(scene_id)

    def person_changed(self, item: Item) -> None:
        scene = self.scene_of(item)
        if scene is not None:
            self.told.discard(scene.id)

    # How it stands

    def calm(self) -> None:
        """The trouble is over and time passes: nothing is left waiting, nothing has failed for
        good that Plex didn't refuse by itself, and every scene that we were told of is in step."""
        self.plex.faults.clear()
        self.stash.faults.clear()
        self.plugin.wire.timeouts = 0
        if not self.plex.is_running:
            self.plex.start()
        self._drain()
        self._check_failures()
        self.is_clean = True
        self.account.all_is_confirmed()
        self.check(self.told)
        self.may_fail = False
        self.is_moving = False

    def rest(self) -> None:
        """Have all scenes compared, whatever was told, and again: then all is as it should be, and
        nothing is left to do."""
        for scene_id in self.library.scenes:
            self.scene_changed(scene_id)
        self._drain()
        self._check_failures()
        self.account.all_is_confirmed()
        self.covers_settled = True
        self.check(set(self.library.scenes))
        before = self.plex.library.writes
        for scene_id in self.library.scenes:
            self.scene_changed(scene_id)
        self._drain()
        if self.plex.library.writes != before:
            news = self.plex.library.edits[before - self.plex.library.writes :]
            self.wrong.append(f"what was in step is written again: {news}")
        self.check(set(self.library.scenes))

    def _drain(self) -> None:
        if self.plugin.has_left_overs():
            self.plugin.run_task("process_queue")
        self.work()
        for seconds in PATIENCE_S:
            if not self._waiting():
                return
            self.let_pass(seconds)
            self.work()
        if left := self._waiting():
            self.wrong.append(f"still waiting after hours: {sorted(left)}")

    def _waiting(self) -> set[tuple[str, int]]:
        absent = {("scene", each) for each in self.library.scenes if not self.items_of(each)}
        return self.plugin.waiting() - absent

    def _check_failures(self) -> None:
        """What Plex refused by itself may have failed; once it doesn't, it succeeds."""
        failed = self._failures()
        if groundless := [each for each in failed if not self._was_refused(each)]:
            self.wrong.append(f"failed for good, though nothing of it was refused: {groundless}")
        if failed:
            self.plugin.retry_failed()
            self._drain()
        if failed := self._failures():
            self.wrong.append(f"fails, though nothing is wrong any more: {failed}")

    def _failures(self) -> list[FailedJob]:
        return [
            each
            for each in self.plugin.failures()
            if each.object_id not in self.library.scenes or self.items_of(each.object_id)
        ]

    def _was_refused(self, failed: FailedJob) -> bool:
        """A picture that was refused for its size isn't sent again for a day, but when asked to."""
        if self.may_fail or failed.object_id not in self.library.scenes:
            return self.may_fail
        since = [
            self.account.refused.get(each.rating_key) for each in self.items_of(failed.object_id)
        ]
        return any(each is not None and self.clock.now - each < DAY_S for each in since)

    def check(self, scene_ids: set[int]) -> None:
        self.judge()
        for item in self.plex.library.items():
            scene = self.scene_of(item)
            if scene is not None and scene.id in scene_ids:
                self.wrong += self.account.differences(
                    item.rating_key, self.ask(item), covers_settled=self.covers_settled
                )
        self.wrong += self.account.foreign_changes()

    def raise_what_is_wrong(self) -> None:
        if self.wrong:
            raise Violation("\n".join(dict.fromkeys(self.wrong)))


@contextmanager
def world(folder: Path, rng: random.Random, pinned: Mapping[str, Any]) -> Iterator[World]:
    """A Stash with a few scenes, and a Plex in which people and agents have been before us.
    `pinned`: settings that are not left to chance."""
    with ExitStack() as stack:
        clock = Clock(float(int(time.time())))
        rig = Rig(folder, count=SCENES, absent=1, settings={})
        rig.plex.library = build_plex("first", rng, rig)
        stack.enter_context(rig)
        _fill_stash(rig.stash.library, clock, rng)
        rig.plex.library.clock = clock
        rig.configure()
        plugin = stack.enter_context(driver(rig.data_dir, rig.stash.url, clock))
        yield World(rig, plugin, clock, rng, pinned)


def build_plex(name: str, rng: random.Random, rig: Rig) -> PlexLibrary:
    """A server that has the films, under the same keys whatever its name; two of them in another
    library as well, and one that Stash doesn't know."""
    library = PlexLibrary(f"machine-{name}")
    films = library.add_section("Films", type="movie", locations=[FOLDER])
    other = library.add_section("Other", type="movie", locations=[FOLDER])
    placed = [(films, film) for film in rig.films[: SCENES - 1]]
    placed += [(other, film) for film in rig.films[:2]]
    for section, film in placed:
        item = library.add_item(
            section,
            f"{FOLDER}/{film.file_name}",
            title=film.file_name,
            size=film.size,
            duration_ms=round(film.duration_s * 1000),
            summary=rng.choice(("", "What the agent knows.")),
            studio=rng.choice(("", "An agent's studio")),
        )
        _live_with(library, item, rng)
    stranger = library.add_item(films, f"{FOLDER}/Nobody's film.mp4", title="Nobody's film")
    _live_with(library, stranger, rng)
    return library


def _live_with(library: PlexLibrary, item: Item, rng: random.Random) -> None:
    """What agents and people did to an item before we came."""
    for kind, pool in (("genre", TAGS), ("label", TAGS), ("actor", PEOPLE)):
        names = rng.sample(pool, rng.choice((0, 0, 1, 2)))
        library.set_tags(item, kind, [library.make_tag(item, kind, each) for each in names])
        if names and rng.random() < 0.2:
            item.locks.add(kind)
    if rng.random() < 0.2:
        library.set_tags(item, "collection", [library.make_tag(item, "collection", "Shelf")])
    if rng.random() < 0.2:
        studio = rng.choice(STUDIOS)
        library.set_tags(item, "collection", [library.make_tag(item, "collection", studio)])
    if rng.random() < 0.2:
        item.fields["summary"] = "Typed before we came."
        item.locks.add("summary")
    if rng.random() < 0.5:
        agents = picture((10, 10, 10))
        item.posters.append(Picture("metadata://posters/agent", agents, selected=True))


def _fill_stash(library: StashLibrary, clock: Clock, rng: random.Random) -> None:
    library.clock = clock
    made: dict[str, Any] = {}
    for name in TAGS:
        parents = [made["Nature"]] if name == "River" else []
        made[name] = library.tags.get(_id(library.tags, name)) or library.add_tag(name)
        library.update(made[name], parents=parents)
    parent = library.add_studio("The Whole House")
    for name in STUDIOS:
        library.add_studio(name, parent=parent if name == STUDIOS[0] else None)
    for name in PEOPLE:
        library.add_performer(name)
    for name in GROUPS:
        library.add_group(name)
    for scene in library.scenes.values():
        library.update(
            scene,
            title=f"Title {scene.id}",
            details=f"Details {scene.id}",
            tags=[made[each] for each in rng.sample(TAGS, 2)],
            performers=named(library.performers, rng.sample(PEOPLE, 2)),
            studio=named(library.studios, [rng.choice(STUDIOS)])[0],
            organized=rng.random() < 0.7,
            cover=picture(color(rng)) if rng.random() < 0.5 else None,
        )
    clock.now += 2


def named(table: dict[int, Any], names: Any) -> list[Any]:
    """The objects of these names, as they were called at first."""
    return [table[_id(table, name)] for name in names]


def _id(table: dict[int, Any], name: str) -> int:
    return next((key for key, each in table.items() if each.name == name), 0)


def color(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(40, 250), rng.randrange(40, 250), rng.randrange(40, 250)


def picture(of: tuple[int, int, int]) -> bytes:
    """A wide one of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (96, 54), of).save(buffer, "PNG")
    return buffer.getvalue()
