"""Queries of pages and scripts in Stash that a server has to answer: what a sync would do.

The arguments are {"mode": "query", "what": …} and those of the query; the output is an object, of
what the command line prints as JSON. Nothing is written to Plex, to Stash, to the queue or to the
ledger. `entry.standing` has the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from commands.preview import preview_as_json, preview_scenes
from commands.task_arguments import WrongArguments
from entry import standing
from entry.reply import answered
from entry.standing import Arguments, begin, check_arguments, number
from jobs.registry import TASK_ROLE
from stash.connection import StashConnection
from stash.protocol import Invocation
from worker.connect import plex_client
from worker.context import Context, open_context

# Somebody waits for the answer, and each scene may cost its cover and a look at Plex's pictures.
MOST_SCENES = 100


def run(invocation: Invocation) -> int:
    """The exit status."""
    return answered(lambda: _answer(invocation), "the query")


def _answer(invocation: Invocation) -> Mapping[str, Any]:
    begin(invocation)
    query = _query(invocation.args)
    connection = StashConnection.from_plugin_input(invocation.connection)
    with open_context(
        invocation.data_dir, connection, invocation.plugin_id, TASK_ROLE, invocation.args
    ) as context:
        return query(context, invocation.args)


def preview(context: Context, args: Arguments) -> Mapping[str, Any]:
    """What `preview --json` of the command line prints, for the ids in `scenes`."""
    scene_ids = _scene_ids(args)
    context.settings.refresh()
    with closing(plex_client(context.settings.config, context.stores.client_id)) as plex:
        pages = preview_scenes(context, plex, [scene_ids])
        return {"previews": [preview_as_json(each) for page in pages for each in page]}


Query = Callable[[Context, Arguments], Mapping[str, Any]]

QUERIES: Mapping[str, tuple[Query, tuple[str, ...]]] = {"preview": (preview, ("scenes",))}
"""By `what`: each with the names of its arguments."""

ALL_QUERIES: tuple[str, ...] = (*standing.QUERIES, *QUERIES)


def _query(args: Arguments) -> Query:
    what = args.get("what")
    if not isinstance(what, str) or what not in QUERIES:
        raise WrongArguments(
            f"unknown query {what!r}",
            advice=f'Expected "what" to be any of {", ".join(ALL_QUERIES)}.',
        )
    query, names = QUERIES[what]
    check_arguments(args, names)
    return query


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
    wrong = [each for each in given if number(each) == 0]
    if wrong:
        raise WrongArguments(f"{wrong[0]!r} is no scene's id", advice="Expected a number like 42.")
    return list(dict.fromkeys(number(each) for each in given))
