"""What tests of requests to Plex share."""

from __future__ import annotations

from collections.abc import Iterator

import plexapi
import pytest


@pytest.fixture(autouse=True)
def _own_headers() -> Iterator[None]:
    """plexapi's headers are global."""
    former = dict(plexapi.BASE_HEADERS)
    yield
    plexapi.BASE_HEADERS.clear()
    plexapi.BASE_HEADERS.update(former)
