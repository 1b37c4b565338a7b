"""Several items by one request, so that what isn't among them is known to be gone.

It isn't settled what Plex answers if only some of the items exist: the others are left out, or
404 as if none existed. Taking the latter for the former would have us forget living items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from plex.exceptions import PlexNotFound
from plex.items import PlexItem, number, parse_item
from sync.fields import COLLECTION

ITEMS_PER_REQUEST = 100

Get = Callable[[str, Mapping[str, Any]], Element]


class MultiGet:
    """For one connection. `get` answers a path, `living` finds the key of any item that exists."""

    def __init__(self, get: Get, living: Callable[[], int | None]) -> None:
        self._get = get
        self._living = living
        self._leaves_out: bool | None = None  # None: not known yet

    def items(self, rating_keys: Sequence[int]) -> dict[int, PlexItem]:
        """The items and collections that exist, by rating key.

        One request per hundred. The first 404 of a connection costs up to one request per section
        and two more, to learn what it means; where it means that any is missing, the hundred is
        halved down to those that are: some fourteen requests for one, two hundred for all. What
        PlexClient asks at each 404 comes on top.
        """
        found: dict[int, PlexItem] = {}
        wanted = list(dict.fromkeys(rating_keys))
        for start in range(0, len(wanted), ITEMS_PER_REQUEST):
            found.update(self._fetch(wanted[start : start + ITEMS_PER_REQUEST]))
        return found

    def _fetch(self, keys: Sequence[int]) -> dict[int, PlexItem]:
        try:
            root = self._ask(keys)
        except PlexNotFound:
            if len(keys) == 1 or self._means_none(keys[0]):
                return {}
            half = len(keys) // 2
            return self._fetch(keys[:half]) | self._fetch(keys[half:])
        found = {item.rating_key: item for item in _items(root)}
        answered = _keys(root)
        left = [key for key in keys if key not in answered]
        if left and answered and number(root.get("totalSize")) > len(root):
            # A page of them; the rest was not spoken of.
            return found | self._fetch(left)
        if left:
            self._leaves_out = True
        return found

    def _ask(self, keys: Sequence[int]) -> Element:
        return self._get(f"/library/metadata/{','.join(map(str, keys))}", {"skipRefresh": 1})

    def _means_none(self, suspect: int) -> bool:
        """Whether a 404 to several keys, `suspect` among them, says that none of them exists."""
        if self._leaves_out is None:
            living = self._living()
            self._leaves_out = living is not None and self._answers_without(suspect, living)
        return self._leaves_out

    def _answers_without(self, suspect: int, living: int) -> bool:
        try:
            return suspect not in _keys(self._ask([living, suspect]))
        except PlexNotFound:
            return False


def _keys(root: Element) -> set[int]:
    return {number(each.get("ratingKey")) for each in root}


def _items(root: Element) -> Iterator[PlexItem]:
    for element in root:
        if element.tag != "Video" and element.get("type") != COLLECTION:
            continue
        item = parse_item(element)
        # Some versions name the section on the container only.
        yield (
            item
            if item.section_key
            else replace(item, section_key=root.get("librarySectionID", ""))
        )
