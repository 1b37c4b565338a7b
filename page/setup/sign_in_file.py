"""What the processes of one sign-in have to know of each other: a private file that ends with the
code. Standard library only."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from storage.files import StorageError, write_private

FILE_NAME = "sign-in"


@dataclass(frozen=True, slots=True)
class SignIn:
    """`id`: for the page. `pin`: see `plex.plex_tv`. `token`: the account's, while it is being
    chosen among several servers. `expires_at` in epoch seconds."""

    id: str
    pin: str
    expires_at: float
    token: str = ""


def keep(data_dir: str, begun: SignIn) -> None:
    """In the place of any other. Raises StorageError."""
    path = _path(data_dir)
    try:
        write_private(path, json.dumps(asdict(begun)))
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def kept(data_dir: str) -> SignIn | None:
    """The one that has begun, be its time over or not."""
    try:
        with open(_path(data_dir), encoding="utf-8") as file:
            return SignIn(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None


def forget(data_dir: str) -> None:
    with suppress(OSError):
        os.unlink(_path(data_dir))


def forget_old(data_dir: str) -> None:
    """Nobody has ended it in its time."""
    begun = kept(data_dir)
    if begun and time.time() >= begun.expires_at:
        forget(data_dir)


def state(name: str, said: str = "") -> dict[str, Any]:
    """How it stands, for the page; `said` for people."""
    return {"state": name, "text": said, "servers": []}


def _path(data_dir: str) -> str:
    return os.path.join(data_dir, FILE_NAME)
