"""A command that another user runs than Stash must leave nothing behind that Stash can't use."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from storage.owner import user_name
from storage.sqlite import DATA_FOLDER

CONFIG_FILE = "config.yml"


class WrongUser(Exception):
    """The text says who has to run the command, and how."""


def act_as_owner(config_dir: str) -> None:
    """From now on be the user whose Stash this is. Root becomes that user, for good; anybody else
    can't. Raises WrongUser.

    Where files show one owner whoever makes them (shares, some file systems), it makes no
    difference who we are.
    """
    if sys.platform == "win32" or not os.path.isdir(config_dir):
        return
    owner = _owner(config_dir)
    us = os.geteuid()
    if owner.st_uid == us or _files_belong_to(owner.st_uid, config_dir):
        return
    if us != 0:
        raise WrongUser(
            f"{config_dir} belongs to {user_name(owner.st_uid)}, and this command runs as "
            f"{user_name(us)}: what it made there Stash could not use. Run it as that user: "
            f"docker exec -u {owner.st_uid} …, or sudo -u '#{owner.st_uid}' …"
        )
    os.setgroups([owner.st_gid])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _owner(config_dir: str) -> os.stat_result:
    """Of our data folder, which Stash's user made; before there is one, of what Stash wrote."""
    for name in (DATA_FOLDER, CONFIG_FILE):
        with suppress(OSError):
            return os.stat(os.path.join(config_dir, name))
    return os.stat(config_dir)


def _files_belong_to(uid: int, folder: str) -> bool:
    """Whether a file that we make there shows this owner."""
    path = os.path.join(folder, f".plex_sync-owner-{os.getpid()}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        return False
    try:
        return os.stat(path).st_uid == uid
    finally:
        with suppress(OSError):
            os.unlink(path)
