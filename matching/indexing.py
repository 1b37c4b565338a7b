"""Filling the path index from Plex: the whole listing once, then what was added or updated since.

The whole listing is read page by page in the order of ids, one transaction a page. A reading that
was killed goes on after its last page. Plex doesn't hold still meanwhile: each page begins with
the last item of the one before, so that items which went away show; at the end the items that
were met are counted against what Plex says it has.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal
from xml.etree.ElementTree import Element

from errors import SyncError
from matching.index import PathIndex, Reading, Seen
from matching.index_rows import ListedItem
from matching.left_out import LeftOut
from matching.narrowing import Page, narrowed
from matching.narrowing import listed_items as _items
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexTooSlow, PlexUnavailable, is_of_one_answer
from plex.items import number

log = logging.getLogger(__name__)

PAGE_SIZE = 1000
SMALLEST_PAGE = 50
MOST_READINGS = 3
MOST_STEPS_BACK = 20
MOST_BROKEN_FIRST = 4

Moment = Literal["addedAt", "updatedAt"]
MOMENTS: tuple[Moment, ...] = ("addedAt", "updatedAt")
"""What a refresh can ask for, the cheaper first."""


def build(plex: PlexClient, index: PathIndex, section: PlexSection) -> None:
    """Read the whole listing, or the rest of it. Raises PlexClient's errors."""
    if not index.reading(section).listed:
        # What changes from here on belongs to the next refresh, even if it is met on a page.
        index.begin_reading(section, _newest(plex, index, section))
    log.info("library %s: reading its list of files", section.title)
    for again in range(MOST_READINGS):
        reading = index.reading(section)
        total = _read_everything(plex, index, section, reading)
        # Items that keep coming and going aren't waited for; a refresh finds them.
        total -= index.left_out.count(section)
        expected = total if again + 1 < MOST_READINGS else 0
        if index.finish_reading(section, reading, expected=expected):
            break
        log.info("library %s changed while it was read; reading it again", section.title)
    log.info("library %s: %d items known", section.title, index.count(section))


def rebuild(plex: PlexClient, index: PathIndex, section: PlexSection) -> None:
    """Read the whole listing again; until that is done the index answers as before."""
    index.read_again(section)
    build(plex, index, section)


def read_if_stale(plex: PlexClient, index: PathIndex, section: PlexSection, after_s: float) -> bool:
    """Read the whole listing again if that was last done longer ago than `after_s`; whether it
    was. A reading that broke off goes on where it was."""
    if not index.is_stale(section, after_s):
        return False
    if index.reading(section).is_done:
        index.read_again(section)
    build(plex, index, section)
    return True


def refresh(plex: PlexClient, index: PathIndex, section: PlexSection, moment: Moment) -> int:
    """Read what was added (or updated) since the last time; how many items were news.

    One request, unless more than a page was. An item that is new has both times, so asking for
    what was added finds it without wading through everything that we have edited ourselves.
    """
    seen = index.seen(section)
    since = seen.added_at if moment == "addedAt" else seen.updated_at
    news = listed = 0
    first: Sequence[ListedItem] = ()
    # Several items can share the last second, hence >=, which is `>>=` with one less. The newest
    # first: ids break ties, since the newest item has the highest.
    query = {f"{moment}>>": max(since - 1, 0)}
    for total, items in _pages(plex, index, section, filters=query, sort=f"{moment}:desc,id:desc"):
        first = first or items
        told = index.store_page(section, items)
        fresh = told.added if moment == "addedAt" else told.updated
        news += len(fresh)
        listed += len(items)
        # Behind an item that we knew at that last second are only those that came before it.
        ends_known = items[-1].rating_key not in fresh and _time(items[-1], moment) <= since
        if ends_known or listed >= total:
            index.set_seen(section, _seen(first, moment, index.latest()))
            break
    return news


def surplus(plex: PlexClient, index: PathIndex, section: PlexSection) -> int:
    """How many items more Plex says it has than the index knows; negative if items went away.
    One request."""
    root = plex.listing(section, start=0, size=0)
    total = number(root.get("totalSize"))
    return total - index.count(section) - index.left_out.count(section)


def _read_everything(
    plex: PlexClient, index: PathIndex, section: PlexSection, reading: Reading
) -> int:
    """Read from where `reading` stands to the end; how many items Plex says there are."""
    steps_back = 0
    overlap = 1
    while True:
        start = max(reading.listed - overlap, 0)
        page = _page(plex, index, section, start, is_filled=start < max(reading.listed, 1))
        total, items = page.total, page.items
        _leave_out(index, section, page, reading)
        if not items and start < total and not page.left_out:
            if _is_last(plex, section, reading):
                return start
            raise _hole(section, start, total)
        # Behind what is left out it doesn't tell.
        may_skip = start not in page.left_out
        if start and may_skip and steps_back < MOST_STEPS_BACK and _skips(items, reading):
            steps_back += 1
            reading = replace(reading, listed=max(reading.listed - PAGE_SIZE, 0))
            continue
        end = page.end
        if end > reading.listed:
            last_key = items[-1].rating_key if items else reading.last_key
            reading = replace(reading, listed=end, last_key=last_key)
            index.store_page(section, items, reading)
            overlap = 1
        elif items and overlap:
            overlap = 0  # a server that gives one item a page
            continue
        else:
            return total
        if end >= total:
            return total


def _is_last(plex: PlexClient, section: PlexSection, reading: Reading) -> bool:
    """Whether there is no item behind the last one, whatever the server says of their number."""
    newest = _items(_first_page(plex, section, sort="id:desc"))
    return not newest or newest[0].rating_key <= reading.last_key


def _hole(section: PlexSection, listed: int, total: int) -> PlexUnavailable:
    return PlexUnavailable(
        f"Plex lists nothing of library {section.title} behind item {listed}, but says that it "
        f"has {total}",
        advice="Restart Plex, or run Optimize Database there (Settings > Troubleshooting). What "
        "is queued is kept.",
    )


def _skips(items: Sequence[ListedItem], reading: Reading) -> bool:
    """Whether items before this page went away, so that some moved past us unseen."""
    return not items or items[0].rating_key > reading.last_key


def _pages(
    plex: PlexClient, index: PathIndex, section: PlexSection, *, filters: dict[str, int], sort: str
) -> Iterator[tuple[int, list[ListedItem]]]:
    """Pages with the total, by what arrived: Plex may send fewer items than asked."""
    start = 0
    while True:
        page = _page(plex, index, section, start, is_filled=start == 0, filters=filters, sort=sort)
        if not page.items:
            return
        start = page.end
        yield page.total, page.items


def _page(
    plex: PlexClient,
    index: PathIndex,
    section: PlexSection,
    start: int,
    *,
    is_filled: bool,
    **query: Any,
) -> Page:
    """The items from `start` on: as many as Plex manages in time, without those that it can't list.

    A page that it doesn't manage is halved, and so is one that it leaves empty although there is
    more, if an item is known to be at `start` (`is_filled`). This process asks for no larger one
    again.
    """
    while True:
        size = min(PAGE_SIZE, index.page_size or PAGE_SIZE)
        try:
            root = plex.listing(section, start=start, size=size, **query)
        except PlexTooSlow:
            if size <= SMALLEST_PAGE:
                raise
            plex.probe()  # a server that is silent altogether says nothing of pages
        except SyncError as error:
            if not is_of_one_answer(error):
                raise
            plex.check()
            return narrowed(plex, section, start, size, error, **query)
        else:
            items = _items(root)
            total = number(root.get("totalSize")) or start + len(items)
            if items or start >= total or not is_filled or size <= SMALLEST_PAGE:
                return Page(total, items, start + len(items))
        index.page_size = max(size // 2, SMALLEST_PAGE)
        log.info("Plex does not list %d items at a time; asking for %d", size, index.page_size)


def _first_page(plex: PlexClient, section: PlexSection, **query: Any) -> Element:
    """The first item that can be listed, if it is among the first few."""
    for start in range(MOST_BROKEN_FIRST):
        try:
            return plex.listing(section, start=start, size=1, **query)
        except SyncError as error:
            if not is_of_one_answer(error) or start == MOST_BROKEN_FIRST - 1:
                raise
    raise AssertionError("unreachable")


def _leave_out(index: PathIndex, section: PlexSection, page: Page, reading: Reading) -> None:
    for place, behind in page.left_out.items():
        found = LeftOut(section.title, place, behind or reading.last_key)
        if index.left_out.remember(section, found, reading.round):
            log.warning(
                "Plex can't list %s. It is left out, and looked for again later. Open it in Plex "
                "and refresh its metadata, or empty that library's trash.",
                found,
            )


def _newest(plex: PlexClient, index: PathIndex, section: PlexSection) -> Seen:
    """The newest times in the section right now, which are times on Plex's own clock."""
    latest = index.latest()
    filters = {"updatedAt<<": latest + 1}
    root = _first_page(plex, section, filters=filters, sort="updatedAt:desc")
    return _seen(_items(root), "updatedAt", latest)


def _seen(items: Sequence[ListedItem], moment: Moment, latest: int) -> Seen:
    """What a listing that begins with its newest items has seen. Times after `latest`, of a clock
    that was wrong once, say nothing.

    An item is added at the time of its first update: so what is known up to an update is known
    up to that time of adding as well, if there was none later.
    """
    items = [item for item in items if item.updated_at <= latest]
    if not items:
        return Seen(0, 0)
    if moment == "updatedAt":
        newest = max(item.updated_at for item in items)
        return Seen(newest, newest)
    # A date that somebody typed may lie in the future; no update does.
    return Seen(max(min(item.added_at, item.updated_at) for item in items), 0)


def _time(item: ListedItem, moment: Moment) -> int:
    return item.added_at if moment == "addedAt" else item.updated_at
