"""What is loaded for a task, a command or a page's question before it begins: most of what a short
one costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jobs.schema import LIVE, SCENE
from simulators.rig import TREE, Rig
from tests.harness.imports import imported

SCRIPT = str(TREE / "plex_sync.py")
PACKAGES = {"pydantic", "plexapi", "requests", "urllib3", "stashapi", "tenacity", "site", "ssl"}
# A dataclass brings half of these along, and each takes longer to make than a module to load.
LARGE = {"dataclasses", "inspect", "platform", "subprocess", "http", "email", "hashlib", "argparse"}
NOT_FOR_NOTES = {
    "ledger.ledger", "ledger.second_copy", "matching.index", "matching.learning", "plex.items",
    "plex.matcher", "pipeline", "validation",
}  # fmt: skip
NOT_FOR_A_SYNC = {
    "argparse", "subprocess", "commands.doctor", "commands.diagnosis", "commands.login",
    "commands.preview", "commands.undo", "entry.spawn", "entry.wait_for_packages",
    "plex.plex_tv", "plexapi.myplex", "PIL",
}  # fmt: skip

NOT_FOR_A_WORKER = {
    "argparse", "commands", "page.syncing.errand_kinds", "plex.plex_tv", "plexapi.myplex", "PIL",
}  # fmt: skip

# Python's own, before our first line.
MOST_SEARCHES = 5


def loaded(rig: Rig, args: Mapping[str, Any]) -> set[str]:
    document = json.dumps({"server_connection": rig.server_connection(), "args": args}).encode()
    # The first start makes the databases, which takes more.
    imported([SCRIPT], document)
    names = imported([SCRIPT], document)
    return names | {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({"mode": "query", "what": "status"}, id="question-status"),
        pytest.param({"mode": "query", "what": "failures"}, id="question-failures"),
        pytest.param({"mode": "status"}, id="task-status"),
        pytest.param({"mode": "clear_queue"}, id="task-clear"),
    ],
)
def test_what_needs_no_server_loads_next_to_nothing(rig: Rig, args: Mapping[str, str]) -> None:
    assert loaded(rig, args) & (PACKAGES | LARGE | NOT_FOR_NOTES) == set()


def test_a_sync_loads_what_it_uses(rig: Rig) -> None:
    assert loaded(rig, {"mode": "sync_all"}) & NOT_FOR_A_SYNC == set()


def test_a_worker_that_brings_an_edit_loads_what_that_takes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person who saves the first scene after a rest waits for it."""
    monkeypatch.setenv("PLEXSYNC_IDLE_EXIT", "0")
    with rig.store() as store:
        store.enqueue(SCENE, [1], LIVE, time.time())
    names = imported([SCRIPT, "worker"], rig.hook_input(1))
    assert rig.title(1) == rig.stash.library.scene(1).title
    assert (names | {name.partition(".")[0] for name in names}) & NOT_FOR_A_WORKER == set()


def test_loading_plexapi_starts_no_process() -> None:
    """Python itself would ask `uname` for the processor's name."""
    tell = "lambda event, _: event in ('subprocess.Popen', 'os.posix_spawn') and print(event)"
    code = f"import sys; sys.addaudithook({tell}); import plex, plexapi"
    done = subprocess.run([sys.executable, "-c", code], cwd=TREE, capture_output=True, check=True)
    assert done.stdout == b""


@pytest.mark.parametrize(
    ("mode", "is_on"), [("process_queue", True), ("status", False)], ids=["task", "short"]
)
def test_nothing_that_is_loaded_is_looked_through_for_garbage(
    rig: Rig, tmp_path: Path, mode: str, is_on: bool
) -> None:
    """It takes a quarter of a task's start. What works for hours needs the search again."""
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, gc\n"
        f"told = open({str(told)!r}, 'a')\n"
        "gc.callbacks.append(lambda phase, _: print(phase, gc.get_freeze_count(), file=told))\n"
        "atexit.register(lambda: print('end', gc.isenabled(), file=told))\n"
    )
    args = {"server_connection": rig.server_connection(), "args": {"mode": mode}}
    subprocess.run(
        [sys.executable, SCRIPT],
        input=json.dumps(args).encode(),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    lines = told.read_text().splitlines()
    assert f"end {is_on}" in lines
    # Each with how much was set apart: nothing before it was loaded.
    assert lines.count("start 0") <= MOST_SEARCHES
