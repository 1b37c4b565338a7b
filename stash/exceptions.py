"""How talking to Stash can fail."""

from __future__ import annotations

from errors import Outage, PermanentError, ServerUnavailable, SettingsError, TransientError


class StashUnavailable(ServerUnavailable):
    """Stash doesn't answer, is busy, or answers with something that isn't GraphQL."""


class StashUnauthorized(Outage):
    """Stash refuses our credentials; the next hook or task brings new ones."""

    reason = "stash session"


class PluginDisabled(StashUnauthorized):
    """The user has disabled or removed the plugin: nothing more is to be done."""

    reason = "plugin disabled"


class StashQueryError(TransientError):
    """Stash answered the query with an error."""

    reason = "stash error"


class StashQueryRefused(SettingsError):
    """Stash doesn't understand the query: it is too old, whatever the scene."""

    reason = "stash version"


class UnreadableScene(PermanentError):
    """Stash's answer for this scene isn't what its schema promises."""

    reason = "unreadable scene"


class StashPictureError(TransientError):
    """Stash doesn't give a scene's cover."""

    reason = "stash picture"
