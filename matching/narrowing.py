"""A page of a listing that Plex can't answer, narrowed down to the items that are at fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from errors import SyncError
from matching.index_rows import ListedItem
from plex.client import PlexClient, PlexSection
from plex.exceptions import is_of_one_answer
from plex.items import files_of, number

# Ten broken items in a page of a thousand cost about two hundred questions.
MOST_QUESTIONS = 300
# A list of which so many parts fail and none succeeds is broken as a whole.
MOST_IN_VAIN = 25


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a listing: how many items there are in `total`, those of this part, and where the
    next one begins. `left_out`: the places, counted from 0 in the whole listing, of what Plex can't
    list, each with the rating key of the item before it (0: not on this page)."""

    total: int
    items: list[ListedItem]
    end: int
    left_out: Mapping[int, int] = field(default_factory=dict)


def narrowed(
    plex: PlexClient, section: PlexSection, start: int, size: int, error: SyncError, **query: Any
) -> Page:
    """The page that met this error, without the items at fault. Raises what PlexClient raises, and
    `error` if it isn't a matter of single items."""
    total = number(plex.listing(section, start=0, size=0, **query).get("totalSize"))
    end = min(start + size, total)
    if end <= start:
        raise error
    items: list[ListedItem] = []
    left_out: dict[int, int] = {}
    parts = _halves(start, end)
    for question in range(MOST_QUESTIONS):
        if not parts:
            return Page(total, items, end, left_out)
        if question >= MOST_IN_VAIN and not items:
            break
        begin, stop = parts.pop()
        found = _ask(plex, section, begin, stop, query)
        if found is not None:
            items += found
            if found and begin + len(found) < stop:
                parts.append((begin + len(found), stop))
        elif stop - begin == 1:
            left_out[begin] = items[-1].rating_key if items else 0
        else:
            parts += _halves(begin, stop)
    if not parts:
        return Page(total, items, end, left_out)
    raise error


def _halves(start: int, end: int) -> list[tuple[int, int]]:
    """The first half last: it is taken first."""
    middle = (start + end) // 2
    return [(middle, end), (start, middle)] if middle > start else [(start, end)]


def _ask(
    plex: PlexClient, section: PlexSection, start: int, end: int, query: Mapping[str, Any]
) -> list[ListedItem] | None:
    """The items of this part, None if it can't be had."""
    try:
        return listed_items(plex.listing(section, start=start, size=end - start, **query))
    except SyncError as error:
        if not is_of_one_answer(error):
            raise
        return None


def listed_items(root: Element) -> list[ListedItem]:
    return [
        ListedItem(
            rating_key=number(each.get("ratingKey")),
            added_at=number(each.get("addedAt")),
            updated_at=number(each.get("updatedAt")),
            # What has no key can't be fetched; it only counts.
            files=tuple(files_of(each)) if number(each.get("ratingKey")) > 0 else (),
        )
        for each in root.iterfind("Video")
    ]
