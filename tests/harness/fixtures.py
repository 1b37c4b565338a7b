"""Fixtures for tests that sync in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulators.rig import Rig
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


@pytest.fixture
def make_desk(make_rig: Callable[..., Rig]) -> Callable[..., Desk]:
    return lambda **options: Desk(make_rig(**options))


@pytest.fixture
def desk(make_desk: Callable[..., Any]) -> Desk:
    """Ten films in both servers, nothing synced yet."""
    made: Desk = make_desk()
    return made


@pytest.fixture
def on_shift(desk: Desk) -> Iterator[Shift]:
    """The background worker at the desk, with clocks of its own."""
    with shift(desk) as begun:
        yield begun
