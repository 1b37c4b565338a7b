"""Operations: what the worker, a page or a script asks through Stash's runPluginOperation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from entry.python import has_packages
from jobs import looked
from logs.handlers import clean_line
from page.catalog import MODES, source_of
from page.catalog import QUERY as QUERY
from stash.log_lines import write_log_lines
from stash.protocol import Invocation, answer
from storage.sqlite import StorageError
from worker.log_relay import hand_over


def relay_log(invocation: Invocation) -> int:
    """Hand the worker's log lines to Stash's log; the output is how many they were. The argument
    `lines` has those that couldn't be stored."""
    try:
        given = invocation.args.get("lines")
        write_log_lines(
            (letter, clean_line(text))
            for letter, text in (given if isinstance(given, list) else ())
            if letter in ("i", "w", "e")
        )
        answer(hand_over(invocation.data_dir))
    except StorageError as error:
        answer(error=f"PlexSync: {error}")
        return 1
    return 0


def of_page(invocation: Invocation) -> int:
    """What the page asks or does; `page.catalog` has the list."""
    source = source_of(invocation.args)
    with suppress(OSError):  # what follows meets the same disk, and tells
        looked.mark(invocation.data_dir, time.time())
    if source and source.needs_packages:
        has_packages()
        from entry.bootstrap import run_operation  # noqa: PLC0415 - others need nothing of it

        return run_operation(invocation, source)
    from entry.reply import answered  # noqa: PLC0415 - log lines need nothing of it
    from page.answer import answer_to  # noqa: PLC0415 - nor of this

    if source:
        source.load()  # a file of ours that is missing is told as such
    with suppress(StorageError):  # what follows meets the same database and reports it
        hand_over(invocation.data_dir)
    return answered(lambda: answer_to(invocation), f"the {invocation.args['mode']}")


RELAY = "relay_log"

OPERATIONS: Mapping[str, Callable[[Invocation], int]] = {
    RELAY: relay_log,
    **dict.fromkeys(MODES, of_page),
}
"""By `mode`; each returns the exit status. No task has a mode of these names."""
