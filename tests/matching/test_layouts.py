"""Container layouts at small size, written to for real: no wrong write, nothing missed.

`python -m benchmarks.matching` prints the same table for large libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.layouts import LAYOUTS, Layout, Score, sync
from matching.index import PathIndex
from matching.locate import Located, Locator
from plex.client import PlexClient
from plex.paths import plain
from simulators.plex import PlexLibrary, PlexSimulator
from tests.harness.turns import at_any_time
from validation.scene import Scene

FILES = 120


def synced(layout: Layout, folder: Path) -> tuple[Score, PlexLibrary]:
    """Write each scene's title to the items that are found for it."""
    library = PlexLibrary()
    layout.fill(library)
    with PlexSimulator(library) as plex:
        client = PlexClient(plex.url, plex.token, client_id="tests", turns=at_any_time)
        index = PathIndex(str(folder), lambda: 0.0)

        def write(scene: Scene, found: Located) -> None:
            for item in found.items:
                client.edit([item], {"title.value": scene.title, "title.locked": "1"})

        try:
            locator = Locator(index, layout.config(plex.url, plex.token))
            return sync(layout, client, locator, write), library
        finally:
            index.close()
            client.close()


@pytest.mark.parametrize(
    "make", [pytest.param(make, id=make(0).name.replace(" ", "-")) for make in LAYOUTS]
)
def test_every_file_that_is_findable_is_written_to_and_no_other(
    make: Callable[[int], Layout], tmp_path: Path
) -> None:
    layout = make(FILES)
    score, library = synced(layout, tmp_path)
    assert (score.wrong, score.missed) == ([], [])
    assert score.found + score.absent == score.scenes >= FILES * 0.9
    wanted = {path: f"scene {key}" for key, paths in layout.truth.items() for path in paths}
    for item in library.items():
        assert item.title == wanted.get(plain(item.files[0]), "untouched")


def test_the_layouts_are_a_dozen_and_differ() -> None:
    assert len({make(0).name for make in LAYOUTS}) == len(LAYOUTS) >= 12


def test_layouts_are_not_easier_than_they_look() -> None:
    """Names that several files share, names that say nothing, files that Plex lacks."""
    layouts = [make(FILES) for make in LAYOUTS]
    names = [file.path.rpartition("/")[2] for each in layouts[0].scenes for file in each.files]
    assert names.count("scene.mp4") > 5
    assert names.count("The Remake.mp4") > 5
    assert sum(any(not paths for paths in each.truth.values()) for each in layouts) == 3
