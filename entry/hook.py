"""A hook: remember durably that a scene changed, see that a worker is alive, leave.

The user's save in Stash waits for this process. Standard library only, no network, no settings.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

from jobs import inbox
from stash.protocol import BadInvocation, Invocation, answer
from storage.sqlite import StorageError

# The first word of a hook's type to the kind of job.
KINDS = {"Scene": "scene"}

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


def run(invocation: Invocation) -> int:
    """The exit status: 0 if the event was stored or needs no job."""
    context = invocation.hook_context or {}
    try:
        kind, object_id = changed_object(context)
        if is_interesting(context) and inbox.record(
            invocation.data_dir, kind, object_id, time.time()
        ):
            # Brings subprocess along, which most hooks don't need.
            import_module("entry.start").worker(invocation)
    except (BadInvocation, StorageError) as error:
        answer(error=f"PlexSync: {error}")
        return 1
    answer("ok")
    return 0


def changed_object(context: dict[str, Any]) -> tuple[str, int]:
    """Kind and id of what changed. `input` is not consulted: it may be null, an object with
    other scenes in it, or a list. Raises BadInvocation."""
    name, object_id = context.get("type"), context.get("id")
    kind = KINDS.get(str(name).partition(".")[0])
    if kind is None:
        raise BadInvocation(f"hook {name!r} is not one that PlexSync handles: {', '.join(KINDS)}")
    # bool is an int to Python; Stash sends a number, its GraphQL ids are text.
    if isinstance(object_id, bool) or not str(object_id).isdigit() or int(str(object_id)) == 0:
        raise BadInvocation(f"hook {name} names no object: its id is {object_id!r}")
    return kind, int(str(object_id))


def is_interesting(context: dict[str, Any]) -> bool:
    """False only if Stash names the changed fields and none of them can concern Plex."""
    named = context.get("inputFields")
    if not isinstance(named, list):
        return True
    fields = {str(field) for field in named} - _NOT_FIELDS
    return not fields or not fields <= UNINTERESTING
