"""Starts by a document on stdin: tasks, operations, the worker, mistakes, and hooks whose document
isn't as plain as most."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress

from entry.python import has_packages, too_old
from jobs import inbox
from stash.folders import make_absolute
from stash.protocol import BadInvocation, Invocation, answer, read_invocation
from storage.files import StorageError

# Tasks that need neither a server nor packages.
QUICK = ("status", "clear_queue")


def run(
    document: bytes,
    remember: Callable[[bytes, str], int],
    *,
    background: bool,
    claimed: tuple[str, int] | None = None,
) -> int:
    """The exit status. `remember`: what stores a hook's event, see `entry.hook.run`. `claimed`: the
    lock that a worker was handed."""
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
        has_packages()
        from entry.bootstrap import run_worker  # noqa: PLC0415 - an old Python can't read it

        return run_worker(invocation, claimed)
    if invocation.hook_context is not None:
        return remember(_plain(document), invocation.data_dir)
    from entry.operation import OPERATIONS, QUERY, RELAY  # noqa: PLC0415 - an old Python can't read it

    mode = str(invocation.args.get("mode"))
    if mode in OPERATIONS:
        status = OPERATIONS[mode](invocation)
    elif mode in QUICK:
        from entry.quick_task import run as run_quick_task  # noqa: PLC0415 - an old Python can't read it

        status = run_quick_task(invocation)
    else:
        has_packages()
        from entry.bootstrap import run_task  # noqa: PLC0415 - operations need little of it

        status = run_task(invocation)
    if mode != RELAY:  # it is a worker that has asked for that
        _bring_on(invocation, is_question=mode == QUERY)
    return status


def _plain(document: bytes) -> bytes:
    """A hook's document without what is large, and with absolute folders."""
    from jobs.events import shortened  # noqa: PLC0415 - most hooks are plain

    told = shortened(json.loads(document))
    make_absolute(told["server_connection"])
    return json.dumps(told).encode()


def _detach() -> None:
    """Out of the session of whoever has started us, so that its end isn't ours."""
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it is ours already
            os.setsid()


def _bring_on(invocation: Invocation, *, is_question: bool) -> None:
    """If anything waits for a worker, or if it is to look for changes by itself, see that there is
    one. For what waits let it have this connection: a living one may be refused by Stash, or not
    know where it is by now. A page asks all day: its questions wake nobody who gets on."""
    with suppress(StorageError, OSError):  # the next hook or task meets the same, and tells
        from entry.waiting_work import is_waiting, is_wanted, lacks_worker  # noqa: PLC0415 - an old Python can't read it

        data_dir = invocation.data_dir
        waits = is_waiting(data_dir) and not (is_question and not lacks_worker(data_dir))
        if waits or is_wanted(data_dir):
            from entry.spawn import start_another  # noqa: PLC0415 - seldom needed

            # What was asked is no business of the worker: there may be a token in it.
            document = invocation.connection_only()
            if waits:
                inbox.put(data_dir, document, time.time(), inbox.CONNECTION)
            start_another(document, data_dir)
