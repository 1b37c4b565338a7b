"""Edits: what a query string asks to change, and the change itself (sheet, section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from simulators.http import Response
from simulators.plex import markup
from simulators.plex.agent import rewrite_sort_title
from simulators.plex.listing import select
from simulators.plex.model import Item, Tag, requested_type
from simulators.plex.query import Pairs
from simulators.plex.quirks import Call, Quirks
from simulators.plex.stock import Changes, Stock, tag_space

_EDIT = re.compile(
    r"(?P<field>[A-Za-z]+)(?:"
    r"\.(?P<scalar>value|locked)"
    r"|\[(?P<index>\d+)\]\.(?P<part>.+)"
    r"|\[\]\.(?P<list>tag\.tag-|tag))"
)
_VIDEO_FIELDS = frozenset(
    {
        "title",
        "titleSort",
        "summary",
        "contentRating",
        "originallyAvailableAt",
        "rating",
        "audienceRating",
        "userRating",
        "addedAt",
        "year",
    }
)
_WORK_FIELDS = _VIDEO_FIELDS | {"originalTitle", "tagline", "studio"}
_LOCK_ONLY = frozenset({"thumb", "art", "theme", "clearLogo", "squareArt"})
_MOVIE_TAGS = frozenset(
    {"genre", "collection", "label", "country", "director", "writer", "producer", "actor"}
)

# Per type: the scalars and tags that an edit reaches. What it does not reach is ignored.
EDITABLE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "movie": (_WORK_FIELDS | {"editionTitle"}, _MOVIE_TAGS),
    "show": (_WORK_FIELDS, frozenset({"genre", "collection", "label", "actor"})),
    "season": (
        frozenset({"title", "titleSort", "summary", "userRating", "addedAt", "index"}),
        frozenset({"collection", "label"}),
    ),
    "episode": (
        _VIDEO_FIELDS | {"index"},
        frozenset({"director", "writer", "actor", "collection", "label"}),
    ),
    "collection": (
        frozenset({"title", "titleSort", "summary", "contentRating", "userRating", "addedAt"}),
        frozenset({"label"}),
    ),
}


@dataclass(slots=True)
class NamedTag:
    """One `kind[i]` of an edit; None where the request says nothing."""

    name: str | None = None
    role: str | None = None
    thumb: str = ""
    key: str = ""


@dataclass(slots=True)
class TagEdit:
    """What happens to one kind of tag: clear all, then remove by name, then add. `takes_out`: out
    of a collection, which doesn't depend on names."""

    clear: bool = False
    takes_out: bool = False
    removed: list[str] = field(default_factory=list)
    named: dict[int, NamedTag] = field(default_factory=dict)

    def wanted(self) -> list[NamedTag]:
        return [tag for _, tag in sorted(self.named.items()) if tag.name]


@dataclass(slots=True)
class Edit:
    """A request's changes; `selection` is what remains of its query."""

    values: dict[str, str] = field(default_factory=dict)
    locks: dict[str, bool] = field(default_factory=dict)
    tags: dict[str, TagEdit] = field(default_factory=dict)
    selection: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.values or self.locks or self.tags)


def parse_edit(query: Pairs) -> Edit:
    """Sort a query into changes and selection; names are already percent-decoded once."""
    edit = Edit()
    for name, value in query:
        found = _EDIT.fullmatch(name)
        if found is None:
            edit.selection.append((name, value))
        elif found["scalar"] == "value":
            edit.values[found["field"]] = value
        elif found["scalar"] == "locked":
            edit.locks[found["field"]] = value not in ("0", "", "false")
        else:
            _note_tag(edit.tags.setdefault(found["field"], TagEdit()), found, value)
    return edit


def _note_tag(tag_edit: TagEdit, found: re.Match[str], value: str) -> None:
    if found["list"] == "tag":
        tag_edit.clear = True
    elif found["list"]:
        # A comma list whose names are encoded once more, so that they may have commas.
        tag_edit.removed += [unquote(name) for name in value.split(",") if name]
    else:
        named = tag_edit.named.setdefault(int(found["index"]), NamedTag())
        match found["part"]:
            case "tag.tag":
                named.name = value
            case "tagging.text":
                named.role = value
            case "tag.thumb":
                named.thumb = value
            case "tag.tagKey":
                named.key = value


def edit_section(call: Call, section_key: str) -> Response:
    """`PUT …/all`: a media query with values. Without filters it edits the whole section.

    A wrong type selects nothing, which is no error.
    """
    section = call.library.sections.get(section_key)
    if section is None:
        return markup.error(404)
    edit = parse_edit(call.request.query)
    type = requested_type(dict(edit.selection).get("type"))
    if type == "collection":
        call.library.shelf.resync(section)
    return _apply(call, select(call, section, edit.selection, type), edit)


def edit_items(call: Call, keys: str) -> Response:
    """`PUT /library/metadata/{ids}`: 404, and nothing changed, if one of them is missing."""
    items = [call.library.get(key) for key in sorted({int(key) for key in keys.split(",")})]
    found = [item for item in items if item is not None]
    if len(found) < len(items):
        return markup.error(404)
    edit = parse_edit(call.request.query)
    type = requested_type(dict(edit.selection).get("type"))
    return _apply(call, [item for item in found if type in (None, item.type)], edit)


def _apply(call: Call, items: list[Item], edit: Edit) -> Response:
    refused = _refusal(call, items, edit)
    if refused is not None:
        return refused
    if call.quirks.ignores_edits:
        return markup.done()
    if items and not edit.is_empty:
        call.library.writes += 1
        for item in items:
            apply_edit(call.library, call.quirks, item, edit)
    return markup.done()


def _refusal(call: Call, items: list[Item], edit: Edit) -> Response | None:
    """A 4xx for the whole request, before anything is changed."""
    rating = edit.values.get("userRating")
    if rating and not _is_number(rating):
        return markup.error(400)
    if edit.values.get("editionTitle") and not call.quirks.plex_pass:
        return markup.error(400)
    collections = [item for item in items if item.type == "collection"]
    title = edit.values.get("title")
    if title and collections and _is_taken(call.library, collections, title):
        return markup.error(409)
    return None


def _is_taken(library: Stock, renamed: list[Item], title: str) -> bool:
    stock = renamed[0].section.by_type["collection"].values()
    others = [item for item in stock if item is not renamed[0]]
    return len(renamed) > 1 or any(
        library.tags.same("collection", item.title, title) for item in others
    )


def apply_edit(library: Stock, quirks: Quirks, item: Item, edit: Edit) -> None:
    """Change one item and note what really changed."""
    scalars, kinds = EDITABLE[item.type]
    changes: Changes = {}
    for name, value in sorted(edit.values.items()):  # title before titleSort, which may follow it
        is_ignored = not value and (not quirks.clears_fields or name in quirks.never_clears)
        if name in scalars and not is_ignored:
            _set_scalar(library, item, name, _stored(quirks, name, value), changes)
    _follow_up(library, quirks, item, changes)
    if "title" in changes and "titleSort" not in edit.values:
        _follow_title(item, edit, changes)
    tags = dict.fromkeys(kinds, TagEdit(clear=True)) if quirks.drops_tags else {}
    for kind, tag_edit in {**tags, **edit.tags}.items():
        if kind in kinds:
            _set_tags(library, quirks, item, kind, tag_edit, changes)
    for name, locked in _locks(quirks, edit, item).items():
        if name in scalars | kinds | _LOCK_ONLY:
            _set_lock(item, name, locked, changes)
    library.changed(item, changes, quirks.moves_updated_at)


def _locks(quirks: Quirks, edit: Edit, item: Item) -> dict[str, bool]:
    if quirks.ignores_locks:
        return {}
    touched = (*edit.values, *edit.tags) if quirks.implicit_lock else ()
    others = item.locks if quirks.drops_other_locks else ()
    locks = dict.fromkeys(others, False) | dict.fromkeys(touched, True) | edit.locks
    return {name: locked for name, locked in locks.items() if name not in quirks.never_locks}


def _follow_up(library: Stock, quirks: Quirks, item: Item, changes: Changes) -> None:
    """What moves along with a date or a rating that was changed."""
    date = item.fields.get("originallyAvailableAt", "")
    if quirks.date_moves_year and "originallyAvailableAt" in changes and date:
        _set_scalar(library, item, "year", date[:4], changes)
    if quirks.rating_edit_rates and "userRating" in changes:
        item.last_rated_at = library.now() if item.fields.get("userRating") else None


def _set_scalar(library: Stock, item: Item, name: str, value: str, changes: Changes) -> None:
    if name == "addedAt":
        if re.fullmatch(r"-?\d+", value) and int(value) != item.added_at:
            changes[name] = (str(item.added_at), value)
            item.added_at = int(value)
        return
    old = item.fields.get(name, "")
    if name == "titleSort":
        old = item.sort_title
    if value:
        item.fields[name] = value
    else:
        item.fields.pop(name, None)
    if name == "titleSort":
        _settle_sort_title(item, value)
        value = item.sort_title
    if old != value:
        changes[name] = (old, value)
    if name == "title" and item.tag_record is not None and value:
        library.tags.rename(tag_space(item.section, "collection"), item.tag_record, value)


def _settle_sort_title(item: Item, value: str) -> None:
    """A cleared sort title falls back to the server's rule; one like the title is not stored."""
    if not value:
        rewrite_sort_title(item)
    elif value == item.title:
        item.fields.pop("titleSort", None)


def _follow_title(item: Item, edit: Edit, changes: Changes) -> None:
    """A new title brings a new sort title, unless that is locked."""
    if "titleSort" in item.locks or edit.locks.get("titleSort"):
        return
    old = item.sort_title
    rewrite_sort_title(item)
    if item.sort_title != old:
        changes["titleSort"] = (old, item.sort_title)


def _set_tags(
    library: Stock,
    quirks: Quirks,
    item: Item,
    kind: str,
    edit: TagEdit,
    changes: Changes,
) -> None:
    before = list(item.tags.get(kind, ()))
    for tag in before:
        library.adopt(item, kind, tag)
    was = [_shown(tag) for tag in before]
    after = _merged(library, quirks, item, kind, before, edit)
    now = [_shown(tag) for tag in after]
    if was != now:
        library.set_tags(item, kind, after)
        changes[kind] = (was, now)


def _shown(tag: Tag) -> object:
    return (tag.name, tag.role, tag.thumb) if tag.role or tag.thumb else tag.name


def _merged(
    library: Stock,
    quirks: Quirks,
    item: Item,
    kind: str,
    before: list[Tag],
    edit: TagEdit,
) -> list[Tag]:
    """The item's new tags. A tag both named and removed is there in the end."""
    kept = [] if edit.clear else before
    space = tag_space(item.section, kind)
    gone = [library.tags.find(space, name) for name in edit.removed]
    if quirks.removes_by_name or edit.takes_out:
        kept = [tag for tag in kept if tag.record not in gone]
    roles = {tag.record: tag.role for tag in before}
    named: dict[object, Tag] = {}
    for wanted in edit.wanted():
        name = _stored(quirks, kind, wanted.name or "")
        tag = library.make_tag(item, kind, name, thumb=wanted.thumb, key=wanted.key)
        role = wanted.role if wanted.role is not None else roles.get(tag.record, "")
        named[tag.record] = Tag(role=role, record=tag.record) if role else tag
    if named and quirks.tag_mode == "replacing":
        kept = []
    if kind == "actor":
        cast = [*named.values(), *(tag for tag in kept if tag.record not in named)]
        # [i] is the billing order.
        return cast if quirks.keeps_cast_order else sorted(cast, key=lambda each: each.id)
    merged = [named.pop(tag.record, tag) for tag in kept]
    return [*merged, *named.values()]


def _stored(quirks: Quirks, name: str, value: str) -> str:
    if quirks.cuts_texts is not None and name in _WORK_FIELDS:
        value = value[: quirks.cuts_texts]
    return quirks.rewording(name, value) if quirks.rewording else value


def _set_lock(item: Item, name: str, locked: bool, changes: Changes) -> None:
    if locked == (name in item.locks):
        return
    changes[f"{name}.locked"] = (not locked, locked)
    if locked:
        item.locks.add(name)
    else:
        item.locks.discard(name)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
