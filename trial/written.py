"""What is to come of the first write of an item, by which it is known again afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pipeline.sending import Parcel
from plex.items import EDIT_KEYS, PICTURE_LOCKS
from sync.pictures import PictureMemory
from sync.values import Credit, Credits

# What Plex may move along with what was written.
FOLLOWS = {"titleSort": "title", "year": "originallyAvailableAt"}


@dataclass(frozen=True, slots=True)
class SentPicture:
    """By the sha1 of its bytes, or by Plex's key. `original` and `was_locked`: as in
    `PictureMemory`, of what was there before."""

    sha1: str = ""
    key: str = ""
    original: str | None = None
    was_locked: bool = False

    def is_shown(self, chosen: str) -> bool:
        """Whether it is the one with this key of Plex's, "" for none."""
        if self.sha1:
            return chosen.rpartition("/")[2] == self.sha1
        return chosen == self.key

    @property
    def memory(self) -> PictureMemory:
        return PictureMemory(original=self.original, was_locked=self.was_locked)


@dataclass(frozen=True, slots=True)
class Written:
    """By Plex's names: texts, complete lists, locks, and pictures. `others`: what texts were before
    that, if something was written several times."""

    scene_id: int
    texts: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, Credits] = field(default_factory=dict)
    locks: Mapping[str, bool] = field(default_factory=dict)
    pictures: Mapping[str, SentPicture] = field(default_factory=dict)
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, key: str) -> tuple[str, ...]:
        """Of a text, all that were written, the last one first."""
        return (self.texts[key], *self.others.get(key, ()))

    def names(self, kind: str) -> list[str]:
        return [each.name for each in self.tags.get(kind, ())]

    def text_alone(self) -> Written:
        """Without what goes with pictures, of which nobody knows whether they were sent."""
        locks = {key: each for key, each in self.locks.items() if key not in self.pictures}
        return Written(self.scene_id, self.texts, self.tags, locks)

    def dump(self) -> str:
        return json.dumps(asdict(self))


def written(parcel: Parcel) -> Written:
    """Of a parcel as it is at the moment: its text, and of its pictures what was planned or, once
    it is finished, sent."""
    edits = {EDIT_KEYS[each.field]: each for each in parcel.intent.plan.edits}
    former = parcel.intent.item.state.locked
    ahead = parcel.pictures.locks_ahead(former) if edits else ()
    pictures = parcel.pictures.locks(former) if parcel.is_finished else ahead
    locks = {key: each.lock for key, each in edits.items()}
    return Written(
        parcel.scene.id,
        {key: each.new for key, each in edits.items() if isinstance(each.new, str)},
        {key: each.new for key, each in edits.items() if isinstance(each.new, tuple)},
        locks | {PICTURE_LOCKS[name]: is_locked for name, is_locked in pictures},
        {PICTURE_LOCKS[name]: each for name, each in _pictures(parcel).items()},
    )


def load_written(text: str) -> Written:
    """What `Written.dump` has made."""
    found = json.loads(text)
    tags = {kind: tuple(Credit(**each) for each in kinds) for kind, kinds in found["tags"].items()}
    pictures = {key: SentPicture(**each) for key, each in found["pictures"].items()}
    others = {key: tuple(each) for key, each in found["others"].items()}
    return Written(**{**found, "tags": tags, "pictures": pictures, "others": others})


def _pictures(parcel: Parcel) -> dict[str, SentPicture]:
    known = parcel.pictures.known
    return {
        each.name: SentPicture(
            each.sha1, each.key, known[each.name].original, known[each.name].was_locked
        )
        for each in parcel.pictures.changes
    }
