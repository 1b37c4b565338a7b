"""Queries of pages and scripts in Stash: how things stand, what failed, what a sync would do.

The arguments are {"mode": "query", "what": …} and those of the query; the output is an object, of
what the command line prints as JSON. Nothing is written to Plex, to Stash, to the queue or to the
ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from commands.preview import preview_as_json, preview_scenes
from commands.status import FailureGroup, status_of
from commands.task_arguments import WrongArguments
from entry.reply import answered
from jobs.registry import TASK_ROLE
from logs import handlers
from stash.connection import StashConnection
from stash.protocol import Invocation
from storage.sqlite import make_private_folder
from worker.connect import plex_client
from worker.context import Workplace, open_workplace

# Somebody waits for the answer, and each scene may cost its cover and a look at Plex's pictures.
MOST_SCENES = 100
USUAL_FAILURES, MOST_FAILURES = 100, 1000

Arguments = Mapping[str, Any]


def run(invocation: Invocation) -> int:
    """The exit status."""
    return answered(lambda: _answer(invocation), "the query")


def _answer(invocation: Invocation) -> Mapping[str, Any]:
    make_private_folder(invocation.data_dir)
    # Not to Stash's log: whoever asks gets the answer, and may ask every few seconds.
    handlers.install(handlers.file_handler(invocation.data_dir))
    query = _query(invocation.args)
    connection = StashConnection.from_plugin_input(invocation.connection)
    with open_workplace(
        invocation.data_dir, connection, invocation.plugin_id, TASK_ROLE, invocation.args
    ) as workplace:
        return query(workplace, invocation.args)


def status(workplace: Workplace, _args: Arguments) -> Mapping[str, Any]:
    """What `status --json` of the command line prints."""
    return status_of(workplace.memories).as_json()


def failures(workplace: Workplace, args: Arguments) -> Mapping[str, Any]:
    """The failures of the status, up to `limit` of each reason."""
    limit, store = _limit(args), workplace.memories.store
    groups = [
        FailureGroup(reason, count, store.failures(limit, reason))
        for reason, count in store.failure_counts().items()
    ]
    # Between the two looks they may have been brought back.
    return {"failures": [asdict(each) for each in groups if each.newest]}


def preview(workplace: Workplace, args: Arguments) -> Mapping[str, Any]:
    """What `preview --json` of the command line prints, for the ids in `scenes`."""
    scene_ids = _scene_ids(args)
    workplace.settings.refresh()
    with closing(plex_client(workplace.settings.config, workplace.memories.client_id)) as plex:
        pages = preview_scenes(workplace, plex, [scene_ids])
        return {"previews": [preview_as_json(each) for page in pages for each in page]}


Query = Callable[[Workplace, Arguments], Mapping[str, Any]]

QUERIES: Mapping[str, tuple[Query, tuple[str, ...]]] = {
    "status": (status, ()),
    "failures": (failures, ("limit",)),
    "preview": (preview, ("scenes",)),
}
"""By `what`: each with the names of its arguments."""


def _query(args: Arguments) -> Query:
    what = args.get("what")
    if not isinstance(what, str) or what not in QUERIES:
        raise WrongArguments(
            f"unknown query {what!r}", advice=f'Expected "what" to be any of {", ".join(QUERIES)}.'
        )
    query, known = QUERIES[what]
    if strange := sorted(set(args) - {"mode", "what", *known}):
        raise WrongArguments(
            f"the query {what} doesn't know {', '.join(strange)}",
            advice=f"It takes {', '.join(known) or 'no arguments'}.",
        )
    return query


def _limit(args: Arguments) -> int:
    given = args.get("limit")
    # A page's variable that isn't set comes as null.
    limit = USUAL_FAILURES if given is None else _number(given)
    if not 0 < limit <= MOST_FAILURES:
        raise WrongArguments(
            f"limit is {given!r}", advice=f"Expected a number from 1 to {MOST_FAILURES}."
        )
    return limit


def _scene_ids(args: Arguments) -> list[int]:
    given = args.get("scenes")
    if not isinstance(given, list) or not given:
        raise WrongArguments(
            "a preview needs scenes, a list of scene ids", advice="For example [12, 13]."
        )
    if len(given) > MOST_SCENES:
        raise WrongArguments(
            f"{len(given)} scenes are too many for one preview",
            advice=f"Ask for up to {MOST_SCENES} at a time, or use the task or the command line.",
        )
    wrong = [each for each in given if _number(each) == 0]
    if wrong:
        raise WrongArguments(f"{wrong[0]!r} is no scene's id", advice="Expected a number like 42.")
    return list(dict.fromkeys(_number(each) for each in given))


def _number(given: object) -> int:
    """Of a number or its digits; 0 for anything else."""
    text = "" if isinstance(given, bool) else str(given)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
