"""A hook: remember durably that a scene changed, see that a worker is alive, leave.

The user's save in Stash waits for this process. Standard library only, no network, no settings.
"""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module

from entry.event import Event
from jobs import inbox
from jobs.schema import SCENE
from stash.log_lines import write_log_lines
from storage.sqlite import DATA_FOLDER, StorageError

# The first word of a hook's type to the kind of job.
KINDS = {"Scene": SCENE}

# Input fields that change nothing we sync. Anything else counts, known to us or not: a needless
# look costs little, a lost edit everything.
UNINTERESTING = frozenset(
    {
        "gallery_ids",
        "o_counter",
        "play_count",
        "play_duration",
        "resume_time",
        "stash_ids",
        "url",
        "urls",
    }
)
_NOT_FIELDS = frozenset({"id", "ids", "clientMutationId"})


class BadEvent(Exception):
    """Stash reports something that we can't make a job of."""


def run(event: Event) -> int:
    """The exit status: 0 if the event was stored or needs no job."""
    try:
        kind, object_id = changed_object(event)
        if is_interesting(event):
            data_dir = os.path.join(event.config_dir, DATA_FOLDER)
            recorded = inbox.record(
                data_dir, kind, object_id, time.time(), others=edited_with(event, object_id)
            )
            if recorded.lines:
                write_log_lines(recorded.lines)
            if recorded.must_start:
                # Brings subprocess along, which most hooks don't need.
                import_module("entry.spawn").start_worker(event.document, data_dir)
    except (BadEvent, StorageError) as error:
        import_module("stash.protocol").answer(error=f"PlexSync: {error}")
        return 1
    # What `answer("ok")` would print, without importing json.
    sys.stdout.write('{"output": "ok"}\n')
    return 0


def changed_object(event: Event) -> tuple[str, int]:
    """Kind and id of what changed. The hook's `input` is not consulted: it may be null, an object
    that is about other scenes as well, or a list. Raises BadEvent."""
    kind = KINDS.get(str(event.type).partition(".")[0])
    if kind is None:
        raise BadEvent(f"hook {event.type!r} is not one that PlexSync handles: {', '.join(KINDS)}")
    digits = str(event.object_id)
    # Stash sends a number, its GraphQL ids are text.
    if not (digits.isascii() and digits.isdigit() and 0 < len(digits) < 19 and int(digits)):
        raise BadEvent(f"hook {event.type} names no object: its id is {event.object_id!r}")
    return kind, int(digits)


def edited_with(event: Event, object_id: int) -> list[int]:
    """The other objects of a bulk edit, for the first of its hooks to store as well.

    All of them are changed by then, but each has its hook in turn, and when the browser goes away
    meanwhile, Stash runs no more of them.
    """
    ids = [int(each) for each in event.together if each.isascii() and each.isdigit()]
    return ids[1:] if ids[:1] == [object_id] else []


def is_interesting(event: Event) -> bool:
    """False only if Stash names the changed fields and none of them can concern Plex."""
    fields = set(event.fields or ()) - _NOT_FIELDS
    return not fields or not fields <= UNINTERESTING
