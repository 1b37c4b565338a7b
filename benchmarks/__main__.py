"""`make bench`: measure and print; status 1 if a budget is missed."""

from __future__ import annotations

import sys

from benchmarks import hooks, syncs
from benchmarks.measure import print_table


def main() -> int:
    rows = [*hooks.rows(), *syncs.rows()]
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
