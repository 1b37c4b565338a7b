"""Servers with random switches by the hundred: `python -m tests.trial.soak --combinations 200`."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.trial.combinations import sync_and_restore
from tests.trial.switches import at_random, expected, place


def main() -> int:
    """Ends with an error if a trial missed a switch, or a sync was neither right nor refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--combinations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first combination")
    args = parser.parse_args()
    logging.disable()
    began, found = time.monotonic(), Counter[str]()
    for seed in range(args.seed, args.seed + args.combinations):
        for name, check in (("trial", tried), ("sync", synced)):
            try:
                found[f"{name} {check(seed)}"] += 1
            except AssertionError as error:
                found[f"{name} wrong"] += 1
                print(f"seed {seed}, {name}: {error}", flush=True)
    print(f"{dict(found)} in {time.monotonic() - began:.0f} s")
    return int(any(each.endswith("wrong") for each in found))


def tried(seed: int) -> str:
    """A trial on an item of such a server."""
    switches = at_random(seed)
    with tempfile.TemporaryDirectory() as folder, place(Path(folder), switches, seed=seed) as here:
        before, trial = here.everything(), here.trial()
        wanted = expected(switches)
        found = {name: value for name, value in trial.traits.items() if not name.endswith("_ms")}
        assert (trial.left, trial.unmeasured) == ((), {})
        assert found == {name: wanted[name] for name in found}
        assert here.everything() == before
    return "right"


def synced(seed: int) -> str:
    """A sync of such a server, and a restore. The sentence of a refusal is for whoever looks
    whether it is right."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = sync_and_restore(Path(folder), seed)
    if outcome == "right":
        return outcome
    print(f"seed {seed}, refused: {outcome}", flush=True)
    return "refused"


if __name__ == "__main__":
    sys.exit(main())
