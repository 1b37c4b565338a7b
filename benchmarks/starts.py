"""What short errands cost that somebody waits for. Nearly all of it is the start of Python, and of
what is loaded, so each stands beside a bare start."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.hooks import BARE, ratio
from benchmarks.measure import Row, paired_medians, say, wall_s
from benchmarks.stage import PLUGIN, Latency, Library, Stage, on_stage
from benchmarks.syncs import idle_task
from benchmarks.usage import measured, measured_until
from net.trust import SYSTEMS_VARIABLES, VARIABLES
from plex.own_identity import PLEX_TV_VARIABLE

TIMES = 15

# What needs neither server, and what asks one.
OF_NOTES, OF_SERVERS = 6.0, 25.0
# Six tenths of what version 0.1.0 took, which was 32 bare starts.
OF_A_TASK = 19.0

# The first that a person sees of the task that signs in.
CODE = b"enter the code"


def rows(latency: Latency) -> list[Row]:
    """The budget's rows about questions and about the start of a task. Raises NotAccounted."""
    with on_stage(Library(10), latency) as stage:
        say("starts: beside bare interpreters")
        stage.save(1, "Before the questions")
        stage.until_drained()
        with _environment(stage.plex_tv_url()):
            return [*_of_notes(stage), *_of_servers(stage), *_tasks(stage)]


@contextmanager
def _environment(plex_tv_url: str) -> Iterator[None]:
    """That of what is started: with a plex.tv of ours, and without the names of certificates, which
    few machines have, and which the check of the set-up reads to see whether it can."""
    former = dict(os.environ)
    os.environ[PLEX_TV_VARIABLE] = plex_tv_url
    for name in (*VARIABLES, *SYSTEMS_VARIABLES):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)


def _of_notes(stage: Stage) -> list[Row]:
    """By the clock: there is nobody else to wait for."""
    commands = [
        ("a page's question for status", stage.query_input("status")),
        ("a page's question for failures", stage.query_input("failures")),
        ('the task "Status"', stage.task_input("status")),
    ]
    return [_by_clock(what, document) for what, document in commands]


def _of_servers(stage: Stage) -> list[Row]:
    """By processor time: what the servers take is none of it."""
    code = _output(stage.act_input("sign_in"))["id"]
    asked = [
        ("preview of a scene", stage.query_input("preview", scenes=[1])),
        ("a scene", stage.query_input("scene", scene=1)),
        ("what an undo of a scene would do", stage.query_input("undo_plan", scene=1)),
        ("settings", stage.query_input("settings")),
        ("libraries", stage.query_input("libraries")),
        ("paths", stage.query_input("paths")),
        ("check", stage.query_input("check")),
        ("saving a setting", stage.act_input("save", values={"concurrency": 4})),
        ("sign-in, whether the code was entered", stage.act_input("sign_in_check", id=code)),
        # Last, since each code makes the former one useless.
        ("sign-in, a code", stage.act_input("sign_in")),
    ]
    return [
        *(_by_processor(f"page: {what}", PLUGIN, document) for what, document in asked),
        _by_processor("the command explain", stage.command("explain", "1"), b""),
        _beside(
            'the task "Sign in to Plex" until its code',
            lambda: measured_until(PLUGIN, stage.task_input("login"), CODE),
            OF_SERVERS,
        ),
    ]


def _tasks(stage: Stage) -> list[Row]:
    """One about an empty queue, and one that loads all that a sync needs."""
    return [
        _by_processor(
            'the task "Process queue", nothing waits',
            PLUGIN,
            stage.task_input("process_queue"),
            OF_A_TASK,
        ),
        _beside(
            "start of a task that syncs, a scene that is gone",
            lambda: idle_task(stage).cpu_s,
            OF_A_TASK,
        ),
    ]


def _output(document: bytes) -> dict[str, str]:
    done = subprocess.run(PLUGIN, input=document, capture_output=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)["output"]
    return found


def _by_clock(what: str, document: bytes) -> Row:
    bare_s, took_s = paired_medians(lambda: wall_s(BARE), lambda: wall_s(PLUGIN, document), TIMES)
    return ratio(f"{what}, x bare", took_s, bare_s, OF_NOTES)


def _by_processor(
    what: str, command: Sequence[str], document: bytes, budget: float = OF_SERVERS
) -> Row:
    return _beside(what, lambda: measured(command, document).cpu_s, budget)


def _beside(what: str, took: Callable[[], float], budget: float) -> Row:
    took()  # what it makes once, and modules that nobody has compiled yet
    bare_s, took_s = paired_medians(lambda: measured(BARE).cpu_s, took, TIMES)
    return ratio(f"{what}: processor time, x bare", took_s, bare_s, budget)
