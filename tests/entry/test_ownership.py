"""The command line of another user than Stash's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from entry import heavy
from simulators.rig import TREE

STASH_USER = 4_242
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="users have no numbers there")


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


_MAKE = """
import sys
from entry.ownership import act_as_owner
from storage import owner, sqlite, trial
act_as_owner(sys.argv[1])
folder = sys.argv[1] + "/plex_sync"
sqlite.make_private_folder(folder)
sqlite.open_database(folder + "/jobs.db", ("CREATE TABLE t (x)",)).close()
"""


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
@pytest.mark.parametrize("owned", ["config.yml", "plex_sync", "."])
def test_what_root_makes_belongs_to_stashs_user(tmp_path: Path, owned: str) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o777)
    if owned == "plex_sync":
        (tmp_path / owned).mkdir()
    elif owned == "config.yml":
        (tmp_path / owned).touch()
    os.chown(tmp_path / owned, STASH_USER, STASH_USER)
    subprocess.run([sys.executable, "-c", _MAKE, str(tmp_path)], cwd=TREE, check=True, timeout=60)
    made = [tmp_path / "plex_sync", tmp_path / "plex_sync" / "jobs.db"]
    assert [(each.stat().st_uid, each.stat().st_gid) for each in made] == [
        (STASH_USER, STASH_USER)
    ] * 2


@posix_only
def test_anybody_else_is_told_the_command_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: STASH_USER)
    mine = tmp_path.stat().st_uid
    # What this process makes belongs to its real user: as seen by somebody else, to nobody of it.
    monkeypatch.setattr("entry.ownership._files_belong_to", lambda _uid, _folder: False)
    assert heavy.run_commands([f"--config-dir={tmp_path}", "status"]) == 1
    said = capsys.readouterr().err
    assert f"this command runs as user {STASH_USER}" in said
    assert f"docker exec -u {mine} …" in said
    assert list(tmp_path.iterdir()) == []
