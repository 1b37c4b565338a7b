"""What tests of the real plugin do with a rig, as a person, Stash or a script would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from simulators.rig import PLUGIN_ID, TREE, Rig
from simulators.stash import Scene

SYNC_ALL = "Sync all scenes"


def run_task(rig: Rig, name: str, timeout_s: float = 120.0, **args: object) -> str:
    """The lines that the task wrote to Stash's log."""
    before = len(rig.stash.log)
    rig.stash.wait_for_job(rig.stash.run_task(name, args or None), timeout_s)
    return "\n".join(f"{line.level}: {line.text}" for line in rig.stash.log[before:])


def command_line(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(rig.config_dir / "plugins" / PLUGIN_ID / "plex_sync.py")
    where = ["--stash-url", rig.stash.url, "--config-dir", str(rig.config_dir)]
    return subprocess.run(
        [sys.executable, script, *where, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def snapshots(rig: Rig) -> list[dict[str, object]]:
    return [rig.plex.library.snapshot(item) for item in rig.plex.library.items()]


def synced(rig: Rig) -> Rig:
    """The rig after its first sync, with all counters at 0."""
    run_task(rig, SYNC_ALL)
    rig.plex.requests.clear()
    rig.stash.requests.clear()
    rig.plex.library.edits.clear()
    return rig


def change(rig: Rig, mutation: str, **values: object) -> None:
    """A mutation of one input, as the user interface sends it."""
    kind = mutation[0].upper() + mutation[1:] + "Input"
    answer = "" if mutation.endswith("Destroy") else "{ id }"
    rig.stash.graphql(
        f"mutation($input: {kind}!) {{ {mutation}(input: $input) {answer} }}", {"input": values}
    )


def until_followed(rig: Rig) -> None:
    rig.until(lambda: bool(rig.worker_pids()), "the worker")
    rig.until_drained()


def tags(rig: Rig, scene_id: int, kind: str) -> list[str]:
    """The names of an item's tags as Plex shows them."""
    return sorted(tag.name for tag in rig.item(scene_id).tags.get(kind, []))


def scenes(rig: Rig) -> Iterable[Scene]:
    return list(rig.stash.library.scenes.values())


def hooks_of(rig: Rig, trigger: str) -> int:
    """How many hook processes Stash has started for it."""
    contexts: list[Any] = [run.args.get("hookContext") for run in rig.stash.plugin_runs]
    return sum(1 for context in contexts if context and context["type"] == trigger)


def ask(rig: Rig, what: object, **args: object) -> Any:
    """As a script does it, over HTTP."""
    return operation(rig, "query", what, args)


def act(rig: Rig, what: object, **args: object) -> Any:
    """As the page does it, over HTTP."""
    return operation(rig, "act", what, args)


def operation(rig: Rig, mode: str, what: object, args: Mapping[str, object]) -> Any:
    asked = """mutation($id: ID!, $args: Map) {
        out: runPluginOperation(plugin_id: $id, args: $args)
    }"""
    variables = {"id": PLUGIN_ID, "args": {"mode": mode, "what": what, **args}}
    return rig.stash.http_graphql(asked, variables)["out"]


def imported_by(rig: Rig, document: Mapping[str, object]) -> set[str]:
    """The modules that the plugin imports for an invocation."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(TREE / "plex_sync.py")],
        input=json.dumps(document).encode(),
        capture_output=True,
        check=True,
        env={**os.environ, **rig.stash.config.environment},
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
