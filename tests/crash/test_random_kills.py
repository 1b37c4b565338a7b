"""Hundreds of kills at random: nothing lost, nothing wrong."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

import pytest

from simulators.rig import Rig
from tests.crash.kit import Accidents
from tests.crash.random_kills import Strikes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]

KILLS = 300
CHECK_EVERY = 50


@pytest.mark.timeout(600)
def test_three_hundred_kills_lose_nothing(
    make_unlucky_rig: Callable[..., Rig],
    accidents: Accidents,
    record_property: Callable[[str, object], None],
) -> None:
    rig = make_unlucky_rig(count=40, rest_after_s=0.2)
    # Repeatable as far as chance goes; the processes' timing differs each time anyway.
    strikes = Strikes(rig, accidents, random.Random(20))
    wanted = 0
    while wanted < KILLS:
        wanted += CHECK_EVERY
        while strikes.kills.total() < wanted:
            strikes.strike()
        strikes.recover()
    record_property("kills", dict(strikes.kills))
    assert strikes.kills.total() >= KILLS
    assert min(strikes.kills[kind] for kind in ("worker", "hook", "task")) >= 10
