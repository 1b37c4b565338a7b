"""Folders and files of ours, as private as they are to be, and what is said when they can't be had.

On the hook path, so it imports next to nothing.
"""

import os
import time

TYPE_CHECKING = False  # as type checkers know it; typing is too much for a hook
if TYPE_CHECKING:
    from collections.abc import Callable

# Our folder beside Stash's config file: it outlives updates of the plugin.
DATA_FOLDER = "plex_sync"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_WINDOWS = os.name == "nt"
# How long Windows' "access denied" may be a virus scanner's look at the file.
ATTEMPTS = 10
PAUSE_S = 0.02


class StorageError(Exception):
    """A file or database of ours can't be used; the text says which file, why, and what to do."""


def make_private_folder(path: str) -> None:
    """Create the data folder or one in it, readable by its owner only. Raises StorageError."""
    # Windows' folders have their parent's access list. Newer Pythons make one of their own of
    # 0o700, which locks out other accounts: Stash's, if a person came first.
    mode = 0o777 if _WINDOWS else PRIVATE_FOLDER
    try:
        os.makedirs(path, mode=mode, exist_ok=True)
    except OSError as error:
        from storage.owner import whose  # noqa: PLC0415 - no hook needs it that can store its event

        advice = "Make the folder of Stash's config file writable for the user that runs Stash."
        raise StorageError(
            f"cannot create the data folder {path}: {error.strerror}. {whose(path) or advice}"
        ) from error


def patiently(act: "Callable[[], object]") -> object:
    """What comes of doing something to a file, which is tried again for a moment while it is
    refused: Windows does so as long as anybody else has the file open. Raises OSError."""
    for _ in range(ATTEMPTS - 1):
        try:
            return act()
        except PermissionError:
            time.sleep(PAUSE_S)
    return act()


def write_private(path: str, text: str) -> None:
    """Put a file of this text, readable by its owner only, in the place of any other; complete and
    on the disk when this returns. Raises OSError."""
    draft = f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        patiently(lambda: os.replace(draft, path))
    except OSError:
        if os.path.exists(draft):
            os.unlink(draft)
        raise
