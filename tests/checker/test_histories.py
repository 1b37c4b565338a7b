"""Random histories, each judged by a model that shares no code with the plugin.

What one that fails shows can be run again by `python -m tests.checker --again '…'`.
"""

from __future__ import annotations

import pytest

from tests.checker.history import history, run, shortened
from tests.checker.steps import STEPS

# 1,000 steps: less than two minutes. Hours of it are in `make soak`.
SEEDS = range(1, 26)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken(seed: int) -> None:
    found = run(history(seed))
    assert found is None, f"\n{shortened(found, 60)}"


def test_every_kind_of_step_is_drawn() -> None:
    drawn = {name for seed in SEEDS for name, _ in history(seed).steps}
    assert drawn == set(STEPS)
