"""A simulated Plex with one library, a client, and an empty path index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from matching import indexing
from matching.index import PathIndex
from plex.client import PlexClient, PlexSection
from plex.paths import folded
from simulators.plex import Item, PlexLibrary, PlexSimulator, Section

START = 1_700_000_000.0


@dataclass
class Bench:
    """`now` is the clock of both sides, in epoch seconds; tests set it."""

    plex: PlexSimulator
    films: Section
    client: PlexClient
    data_dir: Path
    now: list[float]

    @property
    def library(self) -> PlexLibrary:
        return self.plex.library

    def add(self, *names: str, **options: object) -> list[Item]:
        return [
            self.library.add_item(self.films, f"/data/{name}", **options)  # type: ignore[arg-type]
            for name in names
        ]

    def index(self) -> PathIndex:
        """The index as a process opens it; it knows which sections to use."""
        index = PathIndex(str(self.data_dir), lambda: self.now[0])
        index.use(self.client.machine_identifier, self.client.sections())
        return index

    def section(self, number: int = 0) -> PlexSection:
        return self.client.sections()[number]

    def built(self) -> PathIndex:
        index = self.index()
        for section in self.client.sections():
            indexing.build(self.client, index, section)
        return index

    def listings(self) -> int:
        return self.plex.calls["listing"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    now = [START]
    library = PlexLibrary(clock=lambda: now[0])
    films = library.add_section("Films", locations=["/data"])
    with PlexSimulator(library) as plex:
        client = PlexClient(plex.url, plex.token, client_id="tests")
        yield Bench(plex, films, client, tmp_path, now)
        client.close()


@pytest.fixture
def keys_at() -> Callable[[PathIndex, str], list[int]]:
    """The rating keys that an index knows for a path."""
    return lambda index, path: [each.rating_key for each in index.files_at(folded(path))]
