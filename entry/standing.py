"""Queries of pages and scripts in Stash that PlexSync's own notes answer: how things stand, what
failed.

They need neither a server nor packages, and a page may ask every few seconds: nothing heavy is
imported for them. The others are `entry.query`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from commands.status import failure_groups, status_of
from commands.task_arguments import WrongArguments
from entry.reply import answered
from jobs.anew import open_jobs
from jobs.registry import TASK_ROLE
from jobs.store import JobStore
from logs import handlers
from stash.protocol import Invocation
from storage.files import make_private_folder

USUAL_FAILURES, MOST_FAILURES = 100, 1000

Arguments = Mapping[str, Any]


def run(invocation: Invocation) -> int:
    """The exit status."""
    return answered(lambda: _answer(invocation), "the query")


def _answer(invocation: Invocation) -> Mapping[str, Any]:
    begin(invocation)
    query, names = QUERIES[str(invocation.args["what"])]
    check_arguments(invocation.args, names)
    return query(invocation.data_dir, invocation.args)


def begin(invocation: Invocation) -> None:
    """Log to the file. Not to Stash's log: whoever asks gets the answer, and may ask every few
    seconds."""
    make_private_folder(invocation.data_dir)
    handlers.install(handlers.file_handler(invocation.data_dir))


def check_arguments(args: Arguments, names: Sequence[str]) -> None:
    """Raises WrongArguments for those that the query doesn't take."""
    if strange := sorted(set(args) - {"mode", "what", *names}):
        raise WrongArguments(
            f"the query {args['what']} doesn't know {', '.join(strange)}",
            advice=f"It takes {', '.join(names) or 'no arguments'}.",
        )


def status(data_dir: str, _args: Arguments) -> Mapping[str, Any]:
    """What `status --json` of the command line prints."""
    from pipeline.stores import open_databases  # noqa: PLC0415 - failures need half as much

    with open_databases(data_dir, TASK_ROLE) as databases:
        return status_of(databases).as_json()


def failures(data_dir: str, args: Arguments) -> Mapping[str, Any]:
    """The failures of the status, up to `limit` of each reason."""
    limit = _limit(args)
    with closing(open_jobs(data_dir)) as database:
        groups = failure_groups(JobStore(database), limit)
    return {"failures": [asdict(each) for each in groups]}


QUERIES: Mapping[str, tuple[Callable[[str, Arguments], Mapping[str, Any]], tuple[str, ...]]] = {
    "status": (status, ()),
    "failures": (failures, ("limit",)),
}
"""By `what`: each with the names of its arguments."""


def _limit(args: Arguments) -> int:
    given = args.get("limit")
    # A page's variable that isn't set comes as null.
    limit = USUAL_FAILURES if given is None else number(given)
    if not 0 < limit <= MOST_FAILURES:
        raise WrongArguments(
            f"limit is {given!r}", advice=f"Expected a number from 1 to {MOST_FAILURES}."
        )
    return limit


def number(given: object) -> int:
    """Of a number or its digits; 0 for anything else."""
    text = "" if isinstance(given, bool) else str(given)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
