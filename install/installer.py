"""Install the pinned packages into our folder, by pip. The system's own packages stay untouched."""

from __future__ import annotations

import glob
import logging
import os
import re
import secrets
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from install import packages
from install.packages import UNFINISHED, PackageFolders
from logs.handlers import clean_line
from storage.owner import whose
from storage.sqlite import StorageError, make_private_folder

if TYPE_CHECKING:
    import subprocess

log = logging.getLogger(__name__)

LIMIT_S = 1200.0
_WINDOWS = os.name == "nt"
_NO_WINDOW = 0x08000000  # the worker has no console, so each child would open one

# In a process that has nothing else on its path; followed by what is imported.
_TRY_OUT = "import sys; sys.path.insert(0, sys.argv[1]); import "
# pip hides passwords in addresses itself, though not those in every place.
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")


class InstallFailed(Exception):
    """The packages are still missing. The text says why; `advice`, what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.args[0]} {self.advice}"


Progress = Callable[[float], None]


def require_pip(folders: PackageFolders) -> None:
    """Raises InstallFailed if this Python has no pip."""
    if find_spec("pip") is None:
        raise InstallFailed(
            f"{folders.bundle.name} cannot be installed: {_this_python()} has no pip.",
            f"Install pip for it (Alpine: apk add py3-pip, Debian: apt install python3-pip), or "
            f"run this with another: {manual_command(folders)}",
        )


def install(folders: PackageFolders, progress: Progress) -> None:
    """Fill `folders.own`; it appears complete or not at all. Raises InstallFailed.

    Only one process at a time: what others have left unfinished is removed.
    """
    try:
        make_private_folder(folders.root)
        _remove_unfinished(folders)
        new = _new_folder(folders)
    except (OSError, StorageError) as error:
        raise _not_writable(folders, error) from error
    try:
        _run_pip(folders, new, progress)
        _try_out(folders, new)
        _put_in_place(folders, new)
    finally:
        _remove_unfinished(folders)


def set_aside(folders: PackageFolders) -> bool:
    """Get a folder out of the way from which the packages can't be imported. False: it stays, but
    counts as incomplete from now on, so that a later process tries again."""
    try:
        aside = _new_folder(folders)
        os.rename(folders.own, os.path.join(aside, "damaged"))
    except (OSError, StorageError):
        # On Windows a module of it that is loaded, by us or others, keeps it in its place.
        _make_incomplete(folders.own)
        return False
    return True


def manual_command(folders: PackageFolders) -> str:
    """What a person can run instead of us, with any Python's pip."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    import subprocess  # noqa: PLC0415 - whoever has the packages needs none

    words = [_any_python(), "-m", "pip", "install", "--only-binary", ":all:", "--python-version"]
    words += [version, "--target", folders.own, "-r", folders.bundle.locked]
    return subprocess.list2cmdline(words) if _WINDOWS else shlex.join(words)


def _any_python() -> str:
    if not _WINDOWS:
        return "python3"
    # There "python3" is at best a pointer to the store.
    return sys.executable if find_spec("pip") else "py"


def _new_folder(folders: PackageFolders) -> str:
    path = os.path.join(folders.root, f"{UNFINISHED}{secrets.token_hex(6)}")
    make_private_folder(path)
    return path


def _make_incomplete(folder: str) -> None:
    for path in glob.glob(os.path.join(glob.escape(folder), "*.dist-info")):
        with suppress(OSError):
            os.rename(path, f"{path}.damaged")
            return


def _run_pip(folders: PackageFolders, new: str, progress: Progress) -> None:
    process = _start(folders, _pip_command(folders, new))
    watchdog = threading.Timer(LIMIT_S, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        with process:
            said = _listen(process, len(packages.pins(folders.bundle)), progress)
    finally:
        watchdog.cancel()
    if process.returncode != 0:
        raise _pip_failed(folders, said)


def _listen(process: subprocess.Popen[bytes], wanted: int, progress: Progress) -> list[str]:
    """What pip says until it ends, line by line; it is to install so many packages."""
    steps, done, said = wanted + 1, 0, []
    try:
        for line in process.stdout or ():
            said.append(clean_line(_LOGIN.sub("", line.decode(errors="replace"))))
            log.debug("pip: %s", said[-1])
            if said[-1].startswith(("Collecting ", "Processing ")):
                done += 1
                progress(min(done / steps, 1.0))
    except BaseException:
        process.kill()
        raise
    return said


def _pip_command(folders: PackageFolders, new: str) -> list[str]:
    # Only wheels: nothing is compiled, no code of theirs runs. The list has checksums, so pip
    # takes nothing else, whatever index it is configured for.
    command = [sys.executable, "-m", "pip", "install", "--target", new]
    command += [
        "-r",
        folders.bundle.locked,
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--no-user",
        "--no-input",
    ]
    command += ["--disable-pip-version-check", "--progress-bar", "off"]
    if os.path.isdir(folders.wheels):
        command += ["--no-index", "--find-links", folders.wheels]
    return command


def _pip_failed(folders: PackageFolders, said: list[str]) -> InstallFailed:
    errors = [line for line in said if line.startswith("ERROR:")] or said[-1:]
    why = errors[0].removeprefix("ERROR:").strip() if errors else "pip said nothing"
    if os.path.isdir(folders.wheels):
        advice = f"It looked only into {folders.wheels}, since that folder exists."
    else:
        advice = (
            "Does this machine reach pypi.org, or the index that pip is configured for? Without "
            f"internet, put the wheels into {folders.wheels}."
        )
    return InstallFailed(
        f"pip could not install {folders.bundle.name} for {_this_python()}: {why}.".replace(
            "..", "."
        ),
        f"{advice} By hand: {manual_command(folders)}",
    )


def _try_out(folders: PackageFolders, new: str) -> None:
    """Import them once, before anybody relies on them; a missing system library shows here."""
    command = [sys.executable, "-c", _TRY_OUT + folders.bundle.tried, new]
    process = _start(folders, command)
    said, _ = process.communicate()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        why = clean_line(lines[-1]) if lines else f"exit status {process.returncode}"
        raise InstallFailed(
            f"{folders.bundle.name} could be installed, but not loaded by {_this_python()}: {why}.",
            "Set another Python in Stash, under Settings > System.",
        )


def _put_in_place(folders: PackageFolders, new: str) -> None:
    if os.path.isdir(folders.own) and not packages.is_complete(folders):
        set_aside(folders)
    for _ in range(10):
        try:
            os.rename(new, folders.own)
            return
        except OSError as error:
            if packages.is_complete(folders):
                return  # somebody has put it there meanwhile
            failure = error
            # On Windows a virus scanner may still be reading what is new.
            time.sleep(0.2 if _WINDOWS else 0.0)
    raise _not_writable(folders, failure)


def _remove_unfinished(folders: PackageFolders) -> None:
    for name in os.listdir(folders.root):
        if name.startswith(UNFINISHED):
            shutil.rmtree(os.path.join(folders.root, name), ignore_errors=True)


def _start(folders: PackageFolders, command: list[str]) -> subprocess.Popen[bytes]:
    import subprocess  # noqa: PLC0415 - whoever has the packages needs none

    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Started by -m and -c, Python looks for modules in its working folder first.
            cwd=folders.root,
            env=_environment(),
            creationflags=_NO_WINDOW if _WINDOWS else 0,
        )
    except OSError as error:
        raise InstallFailed(
            f"{folders.bundle.name} cannot be installed: {command[0]} cannot be started: "
            f"{error.strerror}.",
            "If this Python is gone, set another one in Stash, under Settings > System.",
        ) from error


def _environment() -> dict[str, str]:
    """Ours without what would lead pip elsewhere: other plugins' modules, demands of a virtual
    environment, another target. An index, a proxy or a certificate set there is meant for pip."""
    left_out = {"PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER"}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in left_out}
    ours = {"PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    return {**kept, **ours}


def _not_writable(folders: PackageFolders, error: Exception) -> InstallFailed:
    if not isinstance(error, OSError):
        # Says itself what to do.
        return InstallFailed(
            f"{folders.bundle.name} cannot be installed: cannot write to {folders.root}:",
            str(error),
        )
    return InstallFailed(
        f"{folders.bundle.name} cannot be installed: cannot write to {folders.root}: "
        f"{error.strerror}.",
        whose(os.path.join(folders.root, UNFINISHED))
        or "Free some space there, or make the folder writable for the user that runs Stash.",
    )


def _this_python() -> str:
    return f"{sys.executable} (Python {sys.version_info[0]}.{sys.version_info[1]})"
