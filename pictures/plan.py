"""What is to happen to an item's posters and backgrounds, as values that a sync sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from plex.client import PlexClient
from plex.items import PlexItem
from plex.pictures import choose_picture, drop_choice, upload_picture
from sync.pictures import PictureMemory
from sync.plan import Kept


class Action(Enum):
    UPLOAD = "upload"
    CHOOSE = "choose"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class PictureChange:
    """Show other bytes, a picture that Plex has (`key`), or none. `sha1` of the bytes; "" where
    the picture isn't ours. `is_locked`: whether the field is to be locked afterwards."""

    name: str
    action: Action
    sha1: str = ""
    key: str = ""
    content: bytes = field(default=b"", repr=False)
    is_locked: bool = True

    def apply(self, client: PlexClient, item: PlexItem) -> None:
        match self.action:
            case Action.UPLOAD:
                upload_picture(client, item, self.name, self.content)
            case Action.CHOOSE:
                choose_picture(client, item, self.name, self.key)
            case Action.DROP:
                drop_choice(client, item, self.name)


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """What is to happen to an item's pictures. `known`: what to remember once it has happened."""

    changes: tuple[PictureChange, ...] = ()
    kept: tuple[Kept, ...] = ()
    known: Mapping[str, PictureMemory] = field(default_factory=dict)

    def locks(self, locked: frozenset[str]) -> tuple[tuple[str, bool], ...]:
        """The locks to be set besides. Choosing a picture may lock it by itself, so that an
        unlocked one has to be unlocked in any case."""
        return tuple(
            (each.name, each.is_locked)
            for each in self.changes
            if not (each.is_locked and each.name in locked)
        )

    def locks_ahead(self, locked: frozenset[str]) -> tuple[tuple[str, bool], ...]:
        """Those that may be set before the picture is there, together with other edits: nothing
        unlocks them in between."""
        return tuple(each for each in self.locks(locked) if each[1])

    def without_content(self) -> PicturePlan:
        """The same without the bytes, which are not needed once they are sent."""
        return replace(self, changes=tuple(replace(each, content=b"") for each in self.changes))
