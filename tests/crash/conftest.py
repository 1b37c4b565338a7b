"""Rigs whose processes meet with accidents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.rig import Rig
from tests.crash.kit import Accidents


@pytest.fixture
def accidents(tmp_path: Path) -> Accidents:
    return Accidents(tmp_path / "accidents")


@pytest.fixture
def make_unlucky_rig(make_rig: Callable[..., Rig], accidents: Accidents) -> Callable[..., Rig]:
    """Like `make_rig`, for processes that `accidents` happen to. `idle_exit_s` and `rest_after_s`
    are the worker's."""

    def make(*, idle_exit_s: float = 60.0, rest_after_s: float = 30.0, **options: Any) -> Rig:
        environment = {
            **accidents.environment,
            "PLEXSYNC_IDLE_EXIT": str(idle_exit_s),
            "PLEXSYNC_REST_AFTER": str(rest_after_s),
        }
        return make_rig(environment=environment, python=accidents.python, **options)

    return make
