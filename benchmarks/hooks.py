"""What a hook costs the user who waits for it, beside a bare interpreter."""

from __future__ import annotations

import statistics
import sys
from concurrent.futures import ThreadPoolExecutor

from benchmarks.measure import Row, paired_medians, say, wall_s
from benchmarks.stage import HOOK, Latency, Library, Stage, on_stage

TIMES = 40
STARTS = 10
AT_ONCE = 50
SAVES = 10
TOGETHER = 100
BULK_EDITS = 5

BARE = [sys.executable, "-c", "pass"]


def rows(latency: Latency) -> list[Row]:
    """The budget's rows about hooks, and about a single save."""
    with on_stage(Library(10), latency) as stage:
        say("hooks: beside bare interpreters")
        # The first start compiles the modules; every later one finds them compiled.
        wall_s(HOOK, stage.hook_input(1))
        stage.until_drained()
        found = [_alive(stage), _starting(stage), _at_once(stage), _arrival(stage)]
    say(f"hooks: of a bulk edit of {TOGETHER} scenes")
    with (
        on_stage(Library(TOGETHER), latency) as stage,
        on_stage(Library(TOGETHER, hooks_do_nothing=True), latency) as bare,
    ):
        wall_s(HOOK, stage.hook_input(1))
        stage.until_drained()
        return [*found, _bulk(stage, bare)]


def _alive(stage: Stage) -> Row:
    bare_s, hook_s = paired_medians(
        lambda: wall_s(BARE), lambda: wall_s(HOOK, stage.hook_input(1)), TIMES
    )
    return ratio("hook, worker alive, x bare interpreter", hook_s, bare_s, 1.0)


def _starting(stage: Stage) -> Row:
    def start() -> float:
        stage.kill_workers()
        return wall_s(HOOK, stage.hook_input(1))

    bare_s, hook_s = paired_medians(lambda: wall_s(BARE), start, STARTS)
    return ratio("hook that starts the worker, x bare interpreter", hook_s, bare_s, 1.6)


def _at_once(stage: Stage) -> Row:
    """Against bare interpreters under the same crowding: fifty processes on few cores take their
    time whatever they do, and what counts is how long ours wait for each other."""
    bare_s = _slowest(BARE, [b""] * AT_ONCE)
    hook_s = _slowest(HOOK, [stage.hook_input(1 + number % 10) for number in range(AT_ONCE)])
    what = f"slowest of {AT_ONCE} hooks at once, x bare ones at once"
    return ratio(what, hook_s, bare_s, 1.5)


def _slowest(command: list[str], inputs: list[bytes]) -> float:
    with ThreadPoolExecutor(len(inputs)) as pool:
        return max(pool.map(lambda content: wall_s(command, content), inputs))


def _arrival(stage: Stage) -> Row:
    """The servers' own time to answer isn't ours."""
    stage.until_drained()
    saves = [stage.save(1 + number, f"Arrives {number}") for number in range(SAVES)]
    times_s = [max(took_s - waited_s, 0.0) for took_s, waited_s in saves]
    note = f"slowest {max(times_s):.2f} s; without {saves[-1][1] * 1000:.0f} ms of the servers"
    return Row("save in Stash until visible in Plex", statistics.median(times_s), 1.0, " s", note)


def _bulk(stage: Stage, bare: Stage) -> Row:
    """How long Stash keeps a person waiting who has edited many scenes in one go, beside a Stash
    that has as many bare interpreters started: so the simulator's own work is on both sides."""
    titles = [f"All alike {number}" for number in range(BULK_EDITS)]
    first, second = iter(titles), iter(titles)
    bare_s, edit_s = paired_medians(
        lambda: bare.edit_together(TOGETHER, next(first)),
        lambda: stage.edit_together(TOGETHER, next(second)),
        BULK_EDITS,
    )
    what = f"bulk edit of {TOGETHER} scenes, x one whose hooks do nothing"
    return ratio(what, edit_s, bare_s, 1.2)


def ratio(what: str, measured_s: float, bare_s: float, budget: float) -> Row:
    """A row whose note has both times in milliseconds."""
    note = f"{measured_s * 1000:.1f} ms / {bare_s * 1000:.1f} ms"
    return Row(what, measured_s / bare_s, budget, note=note)
