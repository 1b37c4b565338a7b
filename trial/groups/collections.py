"""Collections: do they go with their last item, can they be sorted, is their poster kept?"""

from __future__ import annotations

from collections.abc import Iterable

from errors import SyncError
from plex.client import PlexClient
from plex.collection import ListedCollection, collections_by_title, list_members, set_order
from plex.items import PlexItem
from plex.pictures import list_pictures, upload_picture
from sync.collection import BY_TITLE
from sync.fields import ORDER
from trial.bench import Bench, yes
from trial.snapshot import Snapshot

TITLE = "PlexSync trial"


def measure(bench: Bench, before: Snapshot, poster: bytes) -> dict[str, str]:
    """`poster`: what to give the collection, empty if no picture may be sent."""
    if _is_somebodys(bench):
        return {}
    there = [each for each in before.names("collection") if each != TITLE]
    now = bench.set_tags("collection", [*there, TITLE], before)
    made = _find(bench)
    if made is None or TITLE not in now.names("collection"):
        return {"collection_edit": "refused"}
    found = {"collection_edit": "kept", "collection_sorts": _sorts(bench, made)}
    if poster:
        upload_picture(bench.client, _item(bench, made), "poster", poster)
    now = _leave(bench, there, now)
    found["collection_vanishes"] = yes(_find(bench) is None)
    if poster:
        found["collection_poster"] = _poster_again(bench, there, now)
    return found


def take_out(client: PlexClient, item: PlexItem, titles: Iterable[str]) -> None:
    """Out of collections, where their tags don't go by name."""
    made = collections_by_title(client, item.section_key)
    for title in titles:
        if found := made.get(title.casefold()):
            path = f"/library/collections/{found.rating_key}/items/{item.rating_key}"
            client.send("DELETE", path)


def remove(client: PlexClient, item: PlexItem) -> None:
    """The collection of the trial, if it has outlived it and nobody is in it."""
    made = collections_by_title(client, item.section_key).get(TITLE.casefold())
    if made is None or made.title != TITLE or made.is_smart:
        return
    found = client.items([made.rating_key]).get(made.rating_key)
    if found and found.type == "collection" and list_members(client, found, 1) == []:
        client.send("DELETE", f"/library/collections/{made.rating_key}")


def _is_somebodys(bench: Bench) -> bool:
    """Whether there is one of this name that no trial has left: it would be sorted, and go."""
    found = _find(bench)
    if found is None:
        return False
    return found.is_smart or bool(list_members(bench.client, _item(bench, found), 1))


def _leave(bench: Bench, there: list[str], now: Snapshot) -> Snapshot:
    now = bench.set_tags("collection", there, now)
    if TITLE in now.names("collection"):
        take_out(bench.client, bench.item, [TITLE])
        now = bench.read()
    return now


def _find(bench: Bench) -> ListedCollection | None:
    with bench.timed("collections"):
        found = collections_by_title(bench.client, bench.item.section_key)
    return found.get(TITLE.casefold())


def _item(bench: Bench, made: ListedCollection) -> PlexItem:
    return bench.client.items([made.rating_key])[made.rating_key]


def _sorts(bench: Bench, made: ListedCollection) -> str:
    try:
        set_order(bench.client, _item(bench, made), BY_TITLE)
    except SyncError:
        return "no"
    return yes(_item(bench, made).state.text(ORDER) == BY_TITLE)


def _poster_again(bench: Bench, there: list[str], now: Snapshot) -> str:
    """Whether one that comes again under its name has what was uploaded for it."""
    now = bench.set_tags("collection", [*there, TITLE], now)
    made = _find(bench)
    listed = list_pictures(bench.client, _item(bench, made), "poster") if made else []
    _leave(bench, there, now)
    return "kept" if any(each.sha1 for each in listed) else "lost"
