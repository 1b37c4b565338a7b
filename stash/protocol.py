"""What Stash tells a plugin process on stdin and expects on stdout.

pkg/plugin/common/msg.go.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from logs.redact import redact
from stash.folders import make_absolute
from storage.sqlite import DATA_FOLDER

OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class BadInvocation(Exception):
    """Stash, or whoever started us, gave us something we can't work with."""


class Invocation:
    """One start of the plugin: `connection` is Stash's server_connection, `args` its args.

    `read_invocation` makes the folders in the former absolute.
    """

    __slots__ = ("args", "connection")

    def __init__(self, connection: dict[str, Any], args: dict[str, Any]) -> None:
        self.connection = connection
        self.args = args

    @property
    def data_dir(self) -> str:
        """Our folder beside Stash's config file: it outlives updates of the plugin."""
        return os.path.join(self.connection["Dir"], DATA_FOLDER)

    @property
    def plugin_id(self) -> str:
        """The id under which Stash knows us: the manifest's file name without .yml."""
        # Not from our own path: with links to a working copy that leads to another manifest.
        return plugin_id(str(self.connection.get("PluginDir") or OWN_FOLDER))

    def keep_connection(self, newer: Mapping[str, Any] | None) -> None:
        """Put what a later document told of Stash in the place of what this one did."""
        if newer:
            self.connection = {**self.connection, **newer, "Dir": self.connection["Dir"]}

    def keep_session(self, cookie: str) -> None:
        """Put a newer session in the place of the one that Stash gave us at the start."""
        if cookie and isinstance(self.connection.get("SessionCookie"), dict):
            self.connection["SessionCookie"]["Value"] = cookie

    def document(self) -> bytes:
        """What Stash would write to the stdin of another process like this one."""
        return json.dumps({"server_connection": self.connection, "args": self.args}).encode()

    def connection_only(self) -> bytes:
        """The same without arguments: it asks for nothing, but lets others know the session."""
        return json.dumps({"server_connection": self.connection, "args": {}}).encode()

    @property
    def hook_context(self) -> dict[str, Any] | None:
        found = self.args.get("hookContext")
        return found if isinstance(found, dict) else None


def read_invocation(content: bytes) -> Invocation:
    """What Stash wrote to stdin. Raises BadInvocation."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise BadInvocation(
            f"expected one JSON document from Stash on stdin, got {len(content)} bytes that are "
            "not JSON. From a terminal, run `python plex_sync.py --help`."
        ) from error
    connection = document.get("server_connection") if isinstance(document, dict) else None
    if not isinstance(connection, dict) or not isinstance(connection.get("Dir"), str):
        raise BadInvocation("the document on stdin has no server_connection with a Dir")
    if not connection["Dir"]:
        raise BadInvocation("server_connection.Dir is empty; Stash has no config file yet")
    make_absolute(connection)
    args = document.get("args")
    return Invocation(connection, args if isinstance(args, dict) else {})


def answer(output: object = None, *, error: str | None = None) -> None:
    """Print the one JSON object that Stash reads from stdout. Call it once."""
    content = {"output": output} if error is None else {"error": redact(error)}
    sys.stdout.buffer.write(json.dumps(content).encode() + b"\n")
    sys.stdout.buffer.flush()


def plugin_id(plugin_dir: str) -> str:
    """The id that the manifest in this folder gives the plugin. Raises BadInvocation."""
    try:
        names = sorted(name for name in os.listdir(plugin_dir) if name.endswith(".yml"))
    except OSError as error:
        raise BadInvocation(f"cannot read the plugin's folder: {error}") from error
    if len(names) != 1:
        raise BadInvocation(f"expected exactly one .yml file in {plugin_dir}, found {names}")
    return names[0].removesuffix(".yml")
