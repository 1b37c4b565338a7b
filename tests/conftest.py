"""Fixtures for tests that drive the real plugin against both simulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from simulators.rig import Rig
from tests.leaks import leaks


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes started rigs (see `Rig`), each in a folder of its own, and stops them.

    Whatever a test is about, no credential may be left in anything that a rig wrote.
    """
    with ExitStack() as stack:
        made: list[Rig] = []

        def make(**options: Any) -> Rig:
            rig = Rig(tmp_path / f"rig{len(made)}", **options)
            made.append(rig)
            return stack.enter_context(rig)

        yield make
        for each in made:
            each.kill_workers()
            assert leaks(each) == []


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """Ten films in both servers, nothing synced yet."""
    return make_rig()
