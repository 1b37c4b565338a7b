"""Putting an item back as it was, whatever its server makes of edits, and looking whether it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import quote

from errors import Outage, SettingsError, SyncError
from plex.client import PlexClient
from plex.edits import Params, edit_requests
from plex.items import PICTURE_LOCKS, PlexItem
from plex.pictures import choose_picture, drop_choice, list_pictures
from sync.plan import Edit
from trial.compare import folded
from trial.groups.collections import take_out
from trial.snapshot import TAGS, TEXTS, Snapshot, of_item
from trial.written import FOLLOWS

log = logging.getLogger(__name__)

_PICTURES = {key: name for name, key in PICTURE_LOCKS.items()}

# What a look finds wrong is written again, each time in another way.
ATTEMPTS = 4


def put_back(client: PlexClient, item: PlexItem, before: Snapshot) -> list[str]:
    """By Plex's names, what is still otherwise in the end; nothing if all is as `before`, or if the
    item is gone. Raises Outage and SettingsError; what Plex refuses is among what is left."""
    former: Snapshot | None = None
    left: list[str] = []
    for attempt in range(ATTEMPTS + 1):
        found = client.items([item.rating_key]).get(item.rating_key)
        if found is None or not before.is_of(found):
            return []
        now = of_item(found)
        pictures = _other_pictures(client, found, before)
        left = [*differences(before, now), *pictures]
        news = {each for each in left if former and _is_news(each, before, former, now)}
        again = [each for each in left if each not in news]
        if not again or attempt == ATTEMPTS:
            break
        former = former or now
        _restore_pictures(client, found, before, pictures)
        # A server that forgets what an edit doesn't name has to be told of all it has.
        named = [kind for kind in TAGS if before.tags.get(kind) and kind not in news]
        _send(client, found, before, now, again, named if attempt > 1 else [], is_first=not attempt)
    return left


def _is_news(name: str, before: Snapshot, former: Snapshot, now: Snapshot) -> bool:
    """Whether somebody has given the field this value since it was first looked at."""
    if name in TEXTS:
        came = now.text(name)
        is_known = came in ("", former.text(name), before.text(name)) or name in FOLLOWS
        return not is_known
    known = {*former.names(name), *before.names(name)}
    return name in TAGS and not folded(now.names(name)) <= folded(list(known))


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


def _send(
    client: PlexClient,
    item: PlexItem,
    before: Snapshot,
    now: Snapshot,
    left: list[str],
    named: list[str],
    *,
    is_first: bool,
) -> None:
    """The first time as all edits are sent, with every list complete. Then lists are emptied
    first, which some server may need that takes nothing away by name."""
    kinds = [kind for kind in TAGS if kind in left]
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
    if not is_first:
        # A collection that lost its only item would come back without its poster.
        for kind in kinds:
            if kind != "collection":
                _edit(client, item, [{f"{kind}[].tag": ""}])
    if not _edit(client, item, edit_requests(edits, locks)):
        # One field that Plex refuses keeps no other from being put back.
        for each in edits:
            _edit(client, item, edit_requests([each]))
        _edit(client, item, edit_requests([], locks))
    if not is_first and "collection" in left:
        others = set(now.names("collection")) - set(before.names("collection"))
        _is_taken(item, "a collection", lambda: take_out(client, item, others))


def _is_taken(item: PlexItem, what: str, write: Callable[[], None]) -> bool:
    """Whether Plex takes it. A refusal is no end: what it is about is found among what is left."""
    try:
        write()
    except (Outage, SettingsError):
        raise
    except SyncError as error:
        log.debug("%s of item %d could not be put back: %s", what, item.rating_key, error)
        return False
    return True


def _edit(client: PlexClient, item: PlexItem, requests: list[Params]) -> bool:
    """Whether Plex takes all of them."""

    def write() -> None:
        for params in requests:
            client.edit([item], params)

    return _is_taken(item, "a field", write)


def _tag_edit(kind: str, before: Snapshot, now: Snapshot) -> Edit:
    was = before.tags.get(kind, ())
    kept = {each.name for each in was}
    removed = tuple(each for each in now.tags.get(kind, ()) if each.name not in kept)
    return Edit(kind, now.tags.get(kind, ()), was, lock=kind in before.locked, removed=removed)


def _other_pictures(client: PlexClient, item: PlexItem, before: Snapshot) -> list[str]:
    return [key for key in before.chosen if not _is_chosen(client, item, before, key)]


def _is_chosen(client: PlexClient, item: PlexItem, before: Snapshot, key: str) -> bool:
    """What can't be listed counts as another one."""
    shown: list[str] = []
    _is_taken(
        item, _PICTURES[key], lambda: shown.append(chosen_picture(client, item, _PICTURES[key]))
    )
    return shown == [before.chosen[key]]


def _restore_pictures(
    client: PlexClient, item: PlexItem, before: Snapshot, pictures: list[str]
) -> None:
    for key in pictures:
        _is_taken(item, _PICTURES[key], partial(_choose, client, item, before, key))


def _choose(client: PlexClient, item: PlexItem, before: Snapshot, key: str) -> None:
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
