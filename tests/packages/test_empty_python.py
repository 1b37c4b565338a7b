"""A Python without our packages as Stash's: the worker and the tasks install them, no hook does."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from install import packages
from simulators.rig import Rig
from simulators.stash.process import PluginRun
from tests.harness.sync import picture
from tests.packages.conftest import Make, Source

pytestmark = pytest.mark.slow

# Python writes a line for each import to stderr.
LIST_IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}
COVER = picture("red")


def own_folder(rig: Rig, bundle: packages.Bundle = packages.REQUIRED) -> Path:
    """Where the packages of this Python belong; the bare ones have the same version."""
    return Path(packages.package_folders(str(rig.data_dir), bundle).own)


def installations(rig: Rig) -> int:
    return rig.log_file().count("installing PlexSync's packages")


def imports(run: PluginRun) -> set[str]:
    lines = run.raw_stderr.decode().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if "import time:" in line}


def posters(rig: Rig, scene_id: int) -> list[bytes]:
    """What was uploaded for the scene's item, oldest first."""
    return [each.data for each in rig.item(scene_id).posters if each.data]


def shows_shape_after_an_edit(rig: Rig, scene_id: int) -> bool:
    """Whether a save brings a poster of another shape, once the worker has noticed Pillow."""
    rig.stash.update_scene({"id": scene_id, "title": f"Again {time.monotonic()}"})
    rig.until_drained()
    return len(posters(rig, scene_id)) == 2


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
    assert packages.is_complete(packages.package_folders(str(rig.data_dir), packages.REQUIRED))

    first, second = hooks(rig)
    # The first one starts the worker, which takes these two and what they bring along.
    assert imports(first) >= imports(second)
    heavy = {
        "install.packages",
        "install.installer",
        "entry.bootstrap",
        "importlib.metadata",
        "hashlib",
    }
    assert heavy & imports(first) == set()

    def is_told() -> bool:
        said = [line.text for line in rig.stash.log if line.level == "info"]
        return any("installing PlexSync's packages" in text for text in said)

    rig.until(is_told, "the installation in Stash's log")


def test_a_task_installs_with_progress_and_a_line_in_its_log(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline)
    job = rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 90)
    lines = [line.text for line in rig.stash.log if line.source == "task"]
    assert "this Python lacks plexapi, stashapp-tools" in lines[0]
    assert lines[1].startswith("installed PlexSync's packages; it took")
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


def test_a_worker_that_waits_for_packages_gives_way_to_an_update_and_ends_with_a_removal(
    make_rig: Make, python_without_pip: str
) -> None:
    rig = make_rig(python=python_without_pip, link=False)
    rig.stash.update_scene({"id": 1, "title": "Waits for pip"})
    rig.until(lambda: rig.log_file().count("has no pip") == 1, "the first worker's message")
    (first,) = rig.worker_pids()
    script = rig.config_dir / "plugins" / "plex_sync" / "plex_sync.py"
    script.write_text(f"# A new release.\n{script.read_text()}")
    rig.until(lambda: rig.log_file().count("has no pip") == 2, "its successor's")
    rig.until(lambda: first not in rig.worker_pids(), "the end of the first")
    assert len(rig.worker_pids()) == 1

    shutil.rmtree(script.parent)
    rig.until(lambda: not rig.worker_pids(), "the end of the other")
    assert "bug" not in rig.log_file()
    assert rig.jobs_left() == 1


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
    rig.stash.wait_for_job(rig.stash.run_task("Process queue"), 90)
    rig.until(lambda: rig.title(1) == "Waits for the index", "the edit")
    assert rig.log_file().count("pip could not install") == 1


def test_two_at_once_install_once(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment=offline)
    rig.stash.update_scene({"id": 1, "title": "By the worker"})
    job = rig.stash.run_task("Process queue")
    rig.stash.wait_for_job(job, 90)
    rig.until(lambda: rig.title(1) == "By the worker", "the edit", timeout_s=90)
    assert rig.log_file().count("installed PlexSync's packages; it took") == 1


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
    rig.stash.wait_for_job(rig.stash.run_task("Preview changes"))
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
    rig.stash.wait_for_job(rig.stash.run_task("Preview changes"), 90)
    shutil.rmtree(own_folder(rig) / "requests")
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), 90)
    assert rig.title(10) == rig.films[9].title
    assert [each.name for each in (rig.data_dir / "packages").iterdir()] == [own_folder(rig).name]


def test_pillow_is_installed_once_a_setting_needs_it_and_before_the_first_poster(
    make_rig: Make, bare_python: str, offline: dict[str, str]
) -> None:
    rig = make_rig(python=bare_python, environment={**offline, **LIST_IMPORTS})
    pillow = own_folder(rig, packages.PILLOW)
    rig.stash.library.update(rig.stash.library.scene(1), cover=COVER)
    rig.stash.update_scene({"id": 1, "title": "As it is"})
    rig.until(lambda: bool(posters(rig, 1)), "the cover", timeout_s=90)
    assert posters(rig, 1) == [COVER]
    assert not pillow.exists()

    rig.configure(poster_style="fit")
    rig.kill_workers()  # so that the next one reads the settings at once
    rig.stash.update_scene({"id": 1, "title": "In shape"})
    rig.until(lambda: len(posters(rig, 1)) == 2, "the poster", timeout_s=90)
    with Image.open(io.BytesIO(posters(rig, 1)[1])) as drawn:
        assert drawn.size == (1000, 1500)
    assert packages.is_complete(packages.package_folders(str(rig.data_dir), packages.PILLOW))
    assert rig.log_file().count("installing Pillow into") == 1
    assert all("PIL" not in imports(run) for run in hooks(rig))


def test_where_pillow_cannot_be_had_covers_go_as_they_are_and_one_warning_says_what_to_do(
    make_rig: Make, bare_python: str, nowhere: dict[str, str], wheels: Path
) -> None:
    rig = make_rig(python=bare_python, environment=nowhere)
    # The others are there, and Pillow isn't: neither in the folder for wheels nor elsewhere.
    folder = rig.data_dir / "packages" / "wheels"
    shutil.copytree(wheels, folder, ignore=shutil.ignore_patterns("pillow-*"))
    rig.configure(poster_style="fit")
    for scene_id in (1, 2, 3):
        rig.stash.library.update(rig.stash.library.scene(scene_id), cover=COVER)
        rig.stash.update_scene({"id": scene_id, "title": "As it is"})
        rig.until(lambda: bool(posters(rig, scene_id)), "the cover", timeout_s=90)  # noqa: B023
        assert posters(rig, scene_id) == [COVER]
    assert rig.log_file().count("installing Pillow into") == 1
    needs = "poster_style fit needs Pillow"
    assert rig.log_file().count(needs) == 1
    rig.until(lambda: needs in rig.stash.log_text(), "the warning in Stash's log")
    (warning,) = (line.text for line in rig.stash.log if needs in line.text)
    assert f"It looked only into {folder}, since that folder exists." in warning
    checked = rig.stash.wait_for_job(rig.stash.run_task("Check set-up"), 90)
    assert checked.status == "FINISHED"
    assert f"PROBLEM: {needs}, which is missing. pip could not" in rig.stash.log_text()

    # By hand, as the warning says, with any Python's pip; nothing is restarted after it.
    command = warning.partition("By hand: ")[2]
    assert str(own_folder(rig, packages.PILLOW)) in command
    done = subprocess.run(
        command.replace("python3", sys.executable, 1),
        shell=True,
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rig.until(lambda: shows_shape_after_an_edit(rig, 1), "the poster", timeout_s=90)


def test_a_python_that_has_everything_gets_nothing_installed(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "As ever"})
    rig.until(lambda: rig.title(1) == "As ever", "the edit")
    assert not (rig.data_dir / "packages").exists()
