"""Endpoints of collections; plain ones are tags, smart ones stored queries (sheet, section 7)."""

from __future__ import annotations

from simulators.http import Response
from simulators.plex import markup
from simulators.plex.edits import Edit, NamedTag, TagEdit, apply_edit
from simulators.plex.listing import page, smart_members
from simulators.plex.model import Item, requested_type
from simulators.plex.order import ordered, parse_sort
from simulators.plex.quirks import Call
from simulators.plex.rendering import View, item_xml
from simulators.plex.stock import tag_space

# More members than this are only given in pages.
MOST_UNPAGED = 100
_MODES = {"collectionMode": ("-1", "0", "1", "2"), "collectionSort": ("0", "1", "2")}


def show(call: Call, key: str) -> Response:
    collection = _find(call, key)
    if collection is None:
        return markup.error(404)
    return _one(call, collection)


def list_members(call: Call, key: str) -> Response:
    collection = _find(call, key)
    if collection is None:
        return markup.error(404)
    members = _members(call, collection)
    if not collection.uri:
        members = _sorted(collection, members)
    return page(call, members, collection.section, most=MOST_UNPAGED)


def _sorted(collection: Item, members: list[Item]) -> list[Item]:
    """As clients moved them, whatever the collection is said to be sorted by; that ends when an
    order by date or title is set anew."""
    sort = collection.fields.get("collectionSort")
    if collection.custom_order or sort == "2":
        return _as_moved(collection, members)
    return ordered(members, parse_sort("titleSort" if sort == "1" else "originallyAvailableAt"))


def _as_moved(collection: Item, members: list[Item]) -> list[Item]:
    """Where clients moved them; what nobody has moved comes last, in rating key order."""
    places = {key: place for place, key in enumerate(collection.custom_order)}
    return sorted(members, key=lambda item: places.get(item.rating_key, len(places)))


def move_member(call: Call, key: str, item_key: str) -> Response:
    """`PUT …/items/{ratingKey}/move?after=`: behind another member, or first without `after`.
    Answers 200 and changes the order of a collection that is sorted by date, too."""
    collection = _find(call, key)
    if collection is None:
        return markup.error(404)
    if collection.uri:
        return markup.error(400)
    order = [item.rating_key for item in _sorted(collection, _members(call, collection))]
    after = call.request.arg("after")
    if int(item_key) not in order or (after and int(after) not in order):
        return markup.error(404)
    order.remove(int(item_key))
    order.insert(order.index(int(after)) + 1 if after else 0, int(item_key))
    collection.custom_order = order
    return markup.done()


def create(call: Call) -> Response:
    """Make a collection of the items in `uri`; a taken title is 409, as for a rename."""
    request = call.request
    section = call.library.sections.get(request.arg("sectionId") or "")
    title, uri = request.arg("title"), request.arg("uri")
    type = requested_type(request.arg("type"))
    if section is None or not title or not uri or not type:
        return markup.error(400)
    record = call.library.tags.record(tag_space(section, "collection"), title)
    if call.library.shelf.of(record) is not None:
        return markup.error(409)
    if request.arg("smart") == "1":
        collection = call.library.shelf.put(section, record, type)
        collection.uri = uri
        return _one(call, collection)
    items = [item for item in _items_of(call, uri) if item.section is section]
    if not items:
        return markup.error(400)
    _tag_all(call, items, title)
    made = call.library.shelf.of(record)
    assert made is not None
    return _one(call, made)


def add_members(call: Call, key: str) -> Response:
    collection = _find(call, key)
    if collection is None:
        return markup.error(404)
    items = _items_of(call, call.request.arg("uri") or "")
    if collection.uri or not items:
        return markup.error(400)
    _tag_all(call, [item for item in items if item.section is collection.section], collection.title)
    return _one(call, collection)


def remove_member(call: Call, key: str, item_key: str) -> Response:
    collection = _find(call, key)
    item = call.library.get(int(item_key))
    if collection is None or item is None or item not in _members(call, collection):
        return markup.error(404)
    if collection.uri:
        return markup.error(400)
    _untag(call, item, collection.title)
    return markup.done()


def set_preferences(call: Call, key: str) -> Response:
    collection = _find(call, key)
    if collection is None:
        return markup.error(404)
    for name, allowed in _MODES.items():
        value = call.request.arg(name)
        if value is not None and value not in allowed:
            return markup.error(400)
        if name == "collectionSort" and not call.quirks.sorts_collections:
            continue
        if value is not None:
            collection.fields[name] = value
        if name == "collectionSort" and value in ("0", "1"):
            collection.custom_order = []
    return markup.done()


def delete(call: Call, key: str) -> Response:
    """The items stay and lose the tag (UNVERIFIED on the sheet)."""
    collection = _find(call, key)
    if collection is None:
        return markup.error(404)
    for item in [] if collection.uri else _members(call, collection):
        _untag(call, item, collection.title)
    call.library.remove(collection)
    return markup.done()


def _find(call: Call, key: str) -> Item | None:
    item = call.library.get(int(key))
    return item if item is not None and item.type == "collection" else None


def _members(call: Call, collection: Item) -> list[Item]:
    if collection.uri:
        return smart_members(call, collection)
    return call.library.shelf.members(collection)


def _one(call: Call, collection: Item) -> Response:
    count = len(_members(call, collection))
    view = View.of(call.request, full=True)
    text = item_xml(collection, view, call.library.adopt, count)
    return markup.container({"size": 1, "librarySectionID": collection.section.key}, [text])


def _items_of(call: Call, uri: str) -> list[Item]:
    """The items of `server://{machineIdentifier}/com.plexapp.plugins.library/library/metadata/1,2`;
    none if it names another server."""
    place, _, keys = uri.rpartition("/library/metadata/")
    if place != f"server://{call.library.machine_identifier}/com.plexapp.plugins.library":
        return []
    found = [call.library.get(int(key)) for key in keys.split(",") if key.isdigit()]
    return [item for item in found if item is not None]


def _tag_all(call: Call, items: list[Item], title: str) -> None:
    for item in items:
        names = [*item.tag_names("collection"), title]
        named = {place: NamedTag(name) for place, name in enumerate(names)}
        apply_edit(call.library, call.quirks, item, Edit(tags={"collection": TagEdit(named=named)}))


def _untag(call: Call, item: Item, title: str) -> None:
    edit = Edit(tags={"collection": TagEdit(removed=[title], takes_out=True)})
    apply_edit(call.library, call.quirks, item, edit)
