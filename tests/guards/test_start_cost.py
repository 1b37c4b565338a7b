"""What is loaded for a task, a command or a page's question before it begins: most of what a short
one costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from simulators.rig import TREE, Rig
from tests.harness.imports import imported

SCRIPT = str(TREE / "plex_sync.py")
PACKAGES = {"pydantic", "plexapi", "requests", "urllib3", "stashapi", "tenacity", "site", "ssl"}
# A dataclass brings half of these along, and each takes longer to make than a module to load.
LARGE = {"dataclasses", "inspect", "subprocess", "http", "email", "hashlib", "argparse"}
NOT_FOR_NOTES = {
    "ledger.ledger", "ledger.second_copy", "matching.index", "matching.learning", "plex.items",
    "plex.matcher", "pipeline", "validation",
}  # fmt: skip
NOT_FOR_A_SYNC = {
    "argparse", "commands.doctor", "commands.diagnosis", "commands.login",
    "commands.preview", "commands.undo", "entry.spawn", "entry.wait_for_packages",
    "plex.plex_tv", "plexapi.myplex", "PIL",
}  # fmt: skip


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
