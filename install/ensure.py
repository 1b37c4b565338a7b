"""Load a part that needs the packages, and see first that they are there.

Standard library only, and never on the hook's path.
"""

from __future__ import annotations

import gc
import logging
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from install import installer, packages
from install.installer import InstallFailed, Progress
from install.lock import InstallLock
from install.packages import REQUIRED, Bundle, PackageFolders
from install.stand_in import without_guessing
from jobs.store import open_job_database

log = logging.getLogger(__name__)


# Sees that the packages can be imported; its argument says whether only those in our own folder
# will do. False: it has said why not. May raise InstallFailed and StorageError.
Supply = Callable[[bool], bool]


Part = TypeVar("Part")


class CannotLoad(Exception):
    """No package would help; the text says what does."""


def load(part: Callable[[], Part], data_dir: str, supply: Supply) -> Part | None:
    """What `part` returns, which imports it; None if `supply` gave up. Raises what `supply` raises,
    and CannotLoad."""
    # `plex_sync.py` has switched it off.
    is_start = not gc.isenabled()
    gc.enable()
    if not supply(False):
        return None
    known = set(sys.modules)
    try:
        return _import(part, is_start)
    except (ImportError, SystemError) as error:  # the latter is pydantic's for a core unlike it
        log.info("a package can't be imported (%s); PlexSync installs its own", error)
    # What was imported half or from elsewhere must not be found again.
    for name in set(sys.modules) - known:
        del sys.modules[name]
    folders = packages.package_folders(data_dir, REQUIRED)
    if folders.own in sys.path and not installer.set_aside(folders):
        raise CannotLoad(
            "PlexSync's packages are damaged and cannot be replaced now: they are in use, or "
            f"{folders.root} is not writable. The next task, command or saved scene tries again."
        )
    if not supply(True):
        return None
    try:
        return _import(part, is_start)
    except (ImportError, SystemError) as error:
        raise CannotLoad(
            f"PlexSync's packages cannot be loaded, not even its own: {error}. Try once more; if "
            "that doesn't help, set another Python in Stash, under Settings > System."
        ) from error


def provide(data_dir: str, bundle: Bundle, progress: Progress, *, own_only: bool = False) -> None:
    """Returns once the packages can be imported, installing them if need be.

    One process at a time installs, the others wait for it. Raises InstallFailed, StorageError.
    """

    def are_there() -> bool:
        return packages.activate(data_dir, bundle, own_only=own_only)

    if are_there():
        return
    with closing(open_job_database(data_dir)) as database:
        lock = InstallLock(database)
        if not lock.try_take(time.monotonic()):
            log.info("another process is installing %s; waiting for it", bundle.name)
            if not lock.wait(are_there, time.sleep):
                return
        with lock.held():
            if not are_there():
                _install(packages.package_folders(data_dir, bundle), progress)
    if not packages.activate(data_dir, bundle, own_only=True) and not are_there():
        raise InstallFailed(f"{bundle.name}: gone right after the installation.", "")


def remove_unused(data_dir: str, now: float) -> None:
    """Remove packages that nobody has used for long; see `packages.unused_folders`."""
    for folder in packages.unused_folders(data_dir, now):
        log.info("removing packages that nobody uses any more: %s", folder)
        shutil.rmtree(folder, ignore_errors=True)


def _install(folders: PackageFolders, progress: Progress) -> None:
    installer.require_pip(folders)
    log.info(
        "installing %s into %s, once; this Python lacks %s",
        folders.bundle.name,
        folders.own,
        ", ".join(packages.lacking(folders.bundle)) or "some that they need",
    )
    began_m = time.monotonic()
    installer.install(folders, progress)
    log.info("installed %s; it took %.0f s", folders.bundle.name, time.monotonic() - began_m)


def _import(part: Callable[[], Part], is_start: bool) -> Part:
    # Nothing of what is loaded is garbage: to look for some takes a quarter of the time.
    gc.disable()
    try:
        with without_guessing():
            found = part()
        if is_start:
            gc.freeze()  # nor will it ever be
        return found
    except ImportError as error:
        if not packages.is_ours(error):
            raise
        raise CannotLoad(
            f"PlexSync's own files don't fit together: {error}. Install the plugin again."
        ) from error
    finally:
        gc.enable()
