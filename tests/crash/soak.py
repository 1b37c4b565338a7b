"""Kills by the thousand: `python -m tests.crash.soak --kills 3000`, or `--minutes 60`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from simulators.rig import Rig
from tests.crash.kit import Accidents
from tests.crash.random_kills import Strikes

CHECK_EVERY = 50


def main() -> int:
    """Ends with an error at the first thing that is lost, wrong or stuck."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="end then at the latest")
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    args = parser.parse_args()
    began = time.monotonic()
    print(f"seed {args.seed}")
    with tempfile.TemporaryDirectory() as folder:
        accidents = Accidents(Path(folder) / "accidents")
        terms = {"PLEXSYNC_IDLE_EXIT": "60", "PLEXSYNC_REST_AFTER": "0.2"}
        environment = {**accidents.environment, **terms}
        python = accidents.python
        with Rig(Path(folder), count=args.scenes, environment=environment, python=python) as rig:
            strikes = Strikes(rig, accidents, random.Random(args.seed))
            end_m = began + 60 * args.minutes
            while strikes.kills.total() < args.kills and time.monotonic() < end_m:
                wanted = min(strikes.kills.total() + CHECK_EVERY, args.kills)
                while strikes.kills.total() < wanted:
                    strikes.strike()
                strikes.recover()
                print(f"{time.monotonic() - began:6.0f} s: {dict(strikes.kills)}", flush=True)
    print(f"{strikes.kills.total()} kills: nothing lost, nothing written twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
