"""What the tests of the simulated Plex share; each brings its own `sim`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from plexapi.server import PlexServer

from simulators.plex import PlexSimulator


@pytest.fixture
def plex(sim: PlexSimulator) -> Iterator[PlexServer]:
    """The real client of the module's `sim`."""
    with requests.Session() as session:
        yield PlexServer(sim.url, sim.token, session=session)
