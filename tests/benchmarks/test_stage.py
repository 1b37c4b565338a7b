"""The simulators in a process of their own, and a measured sync against them."""

from __future__ import annotations

import os
import time

import pytest

from benchmarks import __main__ as bench
from benchmarks.stage import Latency, Library, on_stage
from benchmarks.syncs import full_sync

SCENES = 8


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't tell")
def test_a_sync_is_counted_on_both_sides() -> None:
    with on_stage(Library(SCENES, covers=True), Latency(0.001, 0.0)) as stage:
        before = time.process_time()
        first = full_sync(stage, SCENES, "first")
        assert stage.served().plex_kinds["upload"] == 2 * SCENES
        assert stage.differences() == 0
        stage.retitle("Other")
        assert stage.differences() == SCENES
        stage.new_covers(1)
        stage.configure(skip_fields="background")
        full_sync(stage, SCENES, "second")
        assert stage.served().plex_kinds["upload"] == SCENES
        took_s, waited_s = stage.save(3, "Saved by a user")
        stage.add_tag(2)
        assert stage.differences() == 2
        ours_s = time.process_time() - before
    assert 0.002 <= waited_s < took_s
    assert first.usage.peak_mb > 20
    # Neither side's work is done in this process.
    assert ours_s < first.usage.cpu_s + first.own_cpu_s


def test_unknown_rows_are_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--rows", "hooks,speed"])
    assert (
        "unknown: speed; there are hooks, starts, rest, syncs, checks, pictures"
        in capsys.readouterr().err
    )


def test_a_comparison_with_no_report_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench.main(["compare", "no-such-file.json", "neither.json"]) == 2
    assert "no-such-file.json can't be read as a report" in capsys.readouterr().err
    assert bench.main(["markdown"]) == 2
    assert "markdown takes 1 file(s)" in capsys.readouterr().err
