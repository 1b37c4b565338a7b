"""Random histories by the thousand: `python -m tests.checker --steps 10000 --seed 1`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time

from tests.checker.history import LENGTH, history, parsed, run, shortened


def main() -> int:
    """Ends with an error if a promise was broken; each history that broke one is shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first history")
    parser.add_argument("--keep-going", action="store_true", help="after the first violation")
    parser.add_argument("--long", action="store_true", help="show histories at their full length")
    parser.add_argument("--without", default="", help="steps that are not to occur, by commas")
    parser.add_argument("--pin", default="{}", help="settings that are not left to chance, as JSON")
    parser.add_argument("--again", help="run this history, as it was shown")
    args = parser.parse_args()
    logging.disable()
    if args.again:
        found = run(parsed(args.again))
        print(found or "nothing wrong")
        return int(bool(found))
    began, violations, done, seed = time.monotonic(), 0, 0, args.seed
    while done < args.steps:
        told = history(seed, without=args.without.split(","), pinned=json.loads(args.pin))
        if found := run(told):
            violations += 1
            print(found if args.long else shortened(found), flush=True)
            if not args.keep_going:
                break
        done, seed = done + LENGTH, seed + 1
        if (seed - args.seed) % 25 == 0:
            print(f"{time.monotonic() - began:6.0f} s: {done} steps", flush=True)
    print(f"seeds {args.seed} to {seed - 1}: {done} steps, {violations} violations")
    return int(violations > 0)


if __name__ == "__main__":
    sys.exit(main())
