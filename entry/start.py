"""Starts by a document on stdin: tasks, operations, the worker, mistakes, and hooks whose document
isn't as plain as most."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from importlib import import_module
from types import ModuleType

from entry.python import too_old
from jobs import inbox
from jobs.events import shortened
from stash.folders import make_absolute
from stash.protocol import BadInvocation, Invocation, answer, read_invocation
from storage.files import StorageError


def run(document: bytes, *, background: bool, claimed: tuple[str, int] | None = None) -> int:
    """The exit status. `claimed`: the lock that a worker was handed."""
    try:
        invocation = read_invocation(document)
    except BadInvocation as error:
        answer(error=f"PlexSync: {error}")
        return 1
    # Before anything is imported that an old Python can't even read.
    if problem := too_old():
        answer(error=f"PlexSync: {problem}.")
        return 1
    if background:
        _detach()
        return int(heavy().run_worker(invocation, claimed))
    if invocation.hook_context is not None:
        return int(import_module("entry.hook").run(_plain(document), invocation.data_dir))
    operation, mode = import_module("entry.operation"), str(invocation.args.get("mode"))
    if mode in operation.OPERATIONS:
        status = int(operation.run(invocation))
    else:
        status = int(heavy().run_task(invocation))
    if mode != operation.RELAY:  # it is a worker that has asked for that
        _bring_on(invocation)
    return status


def heavy() -> ModuleType:
    """What needs packages, in a process that can find them."""
    has_packages()
    return import_module("entry.heavy")


def has_packages() -> None:
    """Let this process find packages as any Python does: the manifest has Stash start us with -S,
    without the site module, since hooks need none and it can take longer than they do."""
    if sys.flags.no_site:
        import_module("site").main()


def _plain(document: bytes) -> bytes:
    """A hook's document without what is large, and with absolute folders."""
    told = shortened(json.loads(document))
    make_absolute(told["server_connection"])
    return json.dumps(told).encode()


def _detach() -> None:
    """Out of the session of whoever has started us, so that its end isn't ours."""
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it is ours already
            os.setsid()


def _bring_on(invocation: Invocation) -> None:
    """If anything waits for a worker, see that there is one, and let it have this connection: a
    living one may be refused by Stash, or not know where it is by now."""
    with suppress(StorageError, OSError):  # the next hook or task meets the same, and tells
        if import_module("entry.waiting_work").is_waiting(invocation.data_dir):
            document = invocation.connection_only()
            inbox.put(invocation.data_dir, document, time.time(), inbox.CONNECTION)
            import_module("entry.spawn").start_another(invocation.document(), invocation.data_dir)
