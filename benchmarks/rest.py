"""What the worker takes while it has nothing to do, beside one that doesn't rest."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hooks import BARE
from benchmarks.measure import Row, say, wall_s
from benchmarks.stage import PLUGIN, Latency, Library, Stage, on_stage
from benchmarks.usage import NotAccounted, Usage, measured
from rest.become import SCRIPT
from rest.code_watch import CodeWatch
from rest.orders import Orders

REST_AFTER_S = 1.0
AT_REST = {"PLEXSYNC_REST_AFTER": str(REST_AFTER_S)}
AWAKE = {"PLEXSYNC_REST_AFTER": "3600"}
SETTLES_S = 2.0
WATCHED_S = 60.0
SAVES = 5
# Long enough for an answer.
A_WATCH_S = 1.5


@dataclass(frozen=True, slots=True)
class Idling:
    """What a process took in a while: memory at its end in MB, and per second wake-ups, bytes
    written, and seconds of the processor."""

    resident_mb: float
    dirty_mb: float
    wakeups: float
    written: float
    cpu: float


def rows(latency: Latency) -> list[Row]:
    """The budget's rows about a worker at rest. Raises NotAccounted."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise NotAccounted(f"{sys.platform} doesn't tell what a running process uses; Linux does")
    say(f"rest: two workers, {WATCHED_S:.0f} s each")
    with on_stage(Library(10, environment=AT_REST), latency) as stage:
        stage.save(1, "Before the rest")
        resting = stage.worker_pid(at_rest=True)
        # Going to rest is a start of Python, and no rest.
        time.sleep(SETTLES_S)
        at_rest = _watched(resting)
        found = [_first_edit(stage), *_asking(stage)]
    with on_stage(Library(10, environment=AWAKE), latency) as stage:
        stage.save(1, "Before it has nothing to do")
        stage.until_drained()
        # As long as it looks for the next one often, and its lines are on their way.
        time.sleep(35.0)
        awake = _watched(stage.worker_pid(at_rest=False))
    return [*_idle_rows(at_rest, awake), *found]


def _idle_rows(resting: Idling, awake: Idling) -> list[Row]:
    def row(what: str, name: str, budget: float, unit: str, factor: float = 1.0) -> Row:
        note = f"one that doesn't rest {getattr(awake, name) * factor:.3g}{unit}"
        return Row(f"at rest: {what}", getattr(resting, name) * factor, budget, unit, note)

    return [
        row("resident memory", "resident_mb", 15.0, " MB"),
        row("private memory written to", "dirty_mb", 5.0, " MB"),
        row("wake-ups a second", "wakeups", 4.0, ""),
        row("bytes written a minute", "written", 0.0, "", 60.0),
        row("of a core", "cpu", 0.1, " %", 100.0),
    ]


def _watched(pid: int) -> Idling:
    before = _counters(pid)
    time.sleep(WATCHED_S)
    wakeups, written, cpu_s = (
        (now - then) / WATCHED_S for now, then in zip(_counters(pid), before, strict=True)
    )
    memory = _numbers(pid, "smaps_rollup")
    return Idling(memory["Rss"] / 1e3, memory["Private_Dirty"] / 1e3, wakeups, written, cpu_s)


def _counters(pid: int) -> tuple[float, float, float]:
    """So far: wake-ups, bytes written to any file, seconds of the processor; of all threads."""
    threads = [each.name for each in Path(f"/proc/{pid}/task").iterdir()]
    switches = [_numbers(pid, f"task/{each}/status") for each in threads]
    wakeups = sum(each["voluntary_ctxt_switches"] for each in switches)
    scheduled = Path(f"/proc/{pid}/task")
    cpu_ns = sum(
        int((scheduled / each / "schedstat").read_text(encoding="ascii").split()[0])
        for each in threads
    )
    return wakeups, _numbers(pid, "io")["wchar"], cpu_ns / 1e9


def _numbers(pid: int, name: str) -> dict[str, int]:
    """The lines of such a file that begin with a name and a number."""
    lines = Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8").splitlines()
    found = [line.replace(":", " ").split() for line in lines]
    return {each[0]: int(each[1]) for each in found if len(each) > 1 and each[1].isdigit()}


def _first_edit(stage: Stage) -> Row:
    """In bare starts, since most of it is a start of Python; the servers' time isn't ours."""
    bare_s, took_s = [], []
    for number in range(SAVES):
        stage.worker_pid(at_rest=True)
        bare_s.append(wall_s(BARE))
        took, waited = stage.save(2, f"After a rest {number}")
        took_s.append(took - waited)
    bare, took = statistics.median(bare_s), statistics.median(took_s)
    note = f"{took:.2f} s / {bare * 1000:.1f} ms"
    return Row("first save after a rest until visible, x bare", took / bare, 50.0, note=note)


def _asking(stage: Stage) -> Sequence[Row]:
    """The question to Stash, and the rest that follows, which is over at once: it has no lock."""
    never = float("inf")
    code = CodeWatch(SCRIPT).first
    times = {"due": never, "due_m": never, "ask_m": never, "end_m": 0.0, "busy_m": 0.0}
    orders = Orders("/nowhere", 0, "- -", code, **times, plays_m=never, looked_at=0.0)
    command = [*PLUGIN, "ask", *orders.arguments()]
    used = [measured(command, stage.rest_input()) for _ in range(SAVES)]
    cpu_ms = statistics.median(each.cpu_s for each in used) * 1000
    return [
        Row("its question to Stash: processor time", cpu_ms, 100.0, " ms"),
        Row("its question to Stash: memory", max(each.peak_mb for each in used), 25.0, " MB"),
        *_asking_plex(stage, code),
    ]


def _asking_plex(stage: Stage, code: str) -> Sequence[Row]:
    """The question to Plex: a watch in which it is asked beside one in which it isn't."""
    used: dict[float, list[Usage]] = {0.0: [], math.inf: []}
    for _ in range(SAVES):
        for plays_m, found in used.items():
            times = {"due": math.inf, "due_m": math.inf, "ask_m": math.inf, "busy_m": 0.0}
            times |= {"end_m": time.monotonic() + A_WATCH_S, "looked_at": 0.0}
            # Descriptor 2 stands for the lock.
            orders = Orders("/nowhere", 2, "- -", code, **times, plays_m=plays_m)
            command = [*PLUGIN, "watch", *orders.arguments()]
            found.append(measured(command, stage.rest_input()))
    asking, watching = (statistics.median(x.cpu_s for x in each) for each in used.values())
    memory = max(each.peak_mb for each in used[0.0])
    return [
        Row("its question to Plex: processor time", (asking - watching) * 1000, 100.0, " ms"),
        Row("its question to Plex: memory", memory, 25.0, " MB"),
    ]
