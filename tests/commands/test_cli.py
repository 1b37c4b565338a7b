"""The command line in this process: what it hands on, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands import cli, tasks
from commands.arguments import INTERRUPTED, WRONG_USE
from commands.eta import Progress
from commands.line.command import FAILED
from worker.context import Context


@pytest.fixture(autouse=True)
def _own_handlers(root_handlers: None) -> None:
    """The command line takes the root logger over."""


class Seen:
    """What the tasks were started with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.error: BaseException | None = None

    def task(self, mode: str) -> Any:
        def run(context: Context, _progress: Progress) -> str:
            self.calls.append((mode, dict(context.args)))
            if self.error:
                raise self.error
            return f"{mode} done"

        return run


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen()
    modes = ("sync_all", "sync_recent", "process_queue", "retry_failed", "clear_queue")
    monkeypatch.setattr(tasks, "TASKS", {mode: found.task(mode) for mode in modes})
    return found


def run(folder: Path, *arguments: str) -> int:
    return cli.run([f"--config-dir={folder}", "--plugin-id=plex_sync", *arguments])


@pytest.mark.parametrize(
    ("command", "call"),
    [
        ("sync", ("sync_all", {})),
        ("sync --all", ("sync_all", {})),
        ("sync --full", ("sync_all", {"full": True})),
        ("sync --all --full", ("sync_all", {"full": True})),
        ("sync --recent", ("sync_recent", {})),
        ("process", ("process_queue", {})),
        ("retry", ("retry_failed", {})),
        ("clear", ("clear_queue", {})),
    ],
)
def test_a_command_is_the_task_with_the_same_work(
    tmp_path: Path,
    seen: Seen,
    capsys: pytest.CaptureFixture[str],
    command: str,
    call: tuple[str, Mapping[str, Any]],
) -> None:
    assert run(tmp_path, *command.split()) == 0
    assert seen.calls == [call]
    assert capsys.readouterr().out == f"{call[0]} done\n"


def test_a_bug_is_one_line_and_its_traceback_is_in_the_file(
    tmp_path: Path, seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    seen.error = RuntimeError("inside")
    assert run(tmp_path, "sync") == FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "this is a bug" in shown.err
    log_file = (tmp_path / "plex_sync" / "plex_sync.log").read_text(encoding="utf-8")
    assert "RuntimeError: inside" in log_file


def test_ctrl_c_ends_with_its_own_status(
    tmp_path: Path, seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    seen.error = KeyboardInterrupt()
    assert run(tmp_path, "sync") == INTERRUPTED
    assert capsys.readouterr().err == "stopped; what is left in the queue stays there\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--stash-url=stash", "status"], "--stash-url is not an address like http://127"),
        (["--stash-url=http://[", "status"], "--stash-url is not an address"),
        (["--plex-url=plex:32400", "status"], "--plex-url is not an address like http://192"),
        (["--config-dir=/no/such/folder", "status"], "/no/such/folder is no folder"),
    ],
)
def test_a_wrong_connection_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(tmp_path, *arguments) == WRONG_USE
    shown = capsys.readouterr().err
    assert says in shown
    assert shown.count("\n") == 1
