"""Endpoints of single items and of several at once (sheet, sections 4, 6, 9 and 10)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from simulators.http import Response
from simulators.plex import markup
from simulators.plex.listing import is_paged, page
from simulators.plex.model import Item
from simulators.plex.quirks import Call
from simulators.plex.rendering import View, argument, by_number, item_xml, leaves

_LIBRARY = "com.plexapp.plugins.library"
_NAMES_OF_SECTION = frozenset({"librarySectionID", "librarySectionKey", "librarySectionTitle"})


def show(call: Call, keys: str) -> Response:
    """All items of a comma list in full, in the order asked for; unknown ones are left out."""
    wanted = list(dict.fromkeys(int(key) for key in keys.split(",")))
    items = [item for key in wanted if (item := call.library.get(key)) is not None]
    if not items or (call.quirks.multi_get_strict and len(items) < len(wanted)):
        return markup.error(404)
    shown = _page_of(call, items)
    view = View.of(call.request, full=True).to(call.account)
    view = replace(view, cast_lock=call.quirks.cast_lock)
    if not call.quirks.names_sections:
        view = replace(view, without_fields=view.without_fields | _NAMES_OF_SECTION)
    texts = [item_xml(item, view, call.library.adopt, _members(call, item)) for item in shown]
    pairs: dict[str, object] = {"size": len(shown)}
    if len(shown) < len(items):
        pairs["totalSize"] = len(items)
    pairs.update(allowSync=1, identifier=_LIBRARY)
    sections = {item.section.key: item.section for item in items}
    if len(sections) == 1 and call.quirks.names_sections:
        section = items[0].section
        pairs.update(librarySectionID=section.key, librarySectionTitle=section.title)
        pairs["librarySectionUUID"] = section.uuid
    return markup.container(pairs, texts)


def _page_of(call: Call, items: list[Item]) -> list[Item]:
    if not (call.quirks.pages_multi_get and is_paged(call)):
        return items
    start = int(argument(call.request, "X-Plex-Container-Start") or 0)
    size = int(argument(call.request, "X-Plex-Container-Size") or 0)
    return items[start : start + size]


def _members(call: Call, item: Item) -> int | None:
    return len(call.library.shelf.members(item)) if item.type == "collection" else None


def list_children(call: Call, key: str) -> Response:
    """Seasons of a show, episodes of a season; a movie has none."""
    item = call.library.get(int(key))
    if item is None:
        return markup.error(404)
    return page(call, by_number(item.children), item.section, pairs=_above(item))


def list_leaves(call: Call, key: str) -> Response:
    """Episodes of a show or season."""
    item = call.library.get(int(key))
    if item is None:
        return markup.error(404)
    found = [] if item.type == "movie" else leaves(item)
    return page(call, found, item.section, pairs=_above(item))


def _above(item: Item) -> dict[str, object]:
    return {"key": item.rating_key, "parentTitle": item.title, "title2": item.title}


def refresh(call: Call, keys: str) -> Response:
    items = [call.library.get(int(key)) for key in keys.split(",")]
    if not any(items):
        return markup.error(404)
    for item in items:
        if item is not None:
            call.library.agent_refresh(item)
    return markup.done()


def analyze(call: Call, keys: str) -> Response:
    """Looks into the files; moves updatedAt without any change that a client would see."""
    items = [item for key in keys.split(",") if (item := call.library.get(int(key))) is not None]
    for item in items:
        call.library.touch(item)
    return markup.done() if items else markup.error(404)


def delete(call: Call, keys: str) -> Response:
    """On a real server this deletes the media files."""
    items = [item for key in keys.split(",") if (item := call.library.get(int(key))) is not None]
    for item in items:
        call.library.deleted_by_client.append(item.rating_key)
        call.library.remove(item)
    return markup.done() if items else markup.error(404)


def rate(call: Call) -> Response:
    """Sets the token's user's rating, 0 to 10; -1 clears it. Moves lastRatedAt, not updatedAt."""
    item = _played(call)
    rating = _number(call.request.arg("rating"))
    if isinstance(item, Response):
        return item
    if rating is None or not (rating == -1 or 0 <= rating <= 10):
        return markup.error(400)
    now, rated_at = call.library.now(), call.request.arg("ratedAt") or ""
    if rated_at and (not rated_at.isdigit() or int(rated_at) > now):
        return markup.error(400)
    old = item.fields.pop("userRating", "")
    if rating >= 0:
        item.fields["userRating"] = f"{rating:.1f}"
    item.last_rated_at = int(rated_at or now) if rating >= 0 else None
    new = item.fields.get("userRating", "")
    if old != new:
        call.library.edits.append((item.rating_key, {"userRating": (old, new)}))
        item.section.changes["userRating"] += 1
    call.library.writes += 1
    return markup.done()


def scrobble(call: Call) -> Response:
    """Played: counts up each time. Of a show or season: every episode. Writes no history."""
    now = call.library.now()

    def mark(leaf: Item) -> None:
        leaf.view_count += 1
        leaf.view_offset = 0
        leaf.last_viewed_at = now

    return _mark(call, mark)


def unscrobble(call: Call) -> Response:
    """Unplayed: nothing tells afterwards when it was played."""

    def mark(leaf: Item) -> None:
        leaf.view_count = leaf.view_offset = 0
        leaf.last_viewed_at = None

    return _mark(call, mark)


def progress(call: Call) -> Response:
    """Moves the position; to 0 it does nothing."""
    item = _played(call)
    offset, now = call.request.arg("time") or "", call.library.now()
    if isinstance(item, Response):
        return item
    if not offset.isdigit():
        return markup.error(400)

    def move(each: Item) -> None:
        each.view_offset, each.last_viewed_at = int(offset), now

    if int(offset):
        call.library.activity.set_state(item, move)
    return markup.done()


def _mark(call: Call, mark: Callable[[Item], None]) -> Response:
    item = _played(call)
    if isinstance(item, Response):
        return item
    for leaf in leaves(item) if item.children else [item]:
        call.library.activity.set_state(leaf, mark)
    return markup.done()


def _played(call: Call) -> Item | Response:
    """The item that `key` names, or the answer to a request that names none."""
    key = call.request.arg("key") or ""
    if call.request.arg("identifier") != _LIBRARY or not key.isdigit():
        return markup.error(400)
    return call.library.get(int(key)) or markup.error(404)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
