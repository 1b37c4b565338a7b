"""A play, as Plex's history tells it. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

# The account of the server's owner, whatever its name.
OWNER = 1


@dataclass(frozen=True, slots=True)
class Play:
    """A row of the history. `viewed_at` in epoch seconds on Plex's clock: it isn't settled whether
    of the beginning or the end. `rating_key` 0: the item is gone from Plex."""

    key: str
    viewed_at: int
    account_id: int
    rating_key: int = 0
    title: str = ""

    @property
    def identity(self) -> tuple[str, int, int]:
        """What tells it from any other of the same server. Its key alone doesn't: a Plex whose
        database was created anew begins to count anew."""
        return self.key, self.viewed_at, self.account_id
