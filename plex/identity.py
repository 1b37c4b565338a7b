"""The identifier under which Plex lists this installation as one device."""

from __future__ import annotations

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
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
    except FileExistsError:
        with open(path, encoding="ascii") as file:
            return file.read().strip() or _unwritten(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        identifier = str(uuid.uuid4())
        file.write(identifier)
    return identifier


def _unwritten(path: str) -> str:
    """The file is empty: another process is just writing it, or died before it did."""
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, path))
    with open(path, "w", encoding="ascii") as file:
        file.write(identifier)
    return identifier
