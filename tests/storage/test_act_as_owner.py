"""The command line of another user than Stash's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from entry import bootstrap
from simulators.rig import TREE

STASH_USER = 4_242
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="users have no numbers there")


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """One that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


_MAKE = """
import sys
from storage.act_as_owner import act_as_owner
from storage import file_system, owner, sqlite
act_as_owner(sys.argv[1])
folder = sys.argv[1] + "/plex_sync"
sqlite.make_private_folder(folder)
sqlite.open_database(folder + "/jobs.db", ("CREATE TABLE t (x)",)).close()
"""


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
@pytest.mark.parametrize("owned", ["config.yml", "plex_sync", "."])
def test_what_root_makes_belongs_to_stashs_user(shared_folder: Path, owned: str) -> None:
    shared_folder.chmod(0o777)
    if owned == "plex_sync":
        (shared_folder / owned).mkdir()
    elif owned == "config.yml":
        (shared_folder / owned).touch()
    os.chown(shared_folder / owned, STASH_USER, STASH_USER)
    command = [sys.executable, "-c", _MAKE, str(shared_folder)]
    subprocess.run(command, cwd=TREE, check=True, timeout=60)
    made = [shared_folder / "plex_sync", shared_folder / "plex_sync" / "jobs.db"]
    assert [(each.stat().st_uid, each.stat().st_gid) for each in made] == [
        (STASH_USER, STASH_USER)
    ] * 2


# What each does in a folder of root's, and what is said after whose it is and who we are.
_REFUSED = {
    "event": ("inbox.put(folder, b'{}', 1.0)", "this change was not recorded"),
    "lock": ("lock.claim(folder, lock.FILE_NAME)", "The change is stored."),
    "packages": (
        "installer.install(package_folders(folder, REQUIRED), print)",
        "cannot be installed",
    ),
}
_REFUSE = """
import os, sys
from install import installer
from install.packages import REQUIRED, package_folders
from jobs import inbox, lock
folder = sys.argv[1]
os.setuid(int(sys.argv[2]))
try:
    {act}
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
@pytest.mark.parametrize("what", _REFUSED)
def test_whose_a_folder_is_that_refuses_is_said_with_who_we_are(
    shared_folder: Path, what: str
) -> None:
    data_dir = shared_folder / "plex_sync"
    for name in ("inbox", "packages"):
        (data_dir / name).mkdir(parents=True)
    act, besides = _REFUSED[what]
    done = subprocess.run(
        [sys.executable, "-c", _REFUSE.format(act=act), str(data_dir), str(STASH_USER)],
        cwd=TREE,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(("StorageError", "InstallFailed"))
    assert done.stdout.count("belongs to root (0), and PlexSync runs here as user 4242") == 1
    assert besides in done.stdout


@posix_only
def test_anybody_else_is_told_the_command_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: STASH_USER)
    mine = tmp_path.stat().st_uid
    # What this process makes belongs to its real user: as seen by somebody else, to nobody of it.
    monkeypatch.setattr("storage.act_as_owner._files_belong_to", lambda _uid, _folder: False)
    assert bootstrap.run_commands([f"--config-dir={tmp_path}", "status"]) == 1
    said = capsys.readouterr().err
    assert f"this command runs as user {STASH_USER}" in said
    assert f"docker exec -u {mine} …" in said
    assert list(tmp_path.iterdir()) == []
