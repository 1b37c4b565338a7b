"""The trial finds exactly what a server is like, and leaves it as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trial.switches import at_random, expected, place


@pytest.mark.parametrize("seed", range(30))
def test_a_trial_finds_every_switch_and_leaves_no_trace(seed: int, tmp_path: Path) -> None:
    switches = at_random(seed)
    with place(tmp_path, switches, seed=seed) as here:
        before = here.everything()
        trial = here.trial()
        assert (trial.left, trial.unmeasured) == ((), {})
        wanted = expected(switches)
        found = {name: value for name, value in trial.traits.items() if not name.endswith("_ms")}
        assert found == {name: wanted[name] for name in found}
        assert here.everything() == before
        # What would have had to be emptied again is left alone where nothing can be.
        unmeasured = wanted.keys() - found.keys()
        assert not unmeasured or not switches["clears_fields"]
        with here.book() as book:
            assert book.unfinished(here.sim.library.machine_identifier) == []
