"""A plugin whose files are being replaced, or that has a bug: one sentence in Stash's log, not a
traceback line by line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import GraphQLErrors

BUG = "raise KeyError('made up')\n"


@pytest.fixture
def installed(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig(count=3, link=False)


def own_file(rig: Rig, name: str) -> Path:
    return rig.config_dir / "plugins" / PLUGIN_ID / name


def errors(rig: Rig) -> list[str]:
    return [line.text for line in rig.stash.log if line.level == "error"]


@pytest.mark.parametrize(
    "name", ["entry/hook.py", "jobs/lock.py", "jobs/inbox.py", "storage/files.py"]
)
@pytest.mark.parametrize(
    "content",
    # The third one is what a power cut can leave of a new file; not every Python calls it a syntax
    # error. The last one stands for a mixture of releases, and for a file that may not be read.
    [None, "def half_written(\n", "\0" * 100, BUG],
    ids=["gone", "half", "nothing but zeros", "fails"],
)
def test_a_hook_that_cannot_be_loaded_is_one_error_that_says_what_to_do(
    installed: Rig, name: str, content: str | None
) -> None:
    own_file(installed, name).unlink()
    if content is not None:
        own_file(installed, name).write_text(content, encoding="utf-8")
    installed.stash.update_scene({"id": 1, "title": "Edited meanwhile"})
    (error,) = errors(installed)
    assert "PlexSync cannot be loaded: " in error
    assert "install the plugin again or" in error
    assert "A change may not be stored: run" in error
    assert [run.exit_code for run in installed.stash.plugin_runs] == [1]


@pytest.mark.parametrize(
    "missing", [["entry/spawn_for_hook.py"], ["entry/spawn_for_hook.py", "entry/crash_log.py"]]
)
def test_a_hook_whose_later_part_is_gone_has_stored_the_change(
    installed: Rig, missing: list[str]
) -> None:
    for name in missing:
        own_file(installed, name).unlink()
    installed.stash.update_scene({"id": 1, "title": "Edited meanwhile"})
    (error,) = errors(installed)
    assert "PlexSync cannot be loaded: No module named 'entry.spawn_for_hook'." in error
    assert 'run "Sync all scenes" afterwards.' in error
    assert installed.jobs_left() == 1
    assert ("could not be written to the log file" in error) is (len(missing) > 1)


@pytest.mark.parametrize("mode", ["relay_log", "query"])
@pytest.mark.parametrize("name", ["entry/dispatch.py", "entry/operation.py", "jobs/store.py"])
def test_an_operation_that_cannot_be_loaded_answers_one_error(
    installed: Rig, mode: str, name: str
) -> None:
    own_file(installed, name).unlink()
    with pytest.raises(GraphQLErrors, match="PlexSync cannot be loaded: No module named"):
        installed.stash.run_operation({"mode": mode, "what": "status"})
    (run,) = installed.stash.plugin_runs
    assert (run.exit_code, run.raw_stderr) == (1, b"")


def test_the_part_for_queries_that_is_gone_is_one_error_too(installed: Rig) -> None:
    own_file(installed, "page/preview.py").unlink()
    with pytest.raises(GraphQLErrors, match=r"together: .* Install the plugin again"):
        installed.stash.run_operation({"mode": "query", "what": "preview", "scenes": [1]})


def test_the_part_for_light_queries_that_is_gone_is_one_error_too(installed: Rig) -> None:
    own_file(installed, "page/status.py").unlink()
    with pytest.raises(GraphQLErrors, match="PlexSync cannot be loaded: No module named"):
        installed.stash.run_operation({"mode": "query", "what": "status"})


def test_a_bug_in_a_hook_is_one_sentence_and_its_traceback_is_in_the_log_file(
    installed: Rig,
) -> None:
    own_file(installed, "entry/spawn_for_hook.py").write_text(BUG, encoding="utf-8")
    installed.stash.update_scene({"id": 1, "title": "Edited"})
    (error,) = errors(installed)
    assert "PlexSync ended unexpectedly (KeyError)." in error
    assert "please report it with plex_sync.log" in error
    assert "Traceback" not in installed.stash.log_text()
    assert "KeyError: 'made up'" in installed.log_file()


def test_a_bug_in_an_operation_is_its_error_and_its_traceback_is_in_the_log_file(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=1, link=False, username="ada", password="secret-word")
    # The session stands in what goes wrong: it must be hidden in the file.
    bug = "def query(invocation):\n    raise KeyError(invocation.connection['SessionCookie'])\n"
    with own_file(rig, "entry/operation.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{bug}\nOPERATIONS = {{'query': query}}\n")
    with pytest.raises(GraphQLErrors, match=r"PlexSync ended unexpectedly \(KeyError\)"):
        rig.stash.run_operation({"mode": "query", "what": "status"})
    assert "in query" in rig.log_file()
    assert "<hidden>" in rig.log_file()
    (run,) = rig.stash.plugin_runs
    assert (run.exit_code, run.raw_stderr) == (1, b"")
