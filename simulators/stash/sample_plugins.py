"""Throw-away plugins, written where a test wants them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

# What every sample script starts with. `say` writes a log line, `ask` calls Stash with the cookie,
# `wait_for` holds the script until a file exists.
PRELUDE = """
import json, os, subprocess, sys, time, urllib.request
document = json.loads(sys.stdin.buffer.read())
connection, args = document["server_connection"], document["args"]

def say(letter, text):
    sys.stderr.write(f"\\x01{letter}\\x02{text}\\n")
    sys.stderr.flush()

def ask(query, variables=None):
    cookie = connection["SessionCookie"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{connection['Port']}/graphql",
        json.dumps({"query": query, "variables": variables or {}}).encode(),
        {"Cookie": f"{cookie['Name']}={cookie['Value']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)

def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.005)
"""


def write_plugin(
    folder: Path,
    script: str | None = None,
    *,
    hooks: Iterable[str] = (),
    tasks: Mapping[str, Mapping[str, Any]] | None = None,
    manifest: str = "plugin.yml",
    **more: Any,
) -> Path:
    """A source tree with a manifest; the folder.

    `script` follows PRELUDE in main.py; None: the plugin does nothing, fast. `hooks` are triggers,
    `tasks` maps names to default args, `more` goes into the manifest as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        "name": "Sample",
        "exec": ["true"] if script is None else ["python", "{pluginDir}/main.py"],
        "interface": "raw",
        "hooks": [{"name": "hook", "triggeredBy": list(hooks)}],
        "tasks": [
            {"name": name, "defaultArgs": dict(args)} for name, args in (tasks or {}).items()
        ],
        **more,
    }
    (folder / manifest).write_text(yaml.safe_dump(content))
    if script is not None:
        (folder / "main.py").write_text(PRELUDE + script)
    return folder
