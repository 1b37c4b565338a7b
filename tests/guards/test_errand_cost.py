"""What may not be loaded for what somebody waits for: a page's questions and acts, a command, a
task that finds nothing. By modules, since times differ from machine to machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Set
from typing import Any

import pytest

from plex.own_identity import PLEX_TV_VARIABLE
from simulators.plex_tv import PlexTvSimulator
from simulators.rig import PLUGIN_ID, TREE, Rig
from tests.harness.imports import imported
from tests.harness.rig import SYNC_ALL, act, run_task

SCRIPT = str(TREE / "plex_sync.py")

# Of these, requests and what it brings cost as much as all of ours, pydantic as well.
PACKAGES = {"pydantic", "plexapi", "requests", "urllib3", "stashapi", "tenacity"}

# What no errand needs that has found Plex at its first attempt, and reads.
IDLE = {
    "tenacity", "charset_normalizer", "worker.processor", "worker.batch", "trial.canary",
    "trial.trial", "playback.imports", "playback.plays", "check.light", "pipeline.scene_sync",
    "pipeline.writer", "pipeline.sending", "commands.tasks", "commands.import_task",
}  # fmt: skip
SIGNING_IN = {"plexapi.myplex", "plex.plex_tv", "commands.login"}
OF_COMMANDS = {"commands.doctor", "commands.explain", "commands.preview", "commands.undo"}
# For what asks Plex alone.
STORES = {"stashapi", "ledger.ledger", "matching.index", "pipeline", "worker.context"}


def without(*names: str) -> Set[str]:
    return (IDLE | SIGNING_IN | OF_COMMANDS | {"PIL"}) - set(names)


@pytest.fixture
def rig(make_rig: Callable[..., Rig], plex_tv: PlexTvSimulator) -> Rig:
    made = make_rig(count=3, environment={PLEX_TV_VARIABLE: plex_tv.url})
    run_task(made, SYNC_ALL)
    return made


@pytest.fixture(autouse=True)
def _simulated_plex_tv(monkeypatch: pytest.MonkeyPatch, plex_tv: PlexTvSimulator) -> None:
    monkeypatch.setenv(PLEX_TV_VARIABLE, plex_tv.url)


def query(what: str, **args: object) -> dict[str, object]:
    return {"mode": "query", "what": what, **args}


def loaded(rig: Rig, args: object) -> set[str]:
    document = json.dumps({"server_connection": rig.server_connection(), "args": args}).encode()
    return with_packages(imported([SCRIPT], document))


def with_packages(names: set[str]) -> set[str]:
    return names | {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    ("args", "forbidden"),
    [
        pytest.param(
            query("preview", scenes=[1]), without("commands.preview"), id="page-preview"
        ),
        pytest.param(
            query("scene", scene=1),
            without("commands.preview", "commands.explain"),
            id="page-scene",
        ),
        pytest.param(
            query("undo_plan", scene=1),
            without("commands.undo", "pipeline.sending"),
            id="page-undo-plan",
        ),
        pytest.param(query("paths"), without("commands.doctor"), id="page-paths"),
        pytest.param(query("check"), without("commands.doctor", "PIL"), id="page-check"),
        pytest.param(query("libraries"), without() | STORES, id="page-libraries"),
        pytest.param(
            query("settings"), without() | STORES | PACKAGES - {"pydantic"}, id="page-settings"
        ),
        pytest.param(
            {"mode": "act", "what": "save", "values": {"concurrency": 3}},
            without() | STORES | PACKAGES - {"pydantic"},
            id="page-save",
        ),
        pytest.param(
            {"mode": "act", "what": "sign_in"},
            without(*SIGNING_IN) | STORES,
            id="page-sign-in",
        ),
        pytest.param({"mode": "process_queue"}, without() | PACKAGES, id="task-process-queue"),
        pytest.param(
            {"mode": "retry_failed"}, without() | PACKAGES, id="task-retry-failed"
        ),
    ],
)  # fmt: skip
def test_an_errand_loads_only_what_it_uses(rig: Rig, args: Any, forbidden: Set[str]) -> None:
    assert loaded(rig, args) & forbidden == set()


def test_a_look_whether_a_code_was_entered_loads_no_package(rig: Rig) -> None:
    args = {"mode": "act", "what": "sign_in_check", "id": act(rig, "sign_in")["id"]}
    assert loaded(rig, args) & (PACKAGES | STORES | without()) == set()


@pytest.mark.parametrize(
    ("command", "forbidden"),
    [
        ("explain 1", without("commands.preview", "commands.explain")),
        ("status", without() | {"plexapi"}),
        ("login --move", without(*SIGNING_IN)),
        ("preview --scene 1", without("commands.preview")),
    ],
)
def test_a_command_loads_none_of_the_others(rig: Rig, command: str, forbidden: Set[str]) -> None:
    where = ["--stash-url", rig.stash.url, "--config-dir", str(rig.config_dir)]
    names = imported([SCRIPT, *where, "--plugin-id", PLUGIN_ID, *command.split()])
    assert with_packages(names) & forbidden == set()


def test_what_is_forbidden_exists(rig: Rig) -> None:
    """Otherwise a module that was renamed would be allowed from then on."""
    names = loaded(rig, {"mode": "sync_all"}) | loaded(rig, query("check"))
    ours = {
        each
        for each in IDLE | SIGNING_IN | OF_COMMANDS | STORES
        if (TREE / each.partition(".")[0]).is_dir()
    }
    for each in ours:
        path = TREE / each.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), each
    assert PACKAGES - {"tenacity"} <= names
