"""What a look at the whole of Stash has to ask, by the settings. Pure."""

from __future__ import annotations

import datetime

from jobs.schema import GROUP, PERFORMER, STUDIO, TAG
from stash.overview import Question
from sync.tags import COLLECTION_OF, needs_ancestors
from validation.config import PlexSyncConfig

# What Stash stores within the second in which it was asked may not have been in its answer.
SECOND_S = 2.0

HOUR_S = 3600.0
HOUR = datetime.timedelta(hours=1)


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


def question_of(config: PlexSyncConfig, asked_at: float, newest: str = "") -> Question:
    """`asked_at`: when the last such look began, epoch seconds; 0 for never. `newest`: the newest
    time that Stash told then, "" for none."""
    since = stash_time(asked_at - SECOND_S, newest) if asked_at else ""
    return Question(fields_of(config), since)


def stash_time(at: float, newest: str) -> str:
    """A time in the form in which Stash stores and compares it: as text, in its own local time.
    That is ours as well where Stash starts us; a command may be started with another zone, which
    `newest` tells. It is never later than what Stash stores from then on, maybe an hour earlier."""
    told, ours = _told(newest), _here(at)
    if told is not None and _here(told.timestamp()).utcoffset() != told.utcoffset():
        # It tells nothing of summer time.
        moment = datetime.datetime.fromtimestamp(at - HOUR_S, told.tzinfo)
    elif _here(at + HOUR_S).replace(tzinfo=None) < (ours + HOUR).replace(tzinfo=None):
        moment = ours - HOUR  # the hour comes again
    else:
        moment = ours
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _here(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).astimezone()


def _told(text: str) -> datetime.datetime | None:
    """None for what has no zone, or is no time."""
    try:
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None
