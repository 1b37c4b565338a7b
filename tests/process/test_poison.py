"""A library with poisonous scenes: all others sync, and each of these arrives cleaned or fails
alone with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from jobs.job import FailedJob
from simulators.plex import Item
from simulators.rig import Rig
from simulators.stash.model import SceneGroup, VideoFile

COUNT = 120
FIRST = 11  # the number of the first poisonous scene; the good ones lie around them

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# What Plex is to show, by the field's name in Plex's edits; other fields only have to be clean.
VALUES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "control characters": (
        {"title": "A\x00B\x01\x1b[31mC\x7f", "details": "one\r\ntwo\x0b\x0cthree\x08"},
        {"title": "AB[31mC", "summary": "one\ntwothree"},
    ),
    "line breaks in a title": ({"title": "First\nSecond\tThird"}, {"title": "First Second Third"}),
    "a megabyte": ({"title": "Long", "details": "All work. " * 100_000}, {"title": "Long"}),
    "a megabyte of emoji": ({"title": "Loud", "details": "🎬" * 250_000}, {"title": "Loud"}),
    "emoji": ({"title": "🎬 👩‍👩‍👧‍👦 🏳️‍🌈"}, {"title": "🎬 👩‍👩‍👧‍👦 🏳️‍🌈"}),
    "right-to-left marks": ({"title": "\u202eבית\u202c \u200fend"}, {}),
    "combining marks": ({"title": "Z" + "\u0301" * 400}, {}),
    "noncharacters": ({"title": "No \ufffe\uffff character"}, {"title": "No character"}),
    "quotes": ({"title": '"Don\'t" `say` «it»'}, {"title": '"Don\'t" `say` «it»'}),
    "ampersands": (
        {"title": "Salt & Pepper &amp; <b>&#0;"},
        {"title": "Salt & Pepper &amp; <b>&#0;"},
    ),
    "what an address is made of": (
        {"title": "?a=b&title.value=evil#x%00%zz+/;"},
        {"title": "?a=b&title.value=evil#x%00%zz+/;"},
    ),
    "format strings": ({"title": "%s {0} {title} $HOME"}, {"title": "%s {0} {title} $HOME"}),
    "SQL": ({"title": "'); DROP TABLE jobs;--"}, {"title": "'); DROP TABLE jobs;--"}),
    "a title of 500 letters": ({"title": "W" * 500}, {}),
    "blanks only": ({"title": " \t \n "}, {}),
    "a year": ({"title": "In 2019", "date": "2019"}, {"originallyAvailableAt": "2019-01-01"}),
    "a month": ({"title": "In 2019", "date": "2019-02"}, {"originallyAvailableAt": "2019-02-01"}),
    "no date at all": ({"title": "Never", "date": "0000-00-00"}, {"title": "Never"}),
    "a thirteenth month": ({"title": "Later", "date": "2019-13-45"}, {"title": "Later"}),
    "a date in words": ({"title": "Then", "date": "last summer"}, {"title": "Then"}),
    "a negative rating": ({"title": "Bad", "rating100": -20}, {"title": "Bad"}),
    "a rating beyond the best": ({"title": "Great", "rating100": 9000}, {"title": "Great"}),
}
"""What is poisonous to (fields of the scene, what Plex is to show)."""


def poison_tags(rig: Rig, scene_id: int) -> list[str]:
    """Tags with all that can go wrong in a list; their names."""
    names = ["Crime, Drama", "a;b|c", "T" * 500, "Ünï 🎬", 'say "x" & <y>', "%2C%25", "\u200fימין"]
    library = rig.stash.library
    library.update(library.scene(scene_id), tags=[library.add_tag(name) for name in names])
    return names


NAMES: dict[str, str] = {
    "N" * 500: "N" * 254 + "…",
    "A\x00B\x1b[31mC\x7f": "AB[31mC",
    "🎬 👩‍👩‍👧‍👦 🏳️‍🌈": "🎬 👩‍👩‍👧‍👦 🏳️‍🌈",
    "\u202eבית\u202c \u200fend": "\u202eבית\u202c \u200fend",
    '"Don\'t" `say` «it»': '"Don\'t" `say` «it»',
    "Smith, Jr., John": "Smith, Jr., John",
    "100% %2C%25%00 %s {0}": "100% %2C%25%00 %s {0}",
    "Salt & Pepper &amp; <b>": "Salt & Pepper &amp; <b>",
    "x[0].tag.tag": "x[0].tag.tag",
    "actor[0].tag.tag=evil&title.value=evil": "actor[0].tag.tag=evil&title.value=evil",
    "half \ud83c a letter": "half a letter",
    " \t \u2003 ": "",
}
"""A name in Stash to what Plex is to show, "" for nothing; each of its own after the change."""


def poison_names(rig: Rig, scene_id: int) -> None:
    """Performers, roles, groups and directors of all these names, with three in a studio's."""
    library = rig.stash.library
    above, *_, evil, half, _ = NAMES
    roles = [*list(NAMES)[1:], above]
    library.update(
        library.scene(scene_id),
        performers=[
            library.add_performer(name, disambiguation=role)
            for name, role in zip(NAMES, roles, strict=True)
        ],
        studio=library.add_studio(evil + half, parent=library.add_studio(above)),
        groups=[SceneGroup(library.add_group(name), n) for n, name in enumerate(NAMES)],
        director="; ".join(NAMES),
    )


def add_strange_scenes(rig: Rig) -> list[int]:
    """Scenes that lack what every scene should have."""
    library = rig.stash.library
    lost = library.add_scene("No file")
    bare = library.add_scene(
        "", details=None, date=None, rating100=None, code=None, director=None, files=[]
    )
    away = library.add_scene("Not in Plex", files=[VideoFile("/data/films/\x01 away\n.mp4", 5)])
    return [lost.id, bare.id, away.id]


@pytest.fixture
def synced(make_rig: Callable[..., Rig]) -> Rig:
    """A library with all of these, after "Sync all scenes"."""
    rig = make_rig(count=COUNT)
    for number, (fields, _) in enumerate(VALUES.values()):
        rig.stash.library.update(rig.stash.library.scene(FIRST + number), **fields)
    poison_tags(rig, FIRST + len(VALUES))
    add_strange_scenes(rig)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 100)
    return rig


@pytest.fixture
def named(make_rig: Callable[..., Rig]) -> Rig:
    """Three scenes after "Sync all scenes", the second with all these names; collections too."""
    rig = make_rig(count=3)
    rig.configure(collections="studio, parent_studio, groups")
    poison_names(rig, 2)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 100)
    return rig


def failures(rig: Rig) -> dict[int, FailedJob]:
    with rig.store() as store:
        return {each.object_id: each for each in store.failures()}


def written(rig: Rig, item: Item) -> Mapping[str, str]:
    """The newest value of each field that we have edited, tags as text."""
    found: dict[str, str] = {}
    for key, changes in rig.plex.library.edits:
        if key == item.rating_key:
            found.update({name: str(new) for name, (_, new) in changes.items()})
    return found


def test_poison_harms_nobody_else_and_each_comes_clean_or_says_why(synced: Rig) -> None:
    failed = failures(synced)
    good = [*range(1, FIRST), *range(FIRST + len(VALUES) + 1, COUNT + 1)]
    assert {each: synced.title(each) for each in good} == {
        each: synced.films[each - 1].title for each in good
    }
    assert synced.jobs_left() == 0
    for each in failed.values():
        assert each.reason
        assert each.error
    wrong = {}
    for number, (name, (_, expected)) in enumerate(VALUES.items()):
        scene_id = FIRST + number
        fields = written(synced, synced.item(scene_id))
        if scene_id in failed:
            wrong[name] = f"failed: {failed[scene_id].error}"
        elif any(CONTROL.search(text) or len(text) > 6000 for text in fields.values()):
            wrong[name] = f"unclean: {fields}"
        elif not expected.items() <= fields.items():
            wrong[name] = f"{ ({key: fields.get(key) for key in expected}) } instead of {expected}"
    assert wrong == {}
    # Of the three strange scenes the two without a file are no failure, the third isn't in Plex.
    assert {number: each.reason for number, each in failed.items()} == {COUNT + 3: "not in Plex"}
    assert "2 skipped (no file)" in synced.stash.log_text()


def test_tags_keep_their_names_whatever_is_in_them(synced: Rig) -> None:
    item = synced.item(FIRST + len(VALUES))
    names = {tag.name for tag in item.tags["genre"]}
    assert {"Crime, Drama", "a;b|c", "Ünï 🎬", 'say "x" & <y>', "%2C%25"} <= names
    assert max(len(name) for name in names) <= 255
    assert len(names) == 7


def test_names_of_every_kind_arrive_clean(named: Rig) -> None:
    assert failures(named) == {}
    assert named.jobs_left() == 0
    item = named.item(2)
    shown = [name for name in NAMES.values() if name]
    roles = [*list(NAMES.values())[1:], next(iter(NAMES.values()))]
    assert [(tag.name, tag.role) for tag in item.tags["actor"]] == [
        (name, role) for name, role in zip(NAMES.values(), roles, strict=True) if name
    ]
    studio = "actor[0].tag.tag=evil&title.value=evilhalf a letter"
    assert item.fields["studio"] == studio
    assert {tag.name for tag in item.tags["collection"]} == {studio, *shown}
    made = {each.title for each in named.plex.library.items(type="collection")}
    assert made == {studio, *shown, named.films[0].studio, named.films[2].studio}
    parted = [part.strip() for name in shown for part in re.split("[,;](?! Jr.)", name)]
    assert [tag.name for tag in item.tags["director"]] == parted
    assert item.fields["titleSort"] == f"{'N' * 242}… 0000"
    for each in (1, 3):
        film, tags = named.films[each - 1], named.item(each).tags
        assert named.title(each) == film.title
        assert [tag.name for tag in tags["collection"]] == [film.studio]
        assert {tag.name for tag in tags["actor"]}.isdisjoint(shown)


def test_names_of_every_kind_are_written_once(named: Rig) -> None:
    writes = named.plex.library.writes
    named.stash.wait_for_job(named.stash.run_task("Sync all scenes", {"full": True}), 100)
    assert named.plex.library.writes == writes
    text = named.log_file() + named.stash.log_text()
    assert "Traceback" not in text
    assert not CONTROL.search(text.replace("\n", "").replace("\x1b", ""))


def test_a_group_whose_name_is_blank_sorts_nothing(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=1)
    rig.configure(collections="groups")
    library = rig.stash.library
    groups = [SceneGroup(library.add_group(name), n) for n, name in enumerate((" \t ", "\x01"), 1)]
    library.update(library.scene(1), groups=groups)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 100)
    assert "titleSort" not in rig.item(1).locks
    assert not rig.item(1).tags.get("collection")


def test_nothing_is_left_to_write_the_second_time(synced: Rig) -> None:
    writes = synced.plex.library.writes
    synced.stash.wait_for_job(synced.stash.run_task("Sync all scenes"), 100)
    assert synced.plex.library.writes == writes
    assert "Traceback" not in synced.log_file() + synced.stash.log_text()
    assert not CONTROL.search(synced.log_file().replace("\n", ""))


def test_poison_saved_by_a_user_does_not_hold_up_the_next_save(rig: Rig) -> None:
    for number, (fields, _) in enumerate(list(VALUES.values())[:8], start=1):
        rig.stash.library.update(rig.stash.library.scene(number), **fields)
        hook = rig.start_hook(number)
        hook.communicate(timeout=30)
        assert hook.returncode == 0
    rig.stash.update_scene({"id": 10, "title": "The next save"})
    rig.until(lambda: rig.title(10) == "The next save", "the next save")
    rig.until_drained()
    assert failures(rig) == {}
