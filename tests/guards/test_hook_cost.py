"""What a hook does while a user waits for it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

import pytest

from jobs import lock
from simulators.rig import TREE, Rig
from tests.harness.imports import STANDARD, imported

OWN = {
    "entry", "entry.hook",
    "jobs", "jobs.inbox", "jobs.lock", "jobs.liveness",
    "storage", "storage.files",
}  # fmt: skip
SCRIPT = str(TREE / "plex_sync.py")


@pytest.fixture
def living_worker(rig: Rig) -> Iterator[Rig]:
    """A rig with a worker that holds its lock, so that a hook has no other to start."""
    file = lock.claim(str(rig.data_dir), lock.FILE_NAME)
    assert file is not None
    yield rig
    lock.release(file)


def test_a_hook_imports_exactly_what_it_needs(living_worker: Rig) -> None:
    bare = imported(["-c", "pass"])
    ours = imported([SCRIPT, "hook"], living_worker.hook_input(1)) - bare
    assert {name for name in ours if (TREE / name.partition(".")[0]).is_dir()} == OWN
    assert ours - OWN <= STANDARD - {"__future__"}


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="the subprocess module is needed there")
def test_the_hook_that_starts_the_worker_imports_little_more(rig: Rig) -> None:
    bare = imported(["-c", "pass"])
    ours = imported([SCRIPT, "hook"], rig.hook_input(1)) - bare
    assert {name for name in ours if (TREE / name.partition(".")[0]).is_dir()} == {
        *OWN,
        "entry.spawn_for_hook",
    }
    assert ours - OWN - {"entry.spawn_for_hook"} <= STANDARD - {"__future__"}


@pytest.mark.parametrize("name", sorted(OWN - {"entry", "jobs", "storage"}))
def test_an_old_python_can_evaluate_a_hooks_annotations(name: str) -> None:
    """It is to say that it is too old, and they are evaluated before it can."""
    tree = ast.parse((TREE / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8"))
    found = [each.annotation for each in ast.walk(tree) if isinstance(each, ast.arg)]
    found += [each.returns for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
    assert {type(each) for each in found if each is not None} <= {ast.Name, ast.Constant}
