"""What short errands cost that somebody waits for. Nearly all of it is the start of Python, and of
what is loaded, so each stands beside a bare start."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.hooks import BARE, ratio
from benchmarks.measure import Row, paired_medians, say, wall_s
from benchmarks.stage import PLUGIN, Latency, Library, Stage, on_stage
from benchmarks.usage import measured

TIMES = 15

# What needs neither server, and what asks one.
OF_NOTES, OF_SERVERS = 6.0, 25.0
# Six tenths of what version 0.1.0 took, which was 32 bare starts.
OF_A_TASK = 19.0


def rows(latency: Latency) -> list[Row]:
    """The budget's rows about questions and about the start of a task. Raises NotAccounted."""
    with on_stage(Library(10), latency) as stage:
        say("starts: beside bare interpreters")
        stage.save(1, "Before the questions")
        stage.until_drained()
        commands = [
            ("a page's question for status", PLUGIN, stage.query_input("status"), OF_NOTES),
            ("a page's question for failures", PLUGIN, stage.query_input("failures"), OF_NOTES),
            ('the task "Status"', PLUGIN, stage.task_input("status"), OF_NOTES),
            (
                "a page's question for the preview of a scene",
                PLUGIN,
                stage.query_input("preview", scenes=[1]),
                OF_SERVERS,
            ),
            ("the command explain", stage.command("explain", "1"), b"", OF_SERVERS),
        ]
        return [*(_row(*each) for each in commands), _task(stage)]


def _row(what: str, command: Sequence[str], document: bytes, budget: float) -> Row:
    bare_s, took_s = paired_medians(
        lambda: wall_s(BARE), lambda: wall_s(list(command), document), TIMES
    )
    return ratio(f"{what}, x bare", took_s, bare_s, budget)


def _task(stage: Stage) -> Row:
    """One that finds nothing in the queue. By processor time: waiting for the other process that
    serves it is no start."""
    document = stage.task_input("process_queue")
    bare_s, took_s = paired_medians(
        lambda: measured(BARE).cpu_s, lambda: measured(PLUGIN, document).cpu_s, TIMES
    )
    return ratio("start of a task: processor time, x bare", took_s, bare_s, OF_A_TASK)
