"""A hook: remember durably that something changed, see that a worker is alive, leave.

The user's save in Stash waits for this process. Standard library only, no network, no settings.
"""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module

from entry.event import Event
from jobs import inbox
from jobs.schema import BACKGROUND, GROUP, LIVE, MOST_LIVE, PERFORMER, SCENE, STUDIO, TAG
from stash.log_lines import write_log_lines
from storage.sqlite import DATA_FOLDER, StorageError

# The first word of a hook's type to the kind of job.
KINDS = {"Scene": SCENE, "Performer": PERFORMER, "Studio": STUDIO, "Tag": TAG, "Group": GROUP}

# The input fields that change nothing we sync, by kind. Anything else counts, known to us or not:
# a needless look costs little, a lost edit everything.
_OF_RELATED = "aliases favorite ignore_auto_tag rating100 stash_ids tag_ids url urls "
UNINTERESTING = {
    kind: frozenset(names.split())
    for kind, names in {
        SCENE: "gallery_ids o_counter play_count play_duration resume_time stash_ids url urls",
        PERFORMER: _OF_RELATED + "alias_list birthdate career_length circumcised country"
        " custom_fields death_date details ethnicity eye_color fake_tits gender hair_color height"
        " height_cm instagram measurements penis_length piercings tattoos twitter weight",
        STUDIO: _OF_RELATED,
        TAG: _OF_RELATED + "sort_name",
        GROUP: _OF_RELATED + "back_image containing_groups date director duration studio_id"
        " sub_groups",
    }.items()
}
_NOT_FIELDS = frozenset({"id", "ids", "clientMutationId"})

# How long a new scene waits for what identifies it, if the manifest doesn't say.
NEW_SCENE_WAIT_S = 15
LONGEST_WAIT_S = 3600
# Those of one scan come due together, since a batch costs little more than a single scene.
TOGETHER_S = 5


class BadEvent(Exception):
    """Stash reports something that we can't make a job of."""


def run(event: Event) -> int:
    """The exit status: 0 if the event was stored or needs no job."""
    try:
        kind, object_id = changed_object(event)
        if is_interesting(event, kind):
            # An older Stash names it relative to its working folder, which is ours.
            config_dir, now = os.path.abspath(event.config_dir), time.time()
            data_dir = os.path.join(config_dir, DATA_FOLDER)
            recorded = inbox.record(
                data_dir,
                kind,
                object_id,
                now,
                lane=lane_of(event),
                due_at=due_at(event, now),
                others=edited_with(event, object_id),
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
    that is about others as well, or a list. Raises BadEvent."""
    kind = KINDS.get(_words(event)[0])
    if kind is None:
        raise BadEvent(f"hook {event.type!r} is not one that PlexSync handles: {', '.join(KINDS)}")
    digits = str(event.object_id)
    # Stash sends a number, its GraphQL ids are text.
    if not _is_id(digits):
        raise BadEvent(f"hook {event.type} names no object: its id is {event.object_id!r}")
    return kind, int(digits)


def edited_with(event: Event, object_id: int) -> list[int]:
    """The other objects of a bulk edit, for the first of its hooks to store as well.

    All of them are changed by then, but each has its hook in turn, and when the browser goes away
    meanwhile, Stash runs no more of them.
    """
    ids = [int(each) for each in event.together if _is_id(each)]
    return ids[1:] if ids[:1] == [object_id] else []


def is_interesting(event: Event, kind: str) -> bool:
    """False only if Stash names the changed fields and none of them can concern Plex."""
    fields = set(event.fields or ()) - _NOT_FIELDS
    return not fields or not fields <= UNINTERESTING[kind]


def lane_of(event: Event) -> int:
    """Live if this looks like a person's edit of one object or a few, else background: scans,
    identification, cleaning, large bulk edits. Only a matter of who goes first."""
    if len(event.together) > MOST_LIVE:
        return BACKGROUND
    action = _words(event)[1]
    if action == "Update":
        # A scan names no fields, identification never the id.
        is_persons = not {"id", "ids"}.isdisjoint(event.fields or ())
    elif action == "Destroy":
        # The input of the clean job has an empty id.
        is_persons = bool(event.input_id or event.together)
    else:
        is_persons = action == "Merge"
    return LIVE if is_persons else BACKGROUND


def due_at(event: Event, now: float) -> float:
    """When the job is due, in epoch seconds; 0 for at once. A new scene waits a moment, since its
    title and performers mostly follow."""
    if _words(event)[1] != "Create":
        return 0.0
    digits = str(event.wait_s)
    is_sound = digits.isascii() and digits.isdigit() and len(digits) < 10
    wait_s = min(int(digits), LONGEST_WAIT_S) if is_sound else NEW_SCENE_WAIT_S
    return -(-(now + wait_s) // TOGETHER_S) * TOGETHER_S


def _is_id(text: str) -> bool:
    # SQLite takes no number that is longer.
    return text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0


def _words(event: Event) -> tuple[str, str]:
    """Of a type like Scene.Update.Post the first two."""
    first, _, rest = str(event.type).partition(".")
    return first, rest.partition(".")[0]
