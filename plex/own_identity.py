"""Who we are to Plex: the identifier by which it lists this installation as one device, and our
version; and where plex.tv is."""

from __future__ import annotations

import contextlib
import os
import re
from functools import cache

from storage.sqlite import PRIVATE_FILE, StorageError, patiently

FILE_NAME = "client-id"
UNKNOWN_VERSION = "0"
PRODUCT = "PlexSync"
PLEX_TV = "https://plex.tv"
# For tests only: where a simulated plex.tv is. Ignored unless that is this machine.
PLEX_TV_VARIABLE = "PLEXSYNC_PLEX_TV"

# Beside the code that runs. With links to a working copy that is another one than Stash's.
_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_VERSION = re.compile(r"^version:\s*[\"']?([\w.+-]+)", re.MULTILINE)


def client_identifier(data_dir: str) -> str:
    """This installation's identifier, made on first use and kept in the data folder.

    plexapi's own default differs per process where no MAC address can be read, as in many
    containers, and Plex mails its owner about every new device. Raises StorageError.
    """
    path = os.path.join(data_dir, FILE_NAME)
    try:
        return _read(path) or _make(path)
    except OSError as error:
        raise StorageError(
            f"cannot use {path}: {error.strerror}. It must belong to the user that runs Stash."
        ) from error


def _make(path: str) -> str:
    import uuid  # noqa: PLC0415 - once for each installation

    identifier = str(uuid.uuid4())
    draft = f"{path}.{identifier}"
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(identifier)
        return _settled(draft, path) or identifier
    finally:
        with contextlib.suppress(OSError):
            os.unlink(draft)


@cache
def own_version() -> str:
    """PlexSync's version as its manifest says; UNKNOWN_VERSION if that can't be read, as while an
    update replaces it."""
    try:
        names = sorted(each for each in os.listdir(_OWN_FOLDER) if each.endswith(".yml"))
        texts = [_read(os.path.join(_OWN_FOLDER, name), "utf-8") for name in names]
    except (OSError, ValueError):
        return UNKNOWN_VERSION
    found = _VERSION.search("\n".join(texts))
    return found[1] if found else UNKNOWN_VERSION


def headers(client_id: str) -> dict[str, str]:
    """What makes Plex list one device of a speaking name. A new identifier per run would mail the
    owner each time."""
    return {
        "X-Plex-Client-Identifier": client_id,
        "X-Plex-Product": PRODUCT,
        "X-Plex-Device-Name": PRODUCT,
        "X-Plex-Version": own_version(),
    }


def plex_tv_address() -> str:
    # A page that asks for the status every few seconds asks for our version only.
    from ipaddress import ip_address  # noqa: PLC0415 - see above
    from urllib.parse import urlsplit  # noqa: PLC0415 - see above

    given = os.environ.get(PLEX_TV_VARIABLE, "")
    host = urlsplit(given).hostname or ""
    try:
        return given if ip_address(host).is_loopback else PLEX_TV
    except ValueError:
        return PLEX_TV


def _settled(draft: str, path: str) -> str:
    """What `path` holds once each process has offered its draft: of several first ones one wins.

    A link is complete from its beginning and replaces nothing.
    """
    try:
        os.link(draft, path)
    except OSError:
        # It is there already. If not, or if a crash left it empty: a file system without links.
        if not _read(path):
            patiently(lambda: os.replace(draft, path))
    return _read(path)


def _read(path: str, encoding: str = "ascii") -> str:
    try:
        return str(patiently(lambda: _text(path, encoding)))
    except FileNotFoundError:
        return ""


def _text(path: str, encoding: str) -> str:
    with open(path, encoding=encoding) as file:
        return file.read().strip()
