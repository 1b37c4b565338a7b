"""Starts by a document on stdin that aren't well-formed hooks: tasks, operations, the worker, and
mistakes."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from entry import hook, operation
from entry.event import Event
from jobs.store import JobStore, open_job_database
from stash.protocol import OWN_FOLDER, BadInvocation, Invocation, answer, read_invocation
from storage.sqlite import StorageError


def run(document: bytes, *, background: bool) -> int:
    """The exit status."""
    try:
        invocation = read_invocation(document)
    except BadInvocation as error:
        answer(error=f"PlexSync: {error}")
        return 1
    if background:
        return _run_heavy("entry.background", invocation)
    if invocation.hook_context is not None:
        return hook.run(_event(document, invocation))
    if str(invocation.args.get("mode")) in operation.OPERATIONS:
        return operation.run(invocation)
    return _run_heavy("entry.task", invocation)


def _event(document: bytes, invocation: Invocation) -> Event:
    """For a SQLite without JSON functions, and for malformed hooks."""
    context = invocation.hook_context or {}
    fields, object_id, given = (context.get(key) for key in ("inputFields", "id", "input"))
    about = given if isinstance(given, dict) else {}
    input_id, several = about.get("id"), given if isinstance(given, list) else about.get("ids")
    return Event(
        document,
        str(invocation.connection["Dir"]),
        context.get("type"),
        None if isinstance(object_id, bool) else object_id,
        [str(field) for field in fields] if isinstance(fields, list) else None,
        [
            str(each.get("id") if isinstance(each, dict) else each)
            for each in (several if isinstance(several, list) else ())
        ],
        "" if input_id is None else str(input_id),
        invocation.args.get("wait_s"),
    )


def _run_heavy(part: str, invocation: Invocation) -> int:
    """Run a part that brings pydantic, plexapi and requests along."""
    try:
        module = import_module(part)
    except ImportError as error:
        _complain(invocation, missing_package(error), detached=part == "entry.background")
        return 1
    return int(module.run(invocation))


def missing_package(error: ImportError) -> str:
    """What is wrong and how to mend it, for the Python that we run in."""
    requirements = os.path.join(OWN_FOLDER, "requirements.txt")
    return (
        f"this Python lacks a package that PlexSync needs: {error}. Nothing is lost, but nothing "
        f"is synced either. Install what is needed: {sys.executable} -m pip install -r "
        f"{requirements}"
    )


def _complain(invocation: Invocation, message: str, *, detached: bool) -> None:
    """Tell Stash; a detached process has no way to it but the next hook."""
    if not detached:
        answer(error=f"PlexSync: {message}")
        return
    try:
        database = open_job_database(invocation.data_dir)
    except StorageError:
        return  # the next hook meets the same database and reports it
    try:
        JobStore(database).add_log_lines([("e", message)])
    finally:
        database.close()
