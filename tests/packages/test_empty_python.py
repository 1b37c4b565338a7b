"""A Python without our packages as Stash's: the worker and the tasks install them, no hook does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from entry import packages
from simulators.rig import Rig
from simulators.stash.process import PluginRun
from tests.packages.conftest import Make, Source

pytestmark = pytest.mark.slow

# Python writes a line for each import to stderr.
LIST_IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}


def own_folder(rig: Rig) -> Path:
    """Where the packages of this Python belong; the bare ones have the same version."""
    return Path(packages.package_folders(str(rig.data_dir)).own)


def installations(rig: Rig) -> int:
    return rig.log_file().count("installing PlexSync's packages")


def imports(run: PluginRun) -> set[str]:
    lines = run.raw_stderr.decode().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if "import time:" in line}


def hooks(rig: Rig) -> list[PluginRun]:
    return [each for each in rig.stash.plugin_runs if each.kind == "hook"]


def run_command(
    rig: Rig, python: str, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    script = rig.config_dir / "plugins" / "plex_sync" / "plex_sync.py"
    options = [f"--stash-url={rig.stash.url}", f"--config-dir={rig.config_dir}"]
    return subprocess.run(
        [python, str(script), *options, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_from_dist_alone_the_first_edit_arrives_and_its_hook_was_like_any(
    make_rig: Make, source: Source, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(source=None, python=bare_python, environment={**offline, **LIST_IMPORTS})
    source.build()
    source.add_to(rig)
    source.order(rig, "installPackages")
    rig.stash.update_scene({"id": 1, "title": "The first edit"})
    rig.until(lambda: rig.title(1) == "The first edit", "the edit", timeout_s=90)
    rig.until_drained()
    rig.stash.update_scene({"id": 2, "title": "The second"})
    rig.until(lambda: rig.title(2) == "The second", "the next edit")
    assert installations(rig) == 1
    assert packages.is_complete(str(own_folder(rig)))

    first, second = hooks(rig)
    # The first one starts the worker, which takes these two and what they bring along.
    assert imports(first) >= imports(second)
    heavy = {"entry.packages", "entry.install", "entry.heavy", "importlib.metadata", "hashlib"}
    assert heavy & imports(first) == set()
    said = [line.text for line in rig.stash.log if line.level == "info"]
    assert any("installing PlexSync's packages" in text for text in said)


def test_a_task_installs_with_progress_and_a_line_in_its_log(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline)
    job = rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 90)
    lines = [line.text for line in rig.stash.log if line.source == "task"]
    assert "this Python lacks plexapi, stashapp-tools" in lines[0]
    assert lines[1].startswith("PlexSync's packages are installed")
    assert any(0 < each < 1 for each in job.progress_history)
    assert rig.title(10) == rig.films[9].title


def test_without_pip_the_command_to_run_is_told_and_everything_goes_on_after_it(
    make_rig: Make, python_without_pip: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=python_without_pip)
    rig.stash.update_scene({"id": 1, "title": "Waits for pip"})
    rig.until(lambda: "has no pip" in rig.stash.log_text(), "the message in Stash's log")
    # More hooks neither start more workers nor repeat the message.
    rig.stash.update_scene({"id": 2, "title": "Waits too"})
    assert len(rig.worker_pids()) == 1
    assert rig.jobs_left() == 2

    (line,) = [each.text for each in rig.stash.log if "has no pip" in each.text]
    command = line.partition("run this with another: ")[2]
    assert str(own_folder(rig)) in command
    done = subprocess.run(
        command.replace("python3", sys.executable, 1),
        shell=True,
        env={**os.environ, **offline},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rig.until(lambda: rig.title(1) == "Waits for pip", "the edit")
    rig.until(lambda: rig.title(2) == "Waits too", "the other edit")


def test_the_command_line_says_the_same(
    make_rig: Make, python_without_pip: str, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(link=False)
    refused = run_command(rig, python_without_pip, offline, "doctor")
    assert refused.returncode == 1
    assert "has no pip" in refused.stderr
    assert "Traceback" not in refused.stderr
    helped = run_command(rig, python_without_pip, offline, "sync", "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "--recent" in helped.stdout
    wrong = run_command(rig, python_without_pip, offline, "--config-dir=/no/folder", "doctor")
    assert wrong.returncode == 2
    assert "/no/folder is no folder" in wrong.stderr
    done = run_command(rig, bare_python, offline, "doctor")
    assert done.returncode == 0, done.stderr
    assert "installing PlexSync's packages" in done.stderr
    assert "Everything is in order." in done.stdout


def test_an_index_that_does_not_answer_costs_no_change_and_is_told_once(
    make_rig: Make, bare_python: str, nowhere: dict[str, str], wheels: Path
) -> None:
    rig = make_rig(python=bare_python, environment=nowhere)
    rig.stash.update_scene({"id": 1, "title": "Waits for the index"})
    rig.until(lambda: "pip could not install" in rig.stash.log_text(), "the message")
    assert "password" not in rig.log_file() + rig.stash.log_text()
    assert rig.jobs_left() == 1
    assert list((rig.data_dir / "packages").iterdir()) == [], "something unfinished was left"

    # A task is an attempt of its own; what it installs is what the worker waits for.
    shutil.copytree(wheels, rig.data_dir / "packages" / "wheels")
    rig.stash.wait_for_job(rig.stash.run_task("Status"), 90)
    rig.until(lambda: rig.title(1) == "Waits for the index", "the edit")
    assert rig.log_file().count("pip could not install") == 1


def test_two_at_once_install_once(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline)
    rig.stash.update_scene({"id": 1, "title": "By the worker"})
    job = rig.stash.run_task("Status")
    rig.stash.wait_for_job(job, 90)
    rig.until(lambda: rig.title(1) == "By the worker", "the edit", timeout_s=90)
    assert rig.log_file().count("PlexSync's packages are installed") == 1


def test_a_kill_in_the_midst_leaves_nothing_behind(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline)
    root = rig.data_dir / "packages"
    rig.stash.update_scene({"id": 1, "title": "Survives"})
    rig.until(lambda: any(root.glob(".new-*/*")) if root.exists() else False, "half of it")
    (worker,) = rig.workers()
    os.kill(worker.pid, signal.SIGKILL)
    assert not own_folder(rig).exists()
    rig.until(lambda: worker.pid not in rig.worker_pids(), "the end of the worker")

    rig.stash.update_scene({"id": 2, "title": "Starts the next"})
    rig.until(lambda: rig.title(1) == "Survives", "the edit", timeout_s=90)
    rig.until(lambda: rig.title(2) == "Starts the next", "the other edit")
    rig.stash.wait_for_job(rig.stash.run_task("Status"))
    assert installations(rig) == 2


def test_ours_win_over_stale_ones_of_another_plugin(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline, link=False)
    # Stash puts the folder of all plugins on the path: a neighbour may be called like a package.
    for name in ("plexapi", "requests"):
        neighbour = rig.config_dir / "plugins" / name
        neighbour.mkdir()
        (neighbour / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    job = rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 90)
    assert job.status == "FINISHED"
    assert rig.title(10) == rig.films[9].title
    assert "the wrong one" not in rig.stash.log_text()


def test_a_damaged_folder_is_mended(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline)
    rig.stash.wait_for_job(rig.stash.run_task("Status"), 90)
    shutil.rmtree(own_folder(rig) / "requests")
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 90)
    assert rig.title(10) == rig.films[9].title
    assert [each.name for each in (rig.data_dir / "packages").iterdir()] == [own_folder(rig).name]


def test_a_python_that_has_everything_gets_nothing_installed(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "As ever"})
    rig.until(lambda: rig.title(1) == "As ever", "the edit")
    assert not (rig.data_dir / "packages").exists()
