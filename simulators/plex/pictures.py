"""Posters and backgrounds: uploads are named by content and stay for ever (sheet, section 8)."""

from __future__ import annotations

import hashlib

from simulators.http import Response
from simulators.plex import markup
from simulators.plex.model import Item, Picture
from simulators.plex.quirks import Call
from simulators.plex.rendering import composite_url, file_url

MAX_BYTES = 10 * 1024 * 1024
# The name of a collection's composite picture. plexapi's suite, which is run against real servers,
# expects names of this scheme among others.
COMPOSITE = "default://"

# List name -> (name of the chosen one and of its lock, folder of the uploads).
_KINDS = {"posters": ("thumb", "posters"), "arts": ("art", "art")}
_CHOSEN = {"poster": "posters", "thumb": "posters", "art": "arts"}


def list_pictures(call: Call, key: str, kind: str) -> Response:
    item = call.library.get(int(key))
    if item is None:
        return markup.error(404)
    rows = [
        markup.element(
            "Photo",
            {
                "key": _key(item, picture),
                "provider": picture.provider,
                "ratingKey": picture.rating_key,
                "selected": int(picture.selected),
                "thumb": _key(item, picture),
            },
        )
        for picture in _listed(call, item, kind)
    ]
    pairs = {"size": len(rows), "identifier": "com.plexapp.plugins.library"}
    return markup.container(pairs, rows)


def upload(call: Call, key: str, kind: str) -> Response:
    """The body's bytes become the chosen picture; the same bytes are not stored twice.

    A `url` would make the server download it: this one has no way out, and answers 400.
    """
    item = call.library.get(int(key))
    data = call.request.body
    if item is None:
        return markup.error(404)
    if len(data) > MAX_BYTES:
        return markup.error(413)
    if call.request.arg("url") is not None or not data:
        return markup.error(400)
    rating_key = upload_key(item, kind, data)
    pictures = stored(item, kind)
    if not any(picture.rating_key == rating_key for picture in pictures):
        pictures.append(Picture(rating_key, data))
    _choose(call, item, kind, rating_key)
    return markup.done()


def choose(call: Call, key: str, chosen: str) -> Response:
    """`PUT …/poster?url=<ratingKey of an entry>`; only what is listed can be chosen."""
    item = call.library.get(int(key))
    kind = _CHOSEN[chosen]
    rating_key = call.request.arg("url")
    if item is None:
        return markup.error(404)
    if not rating_key or rating_key.startswith(("http://", "https://")):
        return markup.error(400)
    if not any(picture.rating_key == rating_key for picture in _listed(call, item, kind)):
        return markup.error(404)
    _choose(call, item, kind, rating_key)
    return markup.done()


def drop_choice(call: Call, key: str, chosen: str) -> Response:
    """`DELETE …/thumb`: nothing is chosen any more; the pictures stay listed."""
    item = call.library.get(int(key))
    if item is None:
        return markup.error(404)
    _choose(call, item, _CHOSEN[chosen], None)
    return markup.done()


def download(call: Call, key: str, chosen: str) -> Response:
    """The bytes of the chosen picture."""
    item = call.library.get(int(key))
    picture = None if item is None else item.selected(_KINDS[_CHOSEN[chosen]][0])
    return markup.error(404) if picture is None else _bytes(picture)


def download_composite(call: Call, key: str) -> Response:
    """What a collection without a poster shows: some bytes in the place of members' posters."""
    item = call.library.get(int(key))
    is_there = item is not None and item.type == "collection"
    return Response(200, b"\xff\xd8\xff composite", "image/jpeg") if is_there else markup.error(404)


def download_listed(call: Call, key: str) -> Response:
    """The bytes of any of an item's pictures, by its `url`."""
    item = call.library.get(int(key))
    wanted = call.request.arg("url")
    for picture in [] if item is None else [*item.posters, *item.arts]:
        if picture.rating_key == wanted:
            return _bytes(picture)
    return markup.error(404)


def _listed(call: Call, item: Item, kind: str) -> list[Picture]:
    """What is stored, and first of all a collection's composite, which it shows while nobody has
    given it a poster."""
    pictures = stored(item, kind)
    if item.type != "collection" or kind != "posters":
        return pictures
    is_shown = call.quirks.composite_counts and item.selected("thumb") is None
    return [Picture(COMPOSITE, selected=is_shown), *pictures]


def stored(item: Item, kind: str) -> list[Picture]:
    return item.posters if kind == "posters" else item.arts


def upload_key(item: Item, kind: str, data: bytes) -> str:
    """`upload://posters/<sha1>`; seasons and episodes are stored with their show."""
    folder = _KINDS[kind][1]
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if item.type == "season":
        folder += f"/seasons/{item.fields.get('index')}"
    elif item.type == "episode" and item.parent is not None:
        season = item.parent.fields.get("index")
        folder += f"/seasons/{season}/episodes/{item.fields.get('index')}"
    return f"upload://{folder}/{digest}"


def _choose(call: Call, item: Item, kind: str, rating_key: str | None) -> None:
    field = _KINDS[kind][0]
    before = item.selected(field)
    wanted = [each for each in stored(item, kind) if each.rating_key == rating_key]
    item.choose(field, wanted[0] if wanted else None)
    changes: dict[str, tuple[object, object]] = {}
    old = before.rating_key if before is not None else None
    if old != rating_key:
        changes[field] = (old, rating_key)
    if call.quirks.upload_locks and rating_key is not None and field not in item.locks:
        item.locks.add(field)
        changes[f"{field}.locked"] = (False, True)
    call.library.changed(item, changes, call.quirks.moves_updated_at)


def _key(item: Item, picture: Picture) -> str:
    if picture.rating_key == COMPOSITE:
        return composite_url(item)
    if picture.rating_key.startswith(("http://", "https://")):
        return picture.rating_key
    return file_url(item, picture.rating_key)


def _bytes(picture: Picture) -> Response:
    kind = "image/png" if picture.data.startswith(b"\x89PNG") else "image/jpeg"
    return Response(200, picture.data, kind)
