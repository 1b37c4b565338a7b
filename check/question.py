"""What a look at the whole of Stash has to ask, by the settings. Pure."""

from __future__ import annotations

import datetime

from jobs.schema import GROUP, PERFORMER, STUDIO, TAG
from stash.overview import Question
from sync.tags import COLLECTION_OF, needs_ancestors
from validation.config import PlexSyncConfig

# What Stash stores within the second in which it was asked may not have been in its answer.
SECOND_S = 2.0


def fields_of(config: PlexSyncConfig) -> dict[str, str]:
    """What can be seen in Plex of each kind of object. Its time of change is asked for only where
    nothing else tells of its picture or text: it moves with much that Plex never shows."""
    of_collections = {each.partition(":")[0] for each in config.collections}
    shown = {
        PERFORMER: config.cast_photos,
        STUDIO: not of_collections.isdisjoint(("studio", "parent_studio")),
        TAG: any(each.startswith(COLLECTION_OF) for each in config.collections),
        GROUP: "groups" in of_collections,
    }
    fields = {
        PERFORMER: "name disambiguation",
        STUDIO: "name parent_studio { id }",
        TAG: "name parents { id }" if needs_ancestors(config) else "name",
        GROUP: "name",
    }
    return {kind: f"{each} updated_at" if shown[kind] else each for kind, each in fields.items()}


def question_of(config: PlexSyncConfig, asked_at: float) -> Question:
    """`asked_at`: when the last such look began, epoch seconds; 0 for never."""
    return Question(fields_of(config), stash_time(asked_at - SECOND_S) if asked_at else "")


def stash_time(at: float) -> str:
    """A time in the form in which Stash stores and compares it: as text, in the local time of the
    machine, which is ours as well, since Stash starts us. Around the end of summer time it is wrong
    for an hour."""
    moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).astimezone()
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
