"""Items as XML: what a listing leaves out, and what a full item has."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from simulators.http import Request
from simulators.plex.activity import OWNER
from simulators.plex.markup import attributes, element, escape
from simulators.plex.model import TAG_ELEMENTS, Item, Media, Part, Tag
from simulators.plex.quirks import Quirks

# In listings at most so many of each; the cuts of the last three are UNVERIFIED on the sheet.
LISTED_TAGS = {
    "genre": 2,
    "country": 2,
    "director": 2,
    "writer": 2,
    "actor": 3,
    "collection": 2,
}
_DIRECTORIES = {"show", "season", "collection"}
_TARGET_IDS = {"Mobile": 1, "TV": 2}

_STATE = {"viewCount", "viewOffset", "lastViewedAt", "userRating", "lastRatedAt"}

Adopt = Callable[[Item, str, Tag], Tag]


@dataclass(frozen=True, slots=True)
class View:
    """How much of an item to show. `only_fields` is what API versions from 1.0 ask for."""

    full: bool
    guids: bool = True
    check_files: bool = False
    without_elements: frozenset[str] = frozenset()
    without_fields: frozenset[str] = frozenset()
    only_elements: frozenset[str] | None = None
    only_fields: frozenset[str] | None = None
    cast_lock: str = "actor"
    cuts_tags: bool = True
    also_listed: frozenset[str] = frozenset()

    def as_listed(self, quirks: Quirks) -> View:
        """As this server's listings show items."""
        also = frozenset({"Label", "Field"}) - frozenset(quirks.listing_hides)
        cuts_tags, lock = quirks.listing_cuts_tags, quirks.cast_lock
        return replace(self, cuts_tags=cuts_tags, also_listed=also, cast_lock=lock)

    @classmethod
    def of(cls, request: Request, *, full: bool) -> View:
        """The view that a request's include and exclude parameters ask for.

        Without `X-Plex-Pms-Api-Version` (as plexapi asks) includeFields and includeElements mean
        "also these": optional extras that this server has none of.
        """
        version = argument(request, "X-Plex-Pms-Api-Version") or "0"
        restrict = version.partition(".")[0].isdigit() and int(version.partition(".")[0]) >= 1
        return cls(
            full=full,
            guids=full or request.arg("includeGuids") == "1",
            check_files=full and request.arg("checkFiles") == "1",
            without_elements=_names(request, "excludeElements"),
            without_fields=_names(request, "excludeFields"),
            only_elements=(_names(request, "includeElements") or None) if restrict else None,
            only_fields=(_names(request, "includeFields") or None) if restrict else None,
        )

    def to(self, account: int) -> View:
        """As this account sees it: what the owner has watched and rated is the owner's alone."""
        if account == OWNER:
            return self
        return replace(self, without_fields=self.without_fields | _STATE)

    def shows(self, name: str) -> bool:
        if self.only_elements is not None and name not in self.only_elements:
            return False
        return name not in self.without_elements


def argument(request: Request, name: str) -> str | None:
    """An X-Plex-* value, which may be a header or a query parameter."""
    return request.headers.get(name.lower()) or request.arg(name)


def item_xml(item: Item, view: View, adopt: Adopt, child_count: int | None = None) -> str:
    """One item. `adopt` gives tags that a test made by hand an id; `child_count` is for
    collections, which do not know their members."""
    pairs = _item_attributes(item, view, child_count)
    pairs.update(item.odd)
    if view.only_fields is not None:
        pairs = {name: value for name, value in pairs.items() if name in view.only_fields}
    for name in view.without_fields:
        pairs.pop(name, None)
    name = "Directory" if item.type in _DIRECTORIES else "Video"
    return element(name, pairs, _content(item, view, adopt))


def item_key(item: Item) -> str:
    if item.type == "collection":
        return f"/library/collections/{item.rating_key}/children"
    suffix = "/children" if item.type in _DIRECTORIES else ""
    return f"/library/metadata/{item.rating_key}{suffix}"


def _item_attributes(item: Item, view: View, child_count: int | None) -> dict[str, object]:
    fields = item.fields
    pairs: dict[str, object] = {"ratingKey": item.rating_key, "key": item_key(item)}
    if item.parent is not None:
        pairs.update(_ancestors(item))
    pairs["guid"] = item.guid
    pairs["studio"] = fields.get("studio")
    pairs["type"] = item.type
    pairs["title"] = fields.get("title")
    if view.full:
        pairs["librarySectionTitle"] = item.section.title
        pairs["librarySectionID"] = item.section.key
        pairs["librarySectionKey"] = f"/library/sections/{item.section.key}"
    if item.sort_title != item.title:
        pairs["titleSort"] = item.sort_title
    for name in _SCALARS:
        pairs[name] = fields.get(name)
    _add_state(pairs, item)
    if item.type == "collection":
        pairs.update(_collection_attributes(item, child_count))
    elif item.type in ("show", "season"):
        pairs.update(_leaf_counts(item))
    return pairs


_SCALARS = (
    "originalTitle",
    "contentRating",
    "summary",
    "index",
    "rating",
    "audienceRating",
    "userRating",
    "year",
    "tagline",
    "editionTitle",
    "originallyAvailableAt",
)


def _add_state(pairs: dict[str, object], item: Item) -> None:
    if item.media:
        pairs["duration"] = item.duration_ms
    pairs["viewCount"] = item.view_count or None
    pairs["viewOffset"] = item.view_offset or None
    pairs["lastViewedAt"] = item.last_viewed_at
    pairs["lastRatedAt"] = item.last_rated_at
    for kind in ("thumb", "art"):
        if _shows(item, kind):
            pairs[kind] = picture_url(item, kind)
    pairs["addedAt"] = item.added_at
    pairs["updatedAt"] = item.updated_at
    pairs["deletedAt"] = item.deleted_at


def picture_url(item: Item, kind: str) -> str:
    """Where clients get what it shows; the time in it only defeats caches."""
    if item.selected(kind) is None:
        return composite_url(item)
    return f"/library/metadata/{item.rating_key}/{kind}/{item.updated_at}"


def composite_url(collection: Item) -> str:
    """The picture that a collection without a poster is given, made of its members' posters."""
    return f"/library/collections/{collection.rating_key}/composite/{collection.updated_at}"


def _shows(item: Item, kind: str) -> bool:
    return item.selected(kind) is not None or (item.type == "collection" and kind == "thumb")


def _ancestors(item: Item) -> dict[str, object]:
    """A season's show as parent; an episode's season as parent and show as grandparent."""
    pairs: dict[str, object] = {}
    above = item.parent
    for prefix in ("parent", "grandparent"):
        if above is None:
            break
        pairs[f"{prefix}RatingKey"] = above.rating_key
        pairs[f"{prefix}Key"] = f"/library/metadata/{above.rating_key}"
        pairs[f"{prefix}Guid"] = above.guid
        pairs[f"{prefix}Title"] = above.title
        if above.type == "season":
            pairs["parentIndex"] = above.fields.get("index")
        above = above.parent
    return pairs


def _leaf_counts(item: Item) -> dict[str, object]:
    episodes = leaves(item)
    counts: dict[str, object] = {
        "leafCount": len(episodes),
        "viewedLeafCount": sum(1 for episode in episodes if episode.view_count),
    }
    if item.type == "show":
        counts["childCount"] = len(item.children)
    return counts


def leaves(item: Item) -> list[Item]:
    """The episodes below a show or season, in season order."""
    if item.type == "episode":
        return [item]
    return [leaf for child in by_number(item.children) for leaf in leaves(child)]


def by_number(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: item.number)


def _collection_attributes(item: Item, child_count: int | None) -> dict[str, object]:
    record = item.tag_record
    return {
        "subtype": item.fields.get("subtype"),
        "index": record.id if record is not None else None,
        "childCount": child_count,
        "smart": 1 if item.uri else 0,
        "content": item.uri,
        "collectionMode": item.fields.get("collectionMode"),
        "collectionSort": item.fields.get("collectionSort"),
    }


def _content(item: Item, view: View, adopt: Adopt) -> str:
    texts: list[str] = []
    if item.media and view.shows("Media"):
        has_optimized = any(media.optimized_for for media in item.media)
        texts.extend([_media(x, view, has_optimized=has_optimized) for x in item.media])
    if view.guids and item.guids and view.shows("Guid"):
        texts.extend([element("Guid", {"id": guid}) for guid in item.guids])
    if item.tags:
        texts.extend(_full_tags(item, view, adopt) if view.full else _listed_tags(item, view))
    if view.full and view.shows("Image"):
        texts.extend(_images(item))
    if (view.full or "Field" in view.also_listed) and view.shows("Field"):
        texts.extend(_locks(item, view))
    return "".join(texts)


def _listed_tags(item: Item, view: View) -> list[str]:
    kinds = {**LISTED_TAGS, "label": 1000} if "Label" in view.also_listed else LISTED_TAGS
    return [
        f'<{TAG_ELEMENTS[kind]} tag="{escape(tag.record.name)}"/>\n'
        for kind, most in kinds.items()
        if kind in item.tags and view.shows(TAG_ELEMENTS[kind])
        for tag in item.tags[kind][: most if view.cuts_tags else None]
    ]


def _locks(item: Item, view: View) -> list[str]:
    names = sorted(view.cast_lock if name == "actor" else name for name in item.locks)
    return [element("Field", {"locked": 1, "name": name}) for name in names]


def _full_tags(item: Item, view: View, adopt: Adopt) -> list[str]:
    return [
        _tag(name, kind, adopt(item, kind, tag))
        for kind, name in TAG_ELEMENTS.items()
        if view.shows(name)
        for tag in item.tags.get(kind, ())
    ]


def _tag(name: str, kind: str, tag: Tag) -> str:
    return element(
        name,
        {
            "id": tag.id,
            "filter": f"{kind}={tag.id}",
            "tag": tag.name,
            "tagKey": tag.record.key,
            "role": tag.role,
            "thumb": tag.thumb,
        },
    )


def _images(item: Item) -> list[str]:
    types = {"thumb": "coverPoster", "art": "background"}
    return [
        element("Image", {"alt": item.title, "type": type, "url": picture_url(item, kind)})
        for kind, type in types.items()
        if _shows(item, kind)
    ]


def _media(media: Media, view: View, *, has_optimized: bool) -> str:
    """One version. Written as one format string: it is half of a listing."""
    size = sum([part.size for part in media.parts])
    duration = media.duration_ms
    extra = ""
    if media.optimized_for:
        target = {
            "optimizedForStreaming": 1,
            "proxyType": 42,
            "target": f"Optimized for {media.optimized_for}",
            "targetTagID": _TARGET_IDS.get(media.optimized_for, 3),
            "title": f"Optimized for {media.optimized_for}",
        }
        extra = attributes(target)
    elif has_optimized:
        extra = ' title="Original"'
    if media.deleted_at is not None:
        extra += f' deletedAt="{media.deleted_at}"'
    bitrate = size * 8 // max(duration, 1)
    content = "".join([_part(part, view) for part in media.parts])
    return (
        f'<Media id="{media.id}" duration="{duration}" bitrate="{bitrate}"'
        f' width="{media.width}" height="{media.height}"'
        f' aspectRatio="{media.width / max(media.height, 1):.2f}" audioChannels="2"'
        f' audioCodec="{media.audio_codec}" videoCodec="{media.video_codec}"'
        f' videoResolution="{media.height}" container="{_container(media.parts)}"'
        f' videoFrameRate="24p" audioProfile="lc" videoProfile="high"{extra}>\n{content}</Media>\n'
    )


def _container(parts: list[Part]) -> str:
    ending = posixpath.splitext(parts[0].file)[1] if parts else ""
    return escape(ending[1:].lower())


def _part(part: Part, view: View) -> str:
    ending = escape(posixpath.splitext(part.file)[1])
    extra = ' accessible="1" exists="1"' if view.check_files else ""
    if part.deleted_at is not None:
        extra = (' accessible="0" exists="0"' if view.check_files else "") + (
            f' deletedAt="{part.deleted_at}"'
        )
    text = (
        f'<Part id="{part.id}" key="/library/parts/{part.id}/{part.size & 0x7FFFFFFF}/file{ending}"'
        f' duration="{part.duration_ms}" file="{escape(part.file)}" size="{part.size}"'
        f' container="{ending[1:].lower()}" audioProfile="lc" videoProfile="high"{extra}'
    )
    if view.full and view.shows("Stream"):
        return f"{text}>\n{_streams(part)}</Part>\n"
    return f"{text}/>\n"


def _streams(part: Part) -> str:
    common = {"default": 1, "language": "English", "languageTag": "en", "languageCode": "eng"}
    video = {"id": part.id * 2 - 1, "streamType": 1, "codec": "h264", "index": 0, **common}
    audio = {"id": part.id * 2, "streamType": 2, "codec": "aac", "index": 1, "selected": 1}
    return element("Stream", video) + element("Stream", {**audio, **common})


def file_url(item: Item, picture_key: str) -> str:
    """Where clients get the bytes of one of an item's pictures."""
    return f"/library/metadata/{item.rating_key}/file?url={quote(picture_key, safe='')}"


def _names(request: Request, parameter: str) -> frozenset[str]:
    return frozenset(name for name in (request.arg(parameter) or "").split(",") if name)
