"""Who has started us, and which part deals with it."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from entry import bootstrap, dispatch, hook, main, spawn
from jobs import inbox, lock
from jobs.schema import LIVE
from jobs.store import JobStore, open_job_database
from rest.begin import STAYS
from simulators.rig import TREE
from simulators.stash.process import as_stash_writes
from stash.protocol import Invocation
from storage.sqlite import DATA_FOLDER

HOOK = {"hookContext": {"id": 7, "type": "Scene.Update.Post", "inputFields": ["title"]}}


class Part:
    """Takes the place of a part of `entry`: notes with what it was run."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.runs: list[Any] = []

    def run(self, given: Any, *_more: Any) -> int:
        self.runs.append(given)
        return self.status


class Ended(Exception):
    """The process has ended without coming back."""


@pytest.fixture
def replace(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], Part]:
    """Puts a `Part` in the place of the module of that name."""

    def put(name: str, status: int = 0) -> Part:
        part, module = Part(status), ModuleType(name)
        module.run = part.run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
        return part

    return put


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Part:
    part = Part(0)
    monkeypatch.setattr(hook, "run", part.run)
    return part


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses with which the process was ended at once."""
    statuses: list[int] = []

    def end(status: int) -> None:
        statuses.append(status)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    return statuses


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def give(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return give


def document(args: dict[str, Any], folder: Path | str = "/config") -> bytes:
    return json.dumps({"server_connection": {"Dir": str(folder)}, "args": args}).encode()


Replace = Callable[..., Part]
Stdin = Callable[[bytes], None]


def test_a_hook_is_dealt_with_at_once_and_ends_the_process(
    stdin: Stdin, hooks: Part, ended: list[int]
) -> None:
    content = as_stash_writes(
        {"server_connection": {"Scheme": "", "Dir": "/config", "PluginDir": "/p"}, "args": HOOK}
    )
    stdin(content)
    hooks.status = 1
    with pytest.raises(Ended):
        hook.main(["hook"])
    assert hooks.runs == [content]
    assert ended == [1]


def test_a_task_is_known_by_the_lack_of_a_hook(stdin: Stdin, replace: Replace, hooks: Part) -> None:
    task = replace("entry.task", 3)
    stdin(document({"mode": "sync_all"}))
    assert main.main([]) == 3
    (invocation,) = task.runs
    assert isinstance(invocation, Invocation)
    assert invocation.args == {"mode": "sync_all"}
    assert hooks.runs == []


def test_the_worker_is_known_by_its_argument_even_if_a_hook_started_it(
    stdin: Stdin, replace: Replace, hooks: Part
) -> None:
    background = replace("entry.background", 2)
    stdin(document(HOOK))
    assert main.main(["worker"]) == 2
    assert len(background.runs) == 1
    assert hooks.runs == []


@pytest.mark.parametrize("arguments", [["status"], ["sync", "--all"]], ids=str)
def test_a_person_gives_other_arguments_and_no_document(
    replace: Replace, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    cli = replace("commands.cli", 4)
    assert main.main(arguments) == 4
    assert cli.runs == [arguments]


def test_the_relay_of_log_lines_needs_no_heavy_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_job_database(str(tmp_path / DATA_FOLDER))) as database:
        JobStore(database).add_log_lines([("i", "scene 1: wrote title")])
    assert dispatch.run(document({"mode": "relay_log"}, tmp_path), hook.run, background=False) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"output": 1}
    assert err == "\x01i\x02scene 1: wrote title\n"


def test_a_worker_that_an_operation_starts_learns_nothing_of_what_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hold a token that was typed, and take strange arguments for its own."""
    started: list[bytes] = []
    monkeypatch.setattr(spawn, "start_another", lambda given, _data_dir: started.append(given))
    with closing(open_job_database(str(tmp_path / DATA_FOLDER))) as database:
        JobStore(database).enqueue("scene", [1], LIVE, 0.0)
    asked = {"mode": "act", "what": "nothing", "token": "a-token-of-somebody", STAYS: True}
    assert dispatch.run(document(asked, tmp_path), hook.run, background=False) == 1
    (given,) = started
    assert json.loads(given)["args"] == {}


@pytest.mark.parametrize("mode", [None, 7, ["relay_log"], {}], ids=repr)
def test_a_strange_mode_is_left_to_the_task_to_complain_about(
    replace: Replace, mode: object
) -> None:
    task = replace("entry.task", 1)
    assert dispatch.run(document({"mode": mode}), hook.run, background=False) == 1
    assert len(task.runs) == 1


@pytest.mark.parametrize("content", [b"", b"[]", document({}, "")], ids=repr)
@pytest.mark.parametrize("arguments", [[], ["worker"]], ids=str)
def test_a_document_that_is_none_is_an_error(
    stdin: Stdin, capsys: pytest.CaptureFixture[str], content: bytes, arguments: list[str]
) -> None:
    stdin(content)
    assert main.main(arguments) == 1
    assert json.loads(capsys.readouterr().out)["error"].startswith("PlexSync: ")


def test_a_hook_without_a_usable_folder_stores_nothing_anywhere(
    stdin: Stdin,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A relative folder would be made wherever Stash happens to run."""
    monkeypatch.chdir(tmp_path)
    stdin(document(HOOK, ""))
    assert main.main([]) == 1
    assert "Dir is empty" in json.loads(capsys.readouterr().out)["error"]
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_ours_that_cannot_be_imported_is_no_reason_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "entry.task", None)  # importing it is an ImportError
    assert dispatch.run(document({"mode": "sync_all"}, tmp_path), hook.run, background=False) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert "PlexSync's own files don't fit together" in error
    assert "Install the plugin again." in error
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_cannot_be_loaded_leaves_word_for_the_next_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "entry.background", None)
    assert dispatch.run(document({}, tmp_path), hook.run, background=True) == 1
    assert capsys.readouterr().out == ""
    with closing(open_job_database(str(tmp_path / DATA_FOLDER))) as database:
        ((letter, line),) = JobStore(database).take_log_lines()
    assert letter == "e"
    assert "don't fit together" in line


def test_a_worker_that_ends_by_a_bug_before_it_has_a_relay_leaves_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root_handlers: None
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(bootstrap, "load", fail)
    assert dispatch.run(document({}, tmp_path), hook.run, background=True) == 1
    with closing(open_job_database(str(tmp_path / DATA_FOLDER))) as database:
        assert JobStore(database).take_log_lines() == [("e", bootstrap.ENDED)]
    log_file = (tmp_path / DATA_FOLDER / "plex_sync.log").read_text(encoding="utf-8")
    assert "RuntimeError: inside" in log_file


@pytest.mark.parametrize("arguments", [[], ["worker"]], ids=["task", "worker"])
def test_an_old_python_is_named_before_anything_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    assert dispatch.run(document({"mode": "sync_all"}), hook.run, background=bool(arguments)) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert "PlexSync needs Python 3.10 or newer" in error
    assert "is 3.9" in error


def test_an_old_python_is_named_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    assert main.main(["status"]) == 1
    assert "PlexSync needs Python 3.10 or newer" in capsys.readouterr().err


def test_with_an_old_python_a_hook_stores_the_change_and_starts_nothing(
    stdin: Stdin,
    ended: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    stdin(
        as_stash_writes(
            {
                "server_connection": {"Scheme": "", "Dir": str(tmp_path), "PluginDir": "/p"},
                "args": HOOK,
            }
        )
    )
    with pytest.raises(Ended):
        hook.main(["hook"])
    assert ended == [1]
    assert "The change is stored." in json.loads(capsys.readouterr().out)["error"]
    assert len(inbox.waiting(str(tmp_path / DATA_FOLDER))) == 1
    assert lock.to_start(str(tmp_path / DATA_FOLDER), 0.0) is not None


def test_an_old_python_can_read_what_runs_before_it_is_named() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import entry.main, entry.hook, entry.dispatch, entry.spawn, entry.terminal; "
        "print(*[m.__file__ for m in list(sys.modules.values()) if "
        "(getattr(m, '__file__', None) or '').startswith(sys.argv[1])], sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(TREE)],
        capture_output=True,
        text=True,
        check=True,
    )
    files = [Path(each) for each in done.stdout.splitlines()]
    assert TREE / "entry" / "dispatch.py" in files
    for each in files:
        ast.parse(each.read_text(encoding="utf-8"), feature_version=(3, 8))
