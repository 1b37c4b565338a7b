"""The identifier under which Plex lists this installation as one device."""

from __future__ import annotations

import contextlib
import os
import uuid

from storage.sqlite import PRIVATE_FILE

FILE_NAME = "client-id"


def client_identifier(data_dir: str) -> str:
    """This installation's identifier, made on first use and kept in the data folder.

    plexapi's own default differs per process where no MAC address can be read, as in many
    containers, and Plex mails its owner about every new device.
    """
    path = os.path.join(data_dir, FILE_NAME)
    if known := _read(path):
        return known
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


def _settled(draft: str, path: str) -> str:
    """What `path` holds once each process has offered its draft: of several first ones one wins.

    A link is complete from its beginning and replaces nothing.
    """
    try:
        os.link(draft, path)
    except OSError:
        # It is there already. If not, or if a crash left it empty: a file system without links.
        if not _read(path):
            os.replace(draft, path)
    return _read(path)


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""
