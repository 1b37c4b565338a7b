"""Container layouts: how two servers may see the same files, with the truth about each file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from errors import SyncError
from matching.locate import Located, Locator
from plex.client import PlexClient
from plex.paths import plain
from simulators.films import Film, films
from simulators.plex import PlexLibrary
from validation.config import PathMapping, PlexSyncConfig
from validation.scene import Scene, VideoFile

BATCH = 100
# Ripped DVDs come in files of one name and exactly this size.
VOB_NAME, VOB_SIZE = "VTS_01_1.VOB", 1_073_739_776


@dataclass(frozen=True, slots=True)
class Content:
    """One film's bytes, at `place` below whatever folder the servers mount."""

    place: str
    size: int
    duration_s: float


@dataclass(slots=True)
class Layout:
    """What both servers see. `truth`: by scene id, the Plex paths at which its bytes are."""

    name: str
    path_map: tuple[tuple[str, str], ...] = ()
    locations: tuple[tuple[str, ...], ...] = ()
    scenes: list[Scene] = field(default_factory=list)
    plex_files: list[tuple[int, str, Content]] = field(default_factory=list)
    truth: dict[int, set[str]] = field(default_factory=dict)

    def add(self, stash_path: str, content: Content, plex_paths: Sequence[str]) -> None:
        """A scene with this file, and where Plex sees it: one path per library, "" for not."""
        scene_id = len(self.scenes) + 1
        file = VideoFile(path=stash_path, size=content.size, duration=content.duration_s)
        self.scenes.append(Scene(id=scene_id, title=f"scene {scene_id}", files=(file,)))
        self.truth[scene_id] = {plain(path) for path in plex_paths if path}
        for number, path in enumerate(plex_paths):
            if path:
                self.plex_files.append((number, path, content))

    def add_stranger(self, path: str, content: Content) -> None:
        """A file that only Plex has."""
        self.plex_files.append((0, path, content))

    def fill(self, library: PlexLibrary) -> None:
        sections = [
            library.add_section(f"Films {number + 1}", locations=places)
            for number, places in enumerate(self.locations)
        ]
        for number, path, content in self.plex_files:
            library.add_item(
                sections[number],
                path,
                title="untouched",
                size=content.size,
                duration_ms=round(content.duration_s * 1000),
            )

    def config(self, url: str, token: str) -> PlexSyncConfig:
        mappings = tuple(PathMapping(stash=stash, plex=plex) for stash, plex in self.path_map)
        return PlexSyncConfig.model_validate(
            {"plex_url": url, "plex_token": token, "path_map": mappings}
        )


@dataclass(slots=True)
class Score:
    """`wrong`: scenes that would be written to an item with other bytes. `missed`: scenes that
    Plex has and that were not found, or not on every mount. `rules`: scenes by what found them."""

    scenes: int = 0
    found: int = 0
    absent: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    rules: dict[str, int] = field(default_factory=dict)


def sync(
    layout: Layout,
    plex: PlexClient,
    locator: Locator,
    write: Callable[[Scene, Located], None] = lambda _scene, _located: None,
) -> Score:
    """Locate all scenes in batches, as the worker does, and compare with the truth."""
    score = Score()
    for start in range(0, len(layout.scenes), BATCH):
        batch = layout.scenes[start : start + BATCH]
        for scene_id, result in locator.locate(plex, batch, at_once=False).items():
            scene = layout.scenes[scene_id - 1]
            _judge(score, scene, layout.truth[scene_id], result)
            if isinstance(result, Located):
                write(scene, result)
    return score


def _judge(score: Score, scene: Scene, truth: set[str], result: Located | SyncError) -> None:
    score.scenes += 1
    score.absent += not truth
    shown: set[str] = set()
    if isinstance(result, Located):
        for because in result.because:
            score.rules[because] = score.rules.get(because, 0) + 1
        for item in result.items:
            paths = {plain(file.path) for file in item.files}
            shown |= paths
            if not paths & truth:
                score.wrong.append(f"{scene.files[0].path} -> {sorted(paths)}: {result.because}")
    if truth and truth <= shown:
        score.found += 1
    elif truth:
        score.missed.append(f"{scene.files[0].path}: {result}")


def contents(count: int) -> list[Content]:
    """Films in folders, some of them called the same as others, some called nothing at all."""
    found = []
    for number, film in enumerate(films(count)):
        found.append(Content(_place(number, film), film.size, film.duration_s))
    return found


def _place(number: int, film: Film) -> str:
    decade = f"{film.year // 10}0s"
    if number % 10 == 3:
        return f"{decade}/{film.file_name.rpartition('.')[0]}/scene.mp4"
    if number % 10 == 7:
        return f"{decade}/Remakes/{number}/The Remake.mp4"
    return f"{decade}/{film.file_name}"


def _prefix(
    name: str,
    stash: Callable[[str], str],
    *plex: Callable[[str], str],
    path_map: tuple[tuple[str, str], ...] = (),
) -> Callable[[int], Layout]:
    """A layout in which each file is at one place in Stash, at one in each of Plex's libraries."""

    def make(count: int) -> Layout:
        layout = Layout(name, path_map, tuple((view("").rstrip("/\\"),) for view in plex))
        for content in contents(count):
            layout.add(stash(content.place), content, [view(content.place) for view in plex])
        return layout

    return make


def _posix(folder: str) -> Callable[[str], str]:
    return lambda place: f"{folder}/{place}"


def _windows(folder: str) -> Callable[[str], str]:
    return lambda place: f"{folder}\\{place}".replace("/", "\\")


def _nfd(place: str) -> str:
    return unicodedata.normalize("NFD", f"/volume1/{place}")


def _other_case(place: str) -> str:
    return f"/data/{place.upper() if len(place) % 2 else place.lower()}"


def _nested(count: int) -> Layout:
    """A mount inside a mount: the longer prefix must win."""
    layout = Layout(
        "nested prefixes, path_map",
        (("/data", "/media"), ("/data/extra", "/archive/more")),
        (("/media", "/archive"),),
    )
    for number, content in enumerate(contents(count)):
        if number % 2:
            layout.add(f"/data/{content.place}", content, [f"/media/{content.place}"])
        else:
            place = f"/archive/more/{content.place}"
            layout.add(f"/data/extra/{content.place}", content, [place])
    return layout


def _partly_missing(count: int) -> Layout:
    """A third isn't in Plex, which has other films under the same names instead."""
    layout = Layout("other prefix, partly missing", (), (("/media", "/strangers"),))
    for number, content in enumerate(contents(count)):
        missing = number % 3 == 1
        layout.add(
            f"/data/{content.place}", content, ["" if missing else f"/media/{content.place}"]
        )
        if missing:
            stranger = Content(content.place, content.size + 7, content.duration_s + 60)
            layout.add_stranger(f"/strangers/{content.place}", stranger)
    return layout


def _folder_named_like_the_mount(count: int) -> Layout:
    """Stash's /data is Plex's /data/data, and there is a folder called data in it: many paths
    exist in both servers and mean different files. Half of the inner ones aren't in Plex."""
    layout = Layout("a folder called like the mount", (), (("/data/data",),))
    for number, content in enumerate(contents(count)):
        if number % 2:
            inner = Content(content.place, content.size + 1, content.duration_s + 90)
            path = f"/data/data/data/{content.place}" if number % 4 == 1 else ""
            layout.add(f"/data/data/{content.place}", inner, [path])
        layout.add(f"/data/{content.place}", content, [f"/data/data/{content.place}"])
    return layout


def _dvds(count: int) -> Layout:
    """A fifth are files of a DVD, alike in name and size; half of those aren't in Plex."""
    layout = Layout("DVD folders, partly missing", (), (("/media",),))
    for number, content in enumerate(contents(count)):
        if number % 5:
            layout.add(f"/data/{content.place}", content, [f"/media/{content.place}"])
            continue
        place = f"dvd {number}/{VOB_NAME}"
        vob = Content(place, VOB_SIZE, 1000.0 + number * 3)
        layout.add(f"/data/{place}", vob, [f"/media/{place}" if number % 10 else ""])
    return layout


LAYOUTS: tuple[Callable[[int], Layout], ...] = (
    _prefix("same path", _posix("/data"), _posix("/data")),
    _prefix(
        "other prefix, path_map",
        _posix("/data"),
        _posix("/media/films"),
        path_map=(("/data", "/media/films"),),
    ),
    _prefix("other prefix, nothing set", _posix("/data"), _posix("/media/films")),
    _prefix(
        "two mounts, path_map",
        _posix("/data"),
        _posix("/mnt/a"),
        _posix("/mnt/b"),
        path_map=(("/data", "/mnt/a"), ("/data", "/mnt/b")),
    ),
    _prefix("two mounts, nothing set", _posix("/data"), _posix("/mnt/a"), _posix("/mnt/b")),
    _prefix("Windows Plex, nothing set", _posix("/data"), _windows(r"D:\Films")),
    _prefix(
        "Windows share in Plex, path_map",
        _posix("/data"),
        _windows(r"\\nas\films"),
        path_map=(("/data", r"\\nas\films"),),
    ),
    _prefix("Windows Stash, nothing set", _windows(r"E:\Video"), _posix("/data/video")),
    _prefix("NFC and NFD, nothing set", _posix("/data"), _nfd),
    _prefix("other case", _posix("/data"), _other_case),
    _nested,
    _partly_missing,
    _folder_named_like_the_mount,
    _dvds,
)
