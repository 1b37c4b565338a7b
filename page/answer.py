"""From an operation's document to its answer."""

from __future__ import annotations

from typing import Any

from logs import handlers
from page.arguments import read
from page.catalog import MODES, source_of
from page.operation import Answer
from page.size import within
from stash.protocol import Invocation
from stash.task_arguments import WrongArguments
from storage.files import make_private_folder


def answer_to(invocation: Invocation) -> Answer:
    """An object for the page. Raises WrongArguments, and what the operation raises."""
    begin(invocation)
    args = invocation.args
    source = source_of(args)
    if source is None:
        raise _unknown(args["mode"], args.get("what"))
    operation = source.load()[args["what"]]
    values = read(f"{args['mode']} {args['what']}", operation.arguments, args)
    return within(operation.work(invocation, **values))


def begin(invocation: Invocation) -> None:
    """Log to the file. Not to Stash's log: whoever asks gets the answer, and may ask every few
    seconds."""
    make_private_folder(invocation.data_dir)
    handlers.install(handlers.file_handler(invocation.data_dir))


def _unknown(mode: str, what: Any) -> WrongArguments:
    names = ", ".join(MODES[mode]) or "nothing yet"
    return WrongArguments(
        f"unknown {mode} {what!r:.100}", advice=f'Expected "what" to be any of {names}.'
    )
