"""A scene with everything set, in a movie library and in a show library, through every change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulators.plex import Item, PlexLibrary, Tag
from simulators.stash import VideoFile
from sync.pictures import sha1_of
from tests.harness.sync import Desk, picture

SETTINGS: dict[str, Any] = {
    "tags_as": "both",
    "collections": "studio, parent_studio, groups, tags:Sea",
    "content_rating": "NR",
    "tagline_template": "{performers}",
    "ignore_tags": "Todo",
}
MOVIE_ONLY = {"studio", "tagline", "genre"}
COVER = picture("red")

SHOWN: dict[str, object] = {
    "title": "The Voyage",
    "titleSort": "Voyages 0003",
    "studio": "Beacon",
    "summary": "First line.\nSecond line.",
    "tagline": "Zoe, Ada",
    "originallyAvailableAt": "2001-05-01",
    "contentRating": "NR",
    "userRating": "8.5",
    "genre": ["Drama", "Sea"],
    "label": ["Drama", "Sea"],
    "actor": ["Zoe", "Ada"],
    "director": ["Bruno Berg", "Clara"],
    "collection": ["Beacon", "Group of Beacon", "Sea", "Voyages"],
}

# What empties each field in Stash.
CLEARED: dict[str, dict[str, Any]] = {
    "titleSort": {"groups": []},
    "studio": {"studio": None},
    "summary": {"details": ""},
    "originallyAvailableAt": {"date": None},
    "userRating": {"rating100": None},
    "genre": {"tags": []},
    "label": {"tags": []},
    "actor": {"performers": []},
    "director": {"director": ""},
}


@pytest.fixture(params=["additive", "replacing"])
def desk(request: pytest.FixtureRequest, make_desk: Callable[..., Desk]) -> Desk:
    made = make_desk(count=1)
    made.plex.quirks.tag_mode = request.param
    library = made.rig.stash.library
    studio = library.add_studio("Beacon", parent=library.add_studio("Group of Beacon"))
    zoe, ada = (
        library.add_performer("Zoe", disambiguation="the elder"),
        library.add_performer("Ada"),
    )
    made.edit(1, files=[])
    scene = library.add_scene(
        "The Voyage",
        files=[VideoFile("/data/all/voyage.mp4", 5_000_000)],
        details="First line.\r\nSecond line.",
        date="2001-05",
        rating100=85,
        director="Bruno Berg, Clara",
        studio=studio,
        performers=[zoe, ada],
        tags=[library.add_tag(name) for name in ("Drama", "Sea", "Todo")],
        groups=[(library.add_group("Voyages"), 3)],
        cover=COVER,
    )
    assert scene.id == 2
    made.configure(**SETTINGS)
    return made


def movie(library: PlexLibrary) -> Item:
    section = library.add_section("All films", locations=["/data/all"])
    return library.add_item(section, "/data/all/voyage.mp4", size=5_000_000)


def episode(library: PlexLibrary) -> Item:
    section = library.add_section("Series", type="show", locations=["/data/all"])
    show = library.add_show(section, "Voyages")
    return library.add_episode(show, file="/data/all/voyage.mp4", size=5_000_000)


KINDS = pytest.mark.parametrize("make", [movie, episode], ids=["movie", "episode"])


def expected(item: Item) -> dict[str, object]:
    return {
        name: value
        for name, value in SHOWN.items()
        if item.type == "movie" or name not in MOVIE_ONLY
    }


def shown(item: Item) -> dict[str, object]:
    lists = {
        kind: item.tag_names(kind) if kind == "actor" else sorted(item.tag_names(kind))
        for kind in item.tags
        if item.tags[kind]
    }
    return {name: each for name, each in {**item.fields, **lists}.items() if name in SHOWN}


@KINDS
def test_everything_arrives_stays_and_is_locked(
    desk: Desk, make: Callable[[PlexLibrary], Item]
) -> None:
    item = make(desk.plex.library)
    desk.sync()
    assert shown(item) == expected(item)
    assert item.locks == set(expected(item)) | {"thumb", "art"}
    assert item.tags["actor"][0].role == "the elder"
    for chosen in (item.selected("thumb"), item.selected("art")):
        assert chosen is not None
        assert chosen.rating_key.endswith(sha1_of(COVER))
    before = desk.plex.library.snapshot(item)
    desk.plex.library.agent_refresh(item)
    assert desk.plex.library.snapshot(item) == before
    desk.sync()
    assert desk.writes() == 0


@KINDS
@pytest.mark.parametrize("name", CLEARED)
def test_a_field_cleared_in_stash_clears_what_we_wrote(
    desk: Desk, make: Callable[[PlexLibrary], Item], name: str
) -> None:
    item = make(desk.plex.library)
    desk.sync()
    desk.edit(2, **CLEARED[name])
    desk.sync()
    left = shown(item)
    assert not left.get(name) or left[name] == "Voyage"  # Plex's own sort title
    assert name not in item.locks
    desk.sync()
    assert desk.writes() == 0


# Plex derives an unlocked sort title anew from every title.
@pytest.mark.parametrize("name", sorted(CLEARED.keys() - {"titleSort"}))
def test_a_field_cleared_in_stash_leaves_what_we_never_wrote(desk: Desk, name: str) -> None:
    desk.edit(2, **CLEARED[name])
    item = movie(desk.plex.library)
    if isinstance(SHOWN[name], str):
        item.fields[name] = "5.0" if name == "userRating" else "2020-02-02"
    else:
        item.tags[name] = [Tag("Theirs")]
    before = shown(item)[name]
    desk.sync()
    assert shown(item)[name] == before
    assert name not in item.locks


def test_a_sort_title_that_somebody_set_stays(desk: Desk) -> None:
    desk.edit(2, groups=[])
    item = movie(desk.plex.library)
    item.fields["titleSort"] = "Theirs"
    item.locks.add("titleSort")
    desk.sync()
    assert item.sort_title == "Theirs"


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("name", SHOWN)
def test_a_field_edited_in_plex_is_kept_or_not_as_set(desk: Desk, name: str, *, keep: bool) -> None:
    desk.configure(**SETTINGS, keep_plex_edits=keep)
    item = movie(desk.plex.library)
    desk.sync()
    if isinstance(SHOWN[name], str):
        item.fields[name] = "1.0" if name == "userRating" else "1999-09-09"
    else:
        item.tags[name] = [*item.tags[name][1:], Tag("Theirs")]
    edited = shown(item)[name]
    desk.sync()
    if keep:
        assert shown(item)[name] == edited
    elif isinstance(SHOWN[name], str):
        assert shown(item)[name] == SHOWN[name]
    else:
        assert sorted(item.tag_names(name)) == sorted([*SHOWN[name], "Theirs"])  # type: ignore[misc]
    desk.sync()
    assert desk.writes() == 0


@pytest.mark.parametrize("implicit_lock", [False, True])
def test_settings_that_are_taken_back_take_back_what_they_wrote(
    desk: Desk, *, implicit_lock: bool
) -> None:
    desk.plex.quirks.implicit_lock = implicit_lock
    item = movie(desk.plex.library)
    desk.sync()
    desk.configure()
    desk.sync()
    gone = {"tagline", "contentRating", "label", "collection"}
    assert not gone & set(shown(item))
    assert not gone & item.locks
    assert "Todo" in item.tag_names("genre")
