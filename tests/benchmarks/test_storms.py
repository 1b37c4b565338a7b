"""Storms and the edits made meanwhile, and what becomes of an edit that doesn't arrive."""

from __future__ import annotations

import os
import threading
from typing import cast

import pytest

from benchmarks import __main__ as bench
from benchmarks import storms
from benchmarks.measure import Row
from benchmarks.saves import MOST_DELAY_S, PATIENCE_S, Saves
from benchmarks.stage import Latency, Stage


class FakeStage:
    """Saves take the seconds that are given, the last of them for ever; None never arrives."""

    def __init__(self, *took_s: float | None) -> None:
        self._took_s = list(took_s)
        self.titles: list[tuple[int, str]] = []
        self.all_done = threading.Event()

    def save(self, scene_id: int, title: str, timeout_s: float) -> tuple[float, float]:
        took_s = self._took_s.pop(0) if len(self._took_s) > 1 else self._took_s[0]
        self.titles.append((scene_id, title))
        if len(self._took_s) == 1:
            self.all_done.set()
        if took_s is None:
            raise TimeoutError(f"the edit did not happen within {timeout_s} s")
        return took_s, 0.0


def row_of(stage: FakeStage) -> Row:
    saves = Saves(cast("Stage", stage), [7, 6], 0.0)
    with saves:
        assert stage.all_done.wait(30)
    (row,) = saves.rows("slowest")
    return row


def test_the_slowest_save_counts_and_scenes_take_turns() -> None:
    stage = FakeStage(0.2, 1.5, 0.1)
    row = row_of(stage)
    assert (row.measured, row.budget, row.verdict) == (1.5, MOST_DELAY_S, "holds")
    assert [scene_id for scene_id, _ in stage.titles[:3]] == [7, 6, 7]
    assert len({title for _, title in stage.titles}) == len(stage.titles), "a save changes nothing"


def test_an_edit_that_never_arrives_misses_the_budget() -> None:
    row = row_of(FakeStage(0.2, None, 0.1))
    assert (row.measured, row.verdict) == (PATIENCE_S, "MISSED")
    assert f"1 not there after {PATIENCE_S:.0f} s" in row.note


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't tell")
def test_both_storms_are_raised_and_end_in_step() -> None:
    found = storms.rows(6, 12, Latency(0.001, 0.0))
    by_name = {row.what: row for row in found}
    assert len(by_name) == len(found) == 4
    identified = by_name["identification of 6 scenes: scenes that differ afterwards"]
    merged = by_name["merge of a tag of 12 scenes: scenes that differ afterwards"]
    edits = by_name[
        "merge of a tag of 12 scenes: slowest live edit during it, until visible in Plex"
    ]
    assert (identified.measured, merged.measured) == (0, 0)
    hooks, plex = _numbers(identified)
    # One for each scene, and those of the user, whose edits reach Plex as well.
    assert hooks > 6
    assert plex > 6
    hooks, plex = _numbers(merged)
    assert hooks == 1 + int(edits.note.split()[0])
    assert plex > 12


def _numbers(row: Row) -> tuple[int, int]:
    """Hooks, requests to Plex."""
    hooks, plex = row.note.split()[0], row.note.partition("; ")[2].split()[0]
    return int(hooks), int(plex)


def test_sizes_and_latency_are_the_ones_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int, Latency]] = []

    def rows(*given: object) -> list[Row]:
        asked.append(cast("tuple[int, int, Latency]", given))
        return []

    monkeypatch.setattr(storms, "rows", rows)
    bench.main(["--rows", "storms"])
    sizes = ["--identified-scenes", "5000", "--merged-scenes", "30000"]
    bench.main(["--rows", "storms", *sizes, "--plex-ms", "20", "--stash-ms", "10"])
    assert asked == [(500, 2000, Latency(0.05, 0.0)), (5000, 30000, Latency(0.02, 0.01))]
