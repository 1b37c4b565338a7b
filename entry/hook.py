"""A hook: remember durably that something changed, see that a worker is alive, leave.

The user's save in Stash waits for this process. So it understands as little as it can: it stores
what Stash told it as it came, and the worker makes jobs of it. Next to nothing is imported: the
json module alone would cost as much as all of this, and even `__future__` is read from the disk. So
here, and in what this imports, an annotation that an old Python can't evaluate is in quotes.
"""

import os
import sys
import time

from jobs import inbox, lock
from storage.files import DATA_FOLDER, StorageError

# The rest is a cover, most likely; the worker needs none of it.
MOST_BYTES = 256 * 1024

_FIRST = b'{"server_connection":{'
_DIR = b',"Dir":"'
_PLUGIN_DIR = b',"PluginDir":"'
_ARGS = b'"args":'

# plex_sync.py says the same if not even this module can be imported.
INCOMPLETE = (
    "PlexSync cannot be loaded: {}. If it is not being updated just now, install the plugin again "
    "or, if a part of Python is missing, set another Python in Stash."
)
UNEXPECTED = (
    "PlexSync ended unexpectedly ({}). If it is not being updated just now, please report it with "
    "plex_sync.log, which is in the folder plex_sync beside Stash's config file."
)
MAY_BE_LOST = ' The change may not be stored: run "Sync all scenes" afterwards.'


def main(arguments: "list[str]") -> int:
    """Doesn't return: ends the process. `arguments`: nothing but that this is a hook."""
    # Bytes, since on Windows a text stdin would be read in the ANSI code page.
    document = sys.stdin.buffer.read()
    try:
        folder = config_dir(document) if len(document) <= MOST_BYTES else None
        if folder is None:
            from entry.dispatch import run as dispatch  # noqa: PLC0415 - most hooks are plain

            status = dispatch(document, run, background=False)
        else:
            status = run(document, os.path.join(folder, DATA_FOLDER))
    except Exception as error:  # noqa: BLE001 - its traceback goes to the log file
        status = tell(error, document, MAY_BE_LOST)
    # The interpreter's tidying up would cost a tenth of the hook's time, for nothing.
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status)


def run(document: bytes, data_dir: str) -> int:
    """Store the event and see that a worker is alive; the exit status."""
    try:
        now = time.time()
        path = inbox.put(data_dir, document, now)
        wanted = lock.to_start(data_dir, now)
        if wanted is not None:
            _start(document, data_dir, path, *wanted)
    except StorageError as error:
        from stash.protocol import answer  # noqa: PLC0415 - most hooks store their event

        answer(error=f"PlexSync: {error}")
        return 1
    # What `answer("ok")` would print, without importing json.
    sys.stdout.write('{"output": "ok"}\n')
    return 0


def config_dir(document: bytes) -> "str | None":
    """The folder of Stash's config file, from a document as Stash writes it: compact, the
    connection first (pkg/plugin/common/msg.go). None for any other document, and where a path
    isn't absolute or is escaped: the slower reader takes those.

    Within a JSON text no quote stands alone, so what is searched for can't be part of one.
    """
    end = document.find(_ARGS)
    if not document.startswith(_FIRST) or end < 0:
        return None
    folder, plugin = (_path_after(name, document[:end]) for name in (_DIR, _PLUGIN_DIR))
    return folder if plugin else None


def tell(error: Exception, document: bytes, more: str = "") -> int:
    """The exit status, once Stash has one sentence: it would log every line of a traceback as an
    error. While Stash replaces the plugin's files, nothing else of ours may be there to help."""
    import json  # noqa: PLC0415 - no hook needs it that goes well

    is_incomplete = isinstance(error, (ImportError, SyntaxError))
    text = INCOMPLETE.format(error) if is_incomplete else UNEXPECTED.format(type(error).__name__)
    try:
        from entry.crash_log import log_crash  # noqa: PLC0415 - no hook needs it that goes well

        log_crash(error, document)
    except Exception:  # noqa: BLE001 - Stash has the sentence at least
        text += " (It could not be written to the log file.)"
    sys.stdout.write(json.dumps({"error": f"{text}{more}"}) + "\n")
    return 1


def _path_after(name: bytes, connection: bytes) -> "str | None":
    start = connection.find(name)
    if start < 0:
        return None
    start += len(name)
    # Windows' backslashes are escaped by another one. No other escape is understood here.
    text = connection[start : connection.find(b'"', start)].replace(b"\\\\", b"\0")
    if b"\\" in text:
        return None
    try:
        path = text.replace(b"\0", b"\\").decode()
    except UnicodeDecodeError:
        return None
    return path if os.path.isabs(path) else None


def _start(document: bytes, data_dir: str, path: str, name: str, file: int) -> None:
    """Start a worker that gets this lock. `path`: where the event is. Raises StorageError."""
    if not hasattr(os, "posix_spawn") or sys.version_info < (3, 10):
        from entry.spawn import start_worker  # noqa: PLC0415 - most hooks find a worker

        start_worker(document, data_dir, (name, file))
        return
    from entry.spawn_for_hook import start_worker as start_lean  # noqa: PLC0415 - most hooks find a worker

    lock.sign(file, start_lean(path, data_dir, name, file))
