"""An error that nobody thought of: its traceback goes to the log file, since Stash's log would show
it line by line."""

from __future__ import annotations

import logging

from logs import handlers
from stash.connection import StashConnection
from stash.protocol import read_invocation
from storage.sqlite import make_private_folder

log = logging.getLogger(__name__)


def log_crash(error: Exception, document: bytes) -> None:
    """Log it with its traceback. `document`: all of stdin. May raise anything."""
    invocation = read_invocation(document)
    # From now on the session is known, and hidden should it stand in the traceback.
    StashConnection.from_plugin_input(invocation.connection)
    make_private_folder(invocation.data_dir)
    handlers.install(handlers.file_handler(invocation.data_dir))
    log.error("PlexSync ended unexpectedly; please report it", exc_info=error)
