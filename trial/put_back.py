"""Putting an item back as it was, whatever its server makes of edits, and looking whether it is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from plex.client import PlexClient
from plex.edits import Params, edit_requests
from plex.items import PICTURE_LOCKS, PlexItem
from plex.pictures import choose_picture, drop_choice, list_pictures
from sync.plan import Edit
from trial.groups.collections import take_out
from trial.snapshot import TAGS, TEXTS, Snapshot, of_item

_PICTURES = {key: name for name, key in PICTURE_LOCKS.items()}

# What a look finds wrong is written again, each time in another way.
ATTEMPTS = 4


def put_back(client: PlexClient, item: PlexItem, before: Snapshot) -> list[str]:
    """By Plex's names, what is still otherwise in the end; nothing if all is as `before`, or if the
    item is gone. Raises what PlexClient raises."""
    left: list[str] = []
    for attempt in range(ATTEMPTS):
        found = client.items([item.rating_key]).get(item.rating_key)
        if found is None:
            return []
        now = of_item(found)
        pictures = _other_pictures(client, found, before)
        left = [*differences(before, now), *pictures]
        if not left:
            return []
        _restore_pictures(client, found, before, pictures)
        for params in _requests(before, now, left, attempt):
            client.edit([found], params)
        if attempt and "collection" in left:
            take_out(client, found, set(now.names("collection")) - set(before.names("collection")))
    return left


def differences(before: Snapshot, now: Snapshot) -> list[str]:
    """By Plex's names, "lock of …" for locks. Times of update and rating don't count, nor the order
    of tags but the cast's."""
    texts = [key for key in TEXTS if before.text(key) != now.text(key)]
    tags = [kind for kind in TAGS if not _same_tags(kind, before, now)]
    locks = [f"lock of {each}" for each in sorted(before.locked ^ now.locked)]
    return texts + tags + locks


def _same_tags(kind: str, before: Snapshot, now: Snapshot) -> bool:
    was, is_now = before.tags.get(kind, ()), now.tags.get(kind, ())
    if kind == "actor":
        return [(x.name, x.role) for x in was] == [(x.name, x.role) for x in is_now]
    return sorted(x.name for x in was) == sorted(x.name for x in is_now)


def _requests(before: Snapshot, now: Snapshot, left: list[str], attempt: int) -> list[Params]:
    """The first time as all edits are sent, with every list complete. Then lists are emptied
    first, which some server may need that takes nothing away by name."""
    kinds = [kind for kind in TAGS if kind in left]
    # A server that forgets what an edit doesn't name has to be told of all it has.
    named = [kind for kind in TAGS if before.tags.get(kind)] if attempt > 1 else []
    edits = [
        Edit(key, now.text(key), before.texts.get(key, ""), lock=key in before.locked)
        for key in TEXTS
        if key in left
    ]
    edits += [_tag_edit(kind, before, now) for kind in dict.fromkeys([*kinds, *named])]
    said = {each.field for each in edits}
    names = {each.removeprefix("lock of ") for each in left if each.startswith("lock of ")}
    # Some edits lock by themselves.
    locks = [(each, each in before.locked) for each in sorted(names - said)]
    requests: list[Params] = []
    if attempt:
        # A collection that lost its only item would come back without its poster.
        requests += [{f"{kind}[].tag": ""} for kind in kinds if kind != "collection"]
    requests += edit_requests(edits, locks)
    return requests


def _tag_edit(kind: str, before: Snapshot, now: Snapshot) -> Edit:
    was = before.tags.get(kind, ())
    kept = {each.name for each in was}
    removed = tuple(each for each in now.tags.get(kind, ()) if each.name not in kept)
    return Edit(kind, now.tags.get(kind, ()), was, lock=kind in before.locked, removed=removed)


def _other_pictures(client: PlexClient, item: PlexItem, before: Snapshot) -> list[str]:
    return [
        key
        for key, chosen in before.chosen.items()
        if chosen_picture(client, item, _PICTURES[key]) != chosen
    ]


def _restore_pictures(
    client: PlexClient, item: PlexItem, before: Snapshot, pictures: list[str]
) -> None:
    for key in pictures:
        if chosen := before.chosen[key]:
            choose_picture(client, item, _PICTURES[key], chosen)
        else:
            drop_choice(client, item, _PICTURES[key])


def chosen_picture(client: PlexClient, item: PlexItem, name: str) -> str:
    """Plex's key of the poster or background that the item shows, "" for none."""
    listed = list_pictures(client, item, name)
    return next((each.key for each in listed if each.is_chosen), "")


def removal(kind: str, *names: str) -> Mapping[str, str]:
    """The parameters that take tags away by name; see `plex.edits`."""
    return {f"{kind}[].tag.tag-": ",".join(quote(each, safe="") for each in names)}
