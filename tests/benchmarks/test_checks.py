"""What is changed without a hook, as the benchmark does it."""

from __future__ import annotations

import os

import pytest

from benchmarks.checks import changed_rows
from benchmarks.stage import Latency
from benchmarks.untold import KINDS


# Some eighty processes one after another: a minute alone, more than two beside a test suite.
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't tell")
@pytest.mark.parametrize("kinds", [tuple(KINDS)[:7], tuple(KINDS)[7:]], ids=["first", "last"])
def test_every_kind_of_change_is_made_and_none_is_missed(kinds: tuple[str, ...]) -> None:
    rows = list(changed_rows(100, Latency(), kinds))
    assert [(row.what, row.measured) for row in rows] == [
        (f"2 of 100 scenes {kind}: missed", 0) for kind in kinds
    ]
    assert all(row.note.startswith("0 looked at needlessly: ") for row in rows)
