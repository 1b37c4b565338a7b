"""`/library/sections/{id}/all` and everything else that comes in pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from simulators.http import Response
from simulators.plex import markup, meta
from simulators.plex.model import TAG_ELEMENTS, Item, Section, requested_type
from simulators.plex.order import ordered, parse_sort
from simulators.plex.query import Pairs, predicate, stored_query, wanted_ids
from simulators.plex.quirks import Call
from simulators.plex.rendering import View, argument, item_xml

_FIELD_CHOICES = ("studio", "year", "contentRating")


def select(call: Call, section: Section, query: Pairs, type: str | None) -> list[Item]:
    """The items of one type that a media query selects, unsorted; do not change the list.

    Without a type the section's own is meant. Shared by listings and edits: in Plex an edit is
    a query with values.
    """
    stock = section.by_type.get(section.type if type is None else type, {})
    ids = wanted_ids(query)
    if ids is None:
        found = list(stock.values())
    else:
        found = [stock[key] for key in ids if key in stock]
        query = [(name, value) for name, value in query if name != "id"]
    condition = predicate(query, call.library.clock())
    return found if condition is None else [item for item in found if condition(item)]


def list_section(call: Call, section_key: str) -> Response:
    section = call.library.sections.get(section_key)
    if section is None:
        return _unknown(call)
    return page(call, _found(call, section, requested_type(call.request.arg("type"))), section)


def list_collections(call: Call, section_key: str) -> Response:
    section = call.library.sections.get(section_key)
    if section is None:
        return _unknown(call)
    return page(call, _found(call, section, "collection"), section)


def _unknown(call: Call) -> Response:
    return markup.done() if call.quirks.empty_for_unknown_section else markup.error(404)


def _found(call: Call, section: Section, type: str | None) -> Sequence[Item]:
    request = call.request
    mixed = type is None and request.arg("includeCollections") == "1"
    if mixed or type == "collection":
        call.library.shelf.resync(section)
    sort = request.arg("sort")
    narrowed = wanted_ids(request.query) is not None or predicate(request.query) is not None
    if not narrowed and not mixed:
        items = call.library.orders.everything(
            section, section.type if type is None else type, sort
        )
    else:
        found = select(call, section, request.query, type)
        if mixed:
            found = found + select(call, section, request.query, "collection")
        items = ordered(found, parse_sort(sort))
    limit = request.arg("limit") or ""
    return items[: int(limit)] if limit.isdigit() else items


def page(
    call: Call,
    items: Sequence[Item],
    section: Section,
    *,
    pairs: dict[str, object] | None = None,
    most: int | None = None,
) -> Response:
    """The wanted page of these items, or all of them where none is asked for.

    `most` is for endpoints that must be paged: the items given where no page is asked for.
    """
    start, size = _wanted_page(call, len(items), most)
    shown = items[start : start + size]
    view = View.of(call.request, full=False).to(call.account).as_listed(call.quirks)
    adopt = call.library.adopt
    texts = [item_xml(item, view, adopt, _member_count(call, item)) for item in shown]
    if call.request.arg("includeMeta") == "1":
        texts.append(meta.meta_xml(section, call.request.path.rpartition("/")[2] == "collections"))
    head: dict[str, object] = {"size": len(shown)}
    headers: tuple[tuple[str, str], ...] = ()
    if is_paged(call) or len(shown) < len(items):
        head.update(totalSize=len(items), offset=start)
        headers = (
            ("X-Plex-Container-Start", str(start)),
            ("X-Plex-Container-Total-Size", str(len(items))),
        )
    head.update(_section_pairs(section))
    return markup.container({**head, **(pairs or {})}, texts, headers)


def is_paged(call: Call) -> bool:
    """Only both values together make a page."""
    return _paging(call) is not None


def _paging(call: Call) -> tuple[int, int] | None:
    start = argument(call.request, "X-Plex-Container-Start") or ""
    size = argument(call.request, "X-Plex-Container-Size") or ""
    return (int(start), int(size)) if start.isdigit() and size.isdigit() else None


def _wanted_page(call: Call, total: int, most: int | None) -> tuple[int, int]:
    start, size = _paging(call) or (0, total if most is None else most)
    limit = call.quirks.page_limit
    return start, size if limit is None else min(size, limit)


def _section_pairs(section: Section) -> dict[str, object]:
    return {
        "allowSync": 1,
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": section.key,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        "mediaTagPrefix": "/system/bundle/media/flags/",
        "title1": section.title,
        "viewGroup": section.type,
    }


def _member_count(call: Call, item: Item) -> int | None:
    if item.tag_record is None:
        return None
    return len(smart_members(call, item)) if item.uri else call.library.shelf.count(item)


def smart_members(call: Call, collection: Item) -> list[Item]:
    """What a smart collection's stored query finds now."""
    query, sort = stored_query(collection.uri)
    type = requested_type(dict(query).get("type"))
    return ordered(select(call, collection.section, query, type), parse_sort(sort))


def list_choices(call: Call, section_key: str, kind: str) -> Response:
    """The values that a filter field has in the section: `key` is a tag's id or a field's value."""
    section = call.library.sections.get(section_key)
    if section is None:
        return markup.error(404)
    type = requested_type(call.request.arg("type"))
    items = section.by_type.get(section.type if type is None else type, {}).values()
    rows = (
        _field_choices(items, kind) if kind in _FIELD_CHOICES else _tag_choices(call, items, kind)
    )
    rows.sort(key=lambda row: row[1].casefold())
    texts = [markup.element("Directory", {"key": key, "title": title}) for key, title in rows]
    pairs = {"size": len(rows), **_section_pairs(section), "viewGroup": "secondary"}
    return markup.container(pairs, texts)


def _tag_choices(call: Call, items: Iterable[Item], kind: str) -> list[tuple[str, str]]:
    names: dict[int, str] = {}
    for item in items:
        for tag in item.tags.get(kind, ()):
            names[call.library.adopt(item, kind, tag).id] = tag.name
    return [(str(key), name) for key, name in names.items()]


def _field_choices(items: Iterable[Item], kind: str) -> list[tuple[str, str]]:
    values = Counter(item.fields[kind] for item in items if item.fields.get(kind))
    return [(quote(value, safe=""), value) for value in values]


CHOICE_KINDS = (*TAG_ELEMENTS, *_FIELD_CHOICES)
