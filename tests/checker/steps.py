"""What can happen in a history, each as a function of the world and of chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from simulators.faults import Call
from simulators.plex import Item, PlexLibrary
from simulators.plex.model import Picture
from simulators.stash import Scene
from simulators.stash.model import SceneGroup
from tests.checker.account import KEYS, LIST_KEYS
from tests.checker.trouble import draw_cut, draw_trouble
from tests.checker.wishes import PICTURES, wanted
from tests.checker.world import (
    BY_HAND,
    GROUPS,
    World,
    build_plex,
    color,
    picture,
)

Step = Callable[[World, random.Random], None]


# In Stash


def save(world: World, rng: random.Random) -> None:
    """Somebody saves a scene, and we are told."""
    scene = _scene(world, rng)
    _change(world, scene, rng)
    world.scene_changed(scene.id, live=rng.random() < 0.8)
    if rng.random() < 0.7:
        world.work()


def bulk(world: World, rng: random.Random) -> None:
    """The same tags or studio for several scenes."""
    scenes = rng.sample(sorted(world.library.scenes.values(), key=lambda s: s.id), 3)
    tags = _some(world.library.tags, rng)
    for scene in scenes:
        world.library.update(scene, tags=tags)
        world.scene_changed(scene.id)
    world.work()


def save_untold(world: World, rng: random.Random) -> None:
    """A change without a hook."""
    scene = _scene(world, rng)
    _change(world, scene, rng)
    world.scene_changed(scene.id, is_told=False)


def rename(world: World, rng: random.Random) -> None:
    """A performer, studio or tag gets another name."""
    kind = rng.choice(("performer", "studio", "tag"))
    table = getattr(world.library, f"{kind}s")
    found = table[rng.choice(sorted(table))]
    if found.name == "Nature":
        return  # the settings name it
    world.library.update(found, name=f"{found.name.split(' no ')[0]} no {world.number()}")
    world.wishes_changed()
    world.let_pass(2)
    world.plugin.record(kind, found.id)
    world.work()


def delete(world: World, rng: random.Random) -> None:
    """A scene goes; its item stays as it is."""
    if len(world.library.scenes) > 4:
        scene = _scene(world, rng)
        world.judge()
        del world.library.scenes[scene.id]
        world.told.discard(scene.id)
        world.plugin.record("scene", scene.id)
        world.work()


def configure(world: World, rng: random.Random) -> None:
    """One setting is changed, or all."""
    drawn, old = world.draw_settings(rng), dict(world.settings)
    if rng.random() < 0.8:
        key = rng.choice(sorted(drawn))
        drawn = {**old, key: drawn[key]}
    world.judge()
    world.configure(drawn)


# In Plex


def type_text(world: World, rng: random.Random) -> None:
    """A person types a text."""
    item = _item(world, rng)
    name = rng.choice(("title", "summary", "studio", "tagline", "date", "content_rating", "rating"))
    world.judge()
    _type(world, item, name, rng, racy=False)


def _type(world: World, item: Item, name: str, rng: random.Random, *, racy: bool) -> None:
    number = world.number()
    value = {
        "date": f"19{number % 90 + 10}-12-24",
        "rating": f"{number % 10}.7",
        "content_rating": f"xx/{number}",
    }.get(name, f"Typed {number}")
    if name != "title" and rng.random() < 0.1:
        value = ""
    key = KEYS[name]
    # A person's own page locks; other programs may not.
    locks = not world.is_clean or rng.random() < 0.85
    world.account.person_types(item, name, value, locks=locks, racy=racy)
    if value:
        item.fields[key] = value
    else:
        item.fields.pop(key, None)
    world.person_changed(item)


def edit_list(world: World, rng: random.Random) -> None:
    """A person adds to a list by hand, or takes something away."""
    item, name = _item(world, rng), rng.choice(tuple(LIST_KEYS.values()))
    world.judge()
    present = item.tag_names(KEYS[name])
    scene = world.scene_of(item)
    wishes = wanted(scene, world.settings) if scene else {}
    if present and rng.random() < 0.5:
        gone = rng.choice(present)
        world.account.person_removes(item, name, gone, wishes, is_clean=world.is_clean)
    else:
        new = rng.choice([each for each in BY_HAND if each not in present] or ["One more"])
        if new not in present:
            world.account.person_adds(item, name, new, wishes)
    world.person_changed(item)


def choose_picture(world: World, rng: random.Random) -> None:
    """A person uploads another poster or background and chooses it."""
    item, name = _item(world, rng), rng.choice(PICTURES)
    world.judge()
    key = f"upload://by-hand/{world.number()}"
    world.account.person_types(item, name, key, locks=True, racy=False)
    pictures = item.posters if name == "poster" else item.arts
    for each in pictures:
        each.selected = False
    pictures.append(Picture(key, picture(color(rng)), selected=True))
    world.person_changed(item)


def another_plex(world: World, rng: random.Random) -> None:
    """Another server answers at the address: one that was there before, or a new one with the same
    films under the same keys, which may show what the first one shows."""
    world.judge()
    world.plex.stop()
    former = world.plex.library
    known = [each.library for each in world.accounts.values() if each.library is not former]
    if known and rng.random() < 0.6:
        library = rng.choice(known)
    else:
        library = build_plex(f"{len(world.accounts) + 1}", rng, world.rig)
        library.clock = world.clock
        if rng.random() < 0.5:
            for item in library.items():
                _copy(former.get(item.rating_key), item, library)
    world.serve(library)
    world.plex.start()
    if rng.random() < 0.7:
        scene = _scene(world, rng)
        _change(world, scene, rng)
        world.scene_changed(scene.id)
        world.work()


def _copy(source: Item | None, target: Item, library: PlexLibrary) -> None:
    if source is None or source.type != "movie":
        return
    target.fields, target.locks = dict(source.fields), set(source.locks)
    for kind, tags in source.tags.items():
        made = [library.make_tag(target, kind, each.name, role=each.role) for each in tags]
        library.set_tags(target, kind, made)


def tag_mode(world: World, rng: random.Random) -> None:
    """The server adds the tags that it is told, or replaces those that it has."""
    world.plex.quirks.tag_mode = rng.choice(("additive", "replacing"))


# Trouble


def cut(world: World, rng: random.Random) -> None:
    """A save, and a connection that breaks a few times meanwhile."""
    world.is_clean, trouble = False, draw_cut(rng)
    world.may_fail = True
    trouble.begin(world.plex)
    _save_some(world, rng)
    world.work()


def outage(world: World, rng: random.Random) -> None:
    """Saves while a server is away, wholly or in part; it stays so until it is calm."""
    world.is_clean, trouble = False, draw_trouble(rng)
    # What is refused in part is refused whatever comes on top.
    world.may_fail |= trouble.may_fail_jobs
    trouble.begin(world.plex)
    if rng.random() < 0.3:
        world.plex.stop()
        world.plex.start()
    _save_some(world, rng)
    world.work()
    for _ in range(rng.randrange(4)):
        world.let_pass(rng.choice((1, 5, 60, 900)))
        world.work()
    if rng.random() < 0.6:
        world.plex.faults.clear()


def stash_outage(world: World, rng: random.Random) -> None:
    """The same at Stash's door, for a few requests."""
    world.is_clean, trouble = False, draw_cut(rng)
    trouble.begin(world.stash)
    _save_some(world, rng)
    world.work()
    world.stash.faults.clear()


def timeouts(world: World, rng: random.Random) -> None:
    """Some requests get no answer in time."""
    world.is_clean = False
    world.may_fail = True
    world.plugin.wire.timeouts = rng.randint(2, 5)
    _save_some(world, rng)
    world.work()


def plex_down(world: World, rng: random.Random) -> None:
    """Plex is switched off for a while."""
    world.is_clean = False
    world.plex.stop()
    _save_some(world, rng)
    world.work()
    world.let_pass(rng.choice((1, 60, 900)))
    world.work()
    world.plex.start()


def kill_at_request(world: World, rng: random.Random) -> None:
    """Saves, and a kill at any request or at any write, before or after it has arrived."""
    world.is_clean = False
    _save_some(world, rng)
    world.plugin.wire.kill_at(
        rng.randint(1, 12) if (writes := rng.random() < 0.5) else rng.randint(1, 30),
        is_sent=rng.random() < 0.5,
        only_writes=writes,
    )
    world.work()
    world.plugin.wire.revive()
    if rng.random() < 0.5:
        world.work()


def kill(world: World, rng: random.Random) -> None:
    """The resting worker is killed."""
    world.plugin.kill()
    if rng.random() < 0.5:
        world.work()


def restart(world: World, _rng: random.Random) -> None:
    """The worker ends as it should, another begins."""
    world.plugin.restart()
    world.work()


def suspend(world: World, rng: random.Random) -> None:
    """The worker stands still amid its work, another takes over, then the first goes on."""
    world.is_clean = False
    _save_some(world, rng)
    world.plugin.suspend(rng.randint(1, 12))
    world.judge()


def save_meanwhile(world: World, rng: random.Random) -> None:
    """A scene is saved while it is being written."""
    scene = _scene(world, rng)
    _change(world, scene, rng)
    world.scene_changed(scene.id)
    world.is_moving = True
    world.was_organized = scene.id if scene.organized else 0
    once = rng.random()

    def change() -> None:
        _change(world, scene, random.Random(once))

    meanwhile = world.plex.faults.add(Call(change), "^PUT |^GET /library/metadata", times=1)
    world.work()
    meanwhile.times = world.was_organized = 0
    world.scene_changed(scene.id)
    world.work()
    world.is_moving = False


# Tasks


def task(world: World, rng: random.Random) -> None:
    """Sync all scenes, compared or not, perhaps stopped on its way."""
    if rng.random() < 0.4:
        world.is_clean = False
        world.plugin.wire.kill_at(rng.randint(1, 40), is_sent=rng.random() < 0.5, only_writes=False)
    name = rng.choice(("sync_all", "sync_all", "sync_recent", "process_queue", "retry_failed"))
    args = {"full": True} if name == "sync_all" and rng.random() < 0.5 else {}
    world.plugin.run_task(name, **args)
    world.plugin.wire.revive()
    world.judge()


def wait(world: World, rng: random.Random) -> None:
    """Time passes."""
    world.let_pass(rng.choice((1, 20, 300, 4000)))
    world.work()


def calm(world: World, _rng: random.Random) -> None:
    """The trouble is over."""
    world.calm()


def rest(world: World, _rng: random.Random) -> None:
    """The trouble is over and everything is compared."""
    world.calm()
    world.rest()


WEIGHTS: dict[Step, int] = {
    save: 14,
    bulk: 3,
    save_untold: 2,
    rename: 3,
    delete: 1,
    configure: 5,
    type_text: 6,
    edit_list: 6,
    choose_picture: 3,
    another_plex: 2,
    tag_mode: 1,
    cut: 6,
    outage: 6,
    stash_outage: 1,
    timeouts: 2,
    plex_down: 2,
    kill_at_request: 6,
    kill: 1,
    restart: 1,
    suspend: 2,
    save_meanwhile: 2,
    task: 3,
    wait: 3,
    calm: 4,
    rest: 2,
}
STEPS: dict[str, Step] = {each.__name__: each for each in WEIGHTS}


def _scene(world: World, rng: random.Random) -> Scene:
    return world.library.scenes[rng.choice(sorted(world.library.scenes))]


def _item(world: World, rng: random.Random) -> Item:
    items = world.plex.library.items()
    return items[rng.randrange(len(items))]


def _save_some(world: World, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        scene = _scene(world, rng)
        _change(world, scene, rng)
        world.scene_changed(scene.id)


def _change(world: World, scene: Scene, rng: random.Random) -> None:
    """Somebody edits one to three things about the scene."""
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(tuple(CHANGES))
        world.library.update(scene, **{name: CHANGES[name](world, rng)})


def _some(table: Mapping[int, Any], rng: random.Random) -> list[Any]:
    found = [table[key] for key in sorted(table)]
    return rng.sample(found, rng.randrange(4))


def _groups(world: World, rng: random.Random) -> object:
    from_pool = [each for each in world.library.groups.values() if each.name in GROUPS]
    chosen = rng.sample(from_pool, rng.randrange(3))
    return [SceneGroup(each, rng.choice((None, 1, 2, 7))) for each in chosen]


CHANGES: dict[str, Callable[[World, random.Random], Any]] = {
    "title": lambda w, rng: f"Title no {w.number()}" if rng.random() < 0.85 else "",
    "details": lambda w, rng: f"Details no {w.number()}" if rng.random() < 0.8 else "",
    "date": lambda w, rng: rng.choice((None, f"19{w.number() % 80 + 10}", "1951-03", "1951-03-09")),
    "rating100": lambda w, rng: rng.choice((None, 20, 35, 80, 100)),
    "director": lambda w, rng: rng.choice(("", "Ida Strand", "Ida Strand, Leo Holm; Vera Quist")),
    "studio": lambda w, rng: rng.choice([None, *w.library.studios.values()]),
    "tags": lambda w, rng: _some(w.library.tags, rng),
    "performers": lambda w, rng: _some(w.library.performers, rng),
    "groups": _groups,
    "organized": lambda w, rng: rng.random() < 0.7,
    "cover": lambda w, rng: picture(color(rng)) if rng.random() < 0.8 else None,
}
