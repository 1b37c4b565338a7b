"""The settings in Stash, and the token beside them, for operations that show or change them."""

from __future__ import annotations

from net.trust import also_trust
from stash.connection import StashConnection
from stash.protocol import Invocation
from stash.stdlib_client import PlainStash
from storage import ca_file
from storage.token_file import TokenFile
from worker.settings import Settings


def settings_in_stash(invocation: Invocation) -> Settings:
    """Not read yet. By the standard library, since somebody waits."""
    data_dir, plugin_id = invocation.data_dir, invocation.plugin_id
    # Stash itself may be one that only this file makes trusted.
    also_trust(ca_file.kept(data_dir))
    stash = PlainStash(StashConnection.from_plugin_input(invocation.connection))
    return Settings(
        read=lambda: stash.settings(plugin_id),
        write=lambda settings: stash.replace_settings(plugin_id, settings),
        keep_ca_file=lambda path: ca_file.keep(data_dir, path),
        token_file=TokenFile(data_dir),
    )
