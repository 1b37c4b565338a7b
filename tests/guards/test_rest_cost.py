"""What a worker takes while it has nothing to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.rig import TREE, Rig
from tests.harness.imports import STANDARD, imported
from tests.harness.rest import put_to_rest

SCRIPT = str(TREE / "plex_sync.py")
OWN = {
    "check", "check.schedule",
    "jobs", "jobs.inbox", "jobs.lock", "jobs.looked", "jobs.liveness", "jobs.schema",
    "rest", "rest.become", "rest.code_watch", "rest.orders", "rest.plays", "rest.watch",
    "storage", "storage.files",
}  # fmt: skip
# Without it no signal can be heard.
OF_SIGNAL = imported(["-c", "import signal"]) - imported(["-c", "pass"])


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="needs Linux' /proc")
def test_a_worker_at_rest_holds_little_more_than_python(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(environment={"PLEXSYNC_REST_AFTER": "0.2"})
    lines = Path(f"/proc/{put_to_rest(rig)}/smaps_rollup").read_text().splitlines()
    kb = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    assert kb["Rss"] <= 15_000
    assert kb["Private_Dirty"] <= 5_000


@pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")
def test_it_imports_exactly_what_it_needs(tmp_path: Path) -> None:
    bare = imported(["-c", "pass"])
    orders = [str(tmp_path), "0", "- -", "", *["inf"] * 7]
    found = subprocess.Popen(
        [sys.executable, "-S", "-X", "importtime", SCRIPT, "watch", *orders],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    # Its files are others than those that it was told of: after a while it becomes a worker.
    assert found.stderr
    lines = []
    for line in found.stderr:
        lines.append(line.decode())
        if "rest.watch" in lines[-1]:
            break
    found.kill()
    found.communicate()
    names = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    ours = names - bare
    assert {name for name in ours if (TREE / name.partition(".")[0]).is_dir()} == OWN
    assert ours - OWN <= STANDARD | OF_SIGNAL
