"""Collections at the wire: which there are, who is in them, and how they are sorted.

Plain ones come and go with the tags of their items; smart ones are stored queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plex.client import PlexClient
from plex.items import PlexItem, number
from sync.fields import ORDER
from sync.plan import Edit

PER_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ListedCollection:
    """A collection of a section, as far as the list tells."""

    rating_key: int
    title: str
    is_smart: bool


def list_collections(client: PlexClient, section_key: str) -> list[ListedCollection]:
    """All collections of a section; one request per thousand."""
    found: dict[int, ListedCollection] = {}
    start, total = 0, 1
    while start < total:
        root = client.in_section(
            section_key,
            "collections",
            {"X-Plex-Container-Start": start, "X-Plex-Container-Size": PER_PAGE},
        )
        rows = root.findall("Directory")
        for each in rows:
            key = number(each.get("ratingKey"))
            found[key] = ListedCollection(key, each.get("title", ""), each.get("smart") == "1")
        # The server may give other pages than asked for.
        start += len(rows)
        total = (number(root.get("totalSize")) or start) if rows else 0
    return list(found.values())


def collections_by_title(client: PlexClient, section_key: str) -> dict[str, ListedCollection]:
    """The same by casefolded title: Plex takes titles that differ in case for one."""
    return {each.title.casefold(): each for each in list_collections(client, section_key)}


def list_members(client: PlexClient, collection: PlexItem, most: int) -> list[int] | None:
    """The rating keys of its items as it is sorted; None if there are more than `most`, or others
    than videos."""
    keys: list[int] = []
    start, total = 0, 1
    while start < total:
        root = client.get(
            f"{_path(collection)}/children",
            {"X-Plex-Container-Start": start, "X-Plex-Container-Size": most},
        )
        keys += [number(each.get("ratingKey")) for each in root.iterfind("Video")]
        # The server may give other pages than asked for.
        start += len(root)
        total = number(root.get("totalSize")) or start
        if total > most or not len(root):
            break
    return None if total > len(keys) else keys


def order_wanted(edits: Iterable[Edit]) -> str:
    """The new value of collectionSort among these edits, "" if it isn't to change."""
    return next((str(each.new) for each in edits if each.field == ORDER), "")


def set_order(client: PlexClient, collection: PlexItem, order: str) -> None:
    """Sort by release date, by title or as the items are moved; see `sync.collection`."""
    client.send("PUT", f"{_path(collection)}/prefs", {"collectionSort": order})


def move_member(
    client: PlexClient, collection: PlexItem, rating_key: int, after: int | None
) -> None:
    """Put an item of a collection that is sorted by hand behind another one; None: first."""
    params = {} if after is None else {"after": str(after)}
    client.send("PUT", f"{_path(collection)}/items/{rating_key}/move", params)


def _path(collection: PlexItem) -> str:
    if collection.rating_key <= 0:
        raise ValueError(f"no collection has rating key {collection.rating_key}")
    return f"/library/collections/{collection.rating_key}"
