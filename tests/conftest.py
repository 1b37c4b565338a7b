"""Fixtures for tests that drive the real plugin against both simulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from simulators.rig import Rig

pytest_plugins = ["pytester", "tests.leaks"]


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes started rigs (see `Rig`), each in a folder of its own, and stops them."""
    with ExitStack() as stack:
        made: list[Rig] = []

        def make(**options: Any) -> Rig:
            rig = Rig(tmp_path / f"rig{len(made)}", **options)
            made.append(rig)
            return stack.enter_context(rig)

        yield make
        for each in made:
            each.kill_workers()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """Ten films in both servers, nothing synced yet."""
    return make_rig()
