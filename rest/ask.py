"""A resting worker's question to Stash: its answer keeps our session fresh, and tells whether the
plugin is still wanted with the settings that were read last, and whether anything has changed.

Standard library only, and gone once it is answered: see `rest.watch`.
"""

from __future__ import annotations

import logging
import signal
import time

from jobs import inbox
from logs import handlers
from net.trust import also_trust
from rest.become import WATCH, WORKER
from rest.idle import digest
from stash.connection import StashConnection
from stash.exceptions import StashUnauthorized, StashUnavailable
from stash.overview import Question
from stash.protocol import BadInvocation, Invocation, read_invocation
from stash.stdlib_client import PlainStash
from storage import ca_file
from storage.token_file import TokenFile, completed

log = logging.getLogger(__name__)

# Nobody looks for events meanwhile; but while Stash doesn't answer, nothing could be done for them.
TIMEOUT_S = 3.0
# All in all, however steadily an answer drips.
WITHIN_S = 5.0
# All pages about all scenes, with a look for events after each.
OVERVIEW_WITHIN_S = 30.0

# The argument of the document that says what `digest` made of the settings when we went to rest.
SETTINGS = "settings"
# That which says what Stash was asked then about everything, and the digest of its answer.
OVERVIEW = "overview"
# That which says whether to rest as long as Stash answers.
STAYS_ON = "stays_on"


def ask(document: bytes) -> tuple[bytes, str, bool]:
    """The document with the newest session; what to become: the worker, if there is anything to
    see to, it will find out what; and whether Stash has answered one that stays for that."""
    try:
        invocation = read_invocation(document)
        connection = StashConnection.from_plugin_input(invocation.connection)
        plugin_id = invocation.plugin_id
    except (BadInvocation, ValueError):
        return document, WORKER, False
    also_trust(ca_file.kept(invocation.data_dir))
    stash = PlainStash(connection, TIMEOUT_S)
    is_answered = False
    _end_within(WITHIN_S)
    try:
        settings = completed(stash.settings(plugin_id), TokenFile(invocation.data_dir))
        is_as_it_was = digest(settings) == invocation.args.get(SETTINGS)
        is_answered = bool(invocation.args.get(STAYS_ON))
        is_as_it_was = is_as_it_was and _nothing_has_changed(stash, invocation)
    except StashUnauthorized:
        is_as_it_was = False
    except (StashUnavailable, TimeoutError):
        is_as_it_was = True  # it will be back
    finally:
        # A clock like this one goes on in the next program.
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    invocation.keep_session(stash.cookie)
    return invocation.document(), WATCH if is_as_it_was else WORKER, is_answered


def _nothing_has_changed(stash: PlainStash, invocation: Invocation) -> bool:
    """Also if we aren't to look, and False if it isn't known what it was like before."""
    told = invocation.args.get(OVERVIEW)
    if not told:
        return True
    data_dir = invocation.data_dir
    _end_within(OVERVIEW_WITHIN_S)
    found = told["digest"] and stash.overview_digest(
        Question.from_json(told["question"]),
        lambda: not inbox.has_event(data_dir, time.time()),
    )
    return bool(found) and found == told["digest"]


def _end_within(seconds: float) -> None:
    def give_up(_number: int, _frame: object) -> None:
        raise TimeoutError  # which counts as no answer

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def log_crash(error: Exception, document: bytes) -> None:
    """Log an error that nobody thought of, with its traceback. May raise anything."""
    invocation = read_invocation(document)
    # From now on the session is known, and hidden should it stand in the traceback.
    StashConnection.from_plugin_input(invocation.connection)
    handlers.install(handlers.file_handler(invocation.data_dir))
    log.error("a resting worker ended because of a bug; please report it", exc_info=error)
