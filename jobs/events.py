"""What a hook's document asks for: the jobs, their lane, and when they are due. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from jobs.schema import (
    BACKGROUND,
    GROUP,
    LANE_NAMES,
    LIVE,
    MOST_LIVE,
    PERFORMER,
    SCENE,
    STUDIO,
    TAG,
)

# The first word of a hook's type to the kind of job.
KINDS = {"Scene": SCENE, "Performer": PERFORMER, "Studio": STUDIO, "Tag": TAG, "Group": GROUP}

# The input fields that change nothing we sync, by kind. Anything else counts, known to us or not:
# a needless look costs little, a lost edit everything.
_OF_RELATED = "aliases favorite ignore_auto_tag rating100 stash_ids tag_ids url urls "
UNINTERESTING = {
    kind: frozenset(names.split())
    for kind, names in {
        SCENE: "gallery_ids o_counter play_count play_duration resume_time stash_ids url urls",
        PERFORMER: _OF_RELATED + "alias_list birthdate career_end career_length career_start"
        " circumcised country"
        " custom_fields death_date details ethnicity eye_color fake_tits gender hair_color height"
        " height_cm instagram measurements penis_length piercings tattoos twitter weight",
        STUDIO: _OF_RELATED + "custom_fields organized",
        TAG: _OF_RELATED + "custom_fields sort_name",
        GROUP: _OF_RELATED + "back_image containing_groups custom_fields date director duration"
        " studio_id sub_groups",
    }.items()
}
_NOT_FIELDS = frozenset({"id", "ids", "clientMutationId"})

# How long a new scene waits for what identifies it, if the manifest doesn't say.
NEW_SCENE_WAIT_S = 15
LONGEST_WAIT_S = 3600
# Those of one scan come due together, since a batch costs little more than a single scene.
TOGETHER_S = 5


class BadEvent(Exception):
    """A file in the inbox that we can't make jobs of; the text says why."""


class Event(NamedTuple):
    """Jobs for these objects of one kind, none if nothing that concerns Plex changed. `due_at` in
    epoch seconds, 0 for at once. `connection`: Stash's server_connection as the hook got it.
    `more_follow`: whether others are to come at once, see there."""

    kind: str = SCENE
    object_ids: Sequence[int] = ()
    lane: int = LIVE
    due_at: float = 0.0
    connection: Mapping[str, Any] = MappingProxyType({})
    more_follow: bool = False


class Hook(NamedTuple):
    """A hook as Stash describes it: `type` and `object_id` as they came, the names of the changed
    `fields` (None if Stash doesn't say), the ids of all that was edited `together` in one go, the
    `input_id` of an input that is about one object, and the manifest's `wait_s`."""

    type: object
    object_id: object
    fields: Sequence[str] | None = None
    together: Sequence[str] = ()
    input_id: str = ""
    wait_s: object = None


def read_event(document: bytes, written_at: float) -> Event:
    """The event in a file. `written_at`: when (epoch seconds). Raises BadEvent.

    A document without a hook asks for no jobs: a task or an operation has left it, for the sake
    of its connection.
    """
    try:
        told = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise BadEvent("it holds no JSON document") from error
    told = told if isinstance(told, dict) else {}
    connection, args = told.get("server_connection"), told.get("args")
    if not isinstance(connection, dict) or not isinstance(args, dict):
        raise BadEvent("it holds no document of Stash's")
    if "hookContext" not in args:
        return Event(connection=connection)
    hook = _hook(args)
    kind, object_id = changed_object(hook)
    if not is_interesting(hook, kind):
        return Event(connection=connection)
    ids = (object_id, *edited_with(hook, object_id))
    due, is_one_of_many = due_at(hook, written_at), more_follow(hook, object_id)
    return Event(kind, ids, lane_of(hook), due, connection, is_one_of_many)


def read_former(name: str, content: bytes) -> Event:
    """An event as version 0.1.0 left it in a file: its `name` without the endings says what changed
    and when, the first line of its content lane and due time, the others what was changed with it,
    an id a line. Live, at once and alone, as far as the content doesn't tell. Raises BadEvent."""
    _, _, kind, object_id = (name.split(" ") + [""] * 4)[:4]
    if kind not in UNINTERESTING or not is_id(object_id) or name.count(" ") != 3:
        raise BadEvent("its name is not that of an event")
    first, *others = [*content.decode("ascii", "replace").splitlines(), ""]
    lane, _, due = first.partition(" ")
    ids = (int(object_id), *(int(each) for each in others if is_id(each)))
    try:
        known_lane, due_at = int(lane), float(due)
    except ValueError:
        return Event(kind, ids)
    is_sound = known_lane in LANE_NAMES and math.isfinite(due_at) and due_at >= 0
    return Event(kind, ids, known_lane, due_at) if is_sound else Event(kind, ids)


def shortened(document: Mapping[str, Any]) -> dict[str, Any]:
    """A hook's document without what no job is made of: a cover in it can have many megabytes."""
    args = document.get("args")
    args = args if isinstance(args, dict) else {}
    context = args.get("hookContext")
    kept: dict[str, Any] = {"wait_s": args["wait_s"]} if "wait_s" in args else {}
    if isinstance(context, dict):
        names = ("id", "type", "inputFields")
        short = {name: context[name] for name in names if name in context}
        kept["hookContext"] = {**short, "input": _ids_only(context.get("input"))}
    elif "hookContext" in args:
        kept["hookContext"] = None
    return {"server_connection": document.get("server_connection"), "args": kept}


def changed_object(hook: Hook) -> tuple[str, int]:
    """Kind and id of what changed. The hook's `input` is not consulted: it may be null, an object
    that is about others as well, or a list. Raises BadEvent."""
    kind = KINDS.get(_words(hook)[0])
    if kind is None:
        raise BadEvent(f"hook {hook.type!r} is not one that PlexSync handles: {', '.join(KINDS)}")
    # Stash sends a number, its GraphQL ids are text.
    if isinstance(hook.object_id, (bool, float)) or not is_id(str(hook.object_id)):
        raise BadEvent(f"hook {hook.type} names no object: its id is {hook.object_id!r:.100}")
    return kind, int(str(hook.object_id))


def edited_with(hook: Hook, object_id: int) -> list[int]:
    """The other objects of a bulk edit, for the first of its hooks to store as well.

    All of them are changed by then, but each has its hook in turn, and when the browser goes away
    meanwhile, Stash runs no more of them.
    """
    ids = [int(each) for each in hook.together if is_id(each)]
    return ids[1:] if ids[:1] == [object_id] else []


def is_interesting(hook: Hook, kind: str) -> bool:
    """False only if Stash names the changed fields and none of them can concern Plex."""
    fields = set(hook.fields or ()) - _NOT_FIELDS
    return not fields or not fields <= UNINTERESTING[kind]


def lane_of(hook: Hook) -> int:
    """Live if this looks like a person's edit of one object or a few, else background: scans,
    identification, cleaning, large bulk edits. Only a matter of who goes first."""
    if len(hook.together) > MOST_LIVE:
        return BACKGROUND
    action = _words(hook)[1]
    if action == "Update":
        # A scan names no fields, identification never the id.
        is_persons = not {"id", "ids"}.isdisjoint(hook.fields or ())
    elif action == "Destroy":
        # The input of the clean job has an empty id.
        is_persons = bool(hook.input_id or hook.together)
    else:
        is_persons = action == "Merge"
    return LIVE if is_persons else BACKGROUND


def more_follow(hook: Hook, object_id: int) -> bool:
    """Whether this is one of many hooks, and not the last: of a bulk edit, which has them in the
    order of its ids, or of what Stash does by itself, of which nobody knows the end."""
    if len(hook.together) > 1:
        return hook.together[-1] != str(object_id)
    return lane_of(hook) == BACKGROUND


def due_at(hook: Hook, written_at: float) -> float:
    """When the job is due, in epoch seconds; 0 for at once. A new scene waits a moment, since its
    title and performers mostly follow."""
    if _words(hook) != ("Scene", "Create"):
        return 0.0
    digits = str(hook.wait_s)
    is_sound = digits.isascii() and digits.isdigit() and len(digits) < 10
    wait_s = min(int(digits), LONGEST_WAIT_S) if is_sound else NEW_SCENE_WAIT_S
    return -(-(written_at + wait_s) // TOGETHER_S) * TOGETHER_S


def is_id(text: str) -> bool:
    """Whether this is the id of an object: SQLite takes no number that is longer."""
    return text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0


def _hook(args: Mapping[str, Any]) -> Hook:
    context = args["hookContext"]
    context = context if isinstance(context, dict) else {}
    fields, given = context.get("inputFields"), context.get("input")
    about = given if isinstance(given, dict) else {}
    input_id, several = about.get("id"), given if isinstance(given, list) else about.get("ids")
    return Hook(
        context.get("type"),
        context.get("id"),
        [str(each) for each in fields] if isinstance(fields, list) else None,
        [
            str(each.get("id") if isinstance(each, dict) else each)
            for each in (several if isinstance(several, list) else ())
        ],
        "" if input_id is None else str(input_id),
        args.get("wait_s"),
    )


def _ids_only(given: object) -> object:
    """A hook's input with nothing but the ids of what it is about."""
    if isinstance(given, list):
        return [_ids_only(each) if isinstance(each, dict) else each for each in given]
    if isinstance(given, dict):
        return {name: given[name] for name in ("id", "ids") if name in given}
    return None


def _words(hook: Hook) -> tuple[str, str]:
    """Of a type like Scene.Update.Post the first two."""
    first, _, rest = str(hook.type).partition(".")
    return first, rest.partition(".")[0]
