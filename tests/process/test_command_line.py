"""`python plex_sync.py …` as a person or cron starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from simulators.faults import Reply
from simulators.rig import TREE, Rig


def run(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    # From the installed folder: the id under which Stash keeps the settings is its manifest's.
    script = rig.config_dir / "plugins" / "plex_sync" / "plex_sync.py"
    return subprocess.run(
        [
            sys.executable,
            str(script),
            f"--stash-url={rig.stash.url}",
            f"--config-dir={rig.config_dir}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def installed(make_rig: Callable[..., Rig]) -> Rig:
    """A rig with the plugin copied, as a user installs it."""
    return make_rig(link=False)


def test_sync_brings_everything_in_step(installed: Rig) -> None:
    done = run(installed, "sync")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 synced" in done.stdout
    assert installed.title(10) == installed.films[9].title


def test_sync_of_single_scenes_leaves_the_others(installed: Rig) -> None:
    done = run(installed, "sync", "--scene", "2", "3")
    assert "2 synced" in done.stdout
    assert installed.title(2) == installed.films[1].title
    assert installed.title(1) != installed.films[0].title


def test_failures_are_listed_with_advice_and_retried(installed: Rig) -> None:
    key = installed.item(4).rating_key
    installed.plex.faults.add(Reply(400), rf"PUT .*[?&]id={key}&")
    assert "1 failed (1 plex refused)" in run(installed, "sync").stdout
    shown = json.loads(run(installed, "status", "--json").stdout)
    assert [(each["reason"], each["count"]) for each in shown["failures"]] == [("plex refused", 1)]
    assert "Failed, plex refused: 1." in run(installed, "status").stdout
    installed.plex.faults.clear()
    assert "1 synced" in run(installed, "retry").stdout
    assert installed.title(4) == installed.films[3].title
    assert json.loads(run(installed, "status", "--json").stdout)["failures"] == []


def test_clear_says_what_it_removed(installed: Rig) -> None:
    with installed.store() as store:
        store.enqueue("scene", [1, 2, 3], 0, 0.0)
    assert "removed 3 live queued" in run(installed, "clear").stdout
    assert "removed nothing" in run(installed, "clear").stdout


def test_a_stash_that_is_off_is_a_clear_error(installed: Rig) -> None:
    installed.stash.stop()
    done = run(installed, "sync")
    assert done.returncode == 1
    assert "Stash" in done.stderr
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config-dir=/no/such/folder", "status"], "is no folder"),
        (["--stash-url=stash", "status"], "is not an address"),
    ],
    ids=["folder", "address"],
)
def test_a_wrong_argument_is_named(installed: Rig, arguments: list[str], says: str) -> None:
    done = run(installed, *arguments)
    assert done.returncode == 1
    assert says in done.stderr


def test_help_names_every_command() -> None:
    done = subprocess.run(
        [sys.executable, str(TREE / "plex_sync.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for command in ("sync", "process", "retry", "clear", "status"):
        assert command in done.stdout
