"""Operations: what the worker, a page or a script asks through Stash's runPluginOperation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from entry.python import has_packages
from logs.handlers import clean_line
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


def query(invocation: Invocation) -> int:
    """See `entry.standing` and `entry.query`."""
    if invocation.args.get("what") not in LIGHT_QUERIES:
        has_packages()
        from entry.bootstrap import run_query  # noqa: PLC0415 - others need nothing of it

        return run_query(invocation)
    from entry.standing import run  # noqa: PLC0415 - log lines need nothing of it

    with suppress(StorageError):  # what follows meets the same database and reports it
        hand_over(invocation.data_dir)
    return run(invocation)


RELAY = "relay_log"

LIGHT_QUERIES = ("status", "failures")
"""Those of `entry.standing`."""

OPERATIONS: Mapping[str, Callable[[Invocation], int]] = {RELAY: relay_log, "query": query}
"""By `mode`; each returns the exit status. No task has a mode of these names."""
