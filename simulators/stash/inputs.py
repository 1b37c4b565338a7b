"""What a mutation's input changes: from GraphQL names and ids to attributes and objects."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar
from urllib.request import urlopen

from simulators.stash.library import StashLibrary, in_name_order
from simulators.stash.model import (
    Group,
    GroupDescription,
    Marker,
    Performer,
    Scene,
    SceneGroup,
    StashId,
    Studio,
    Tag,
)

Item = Scene | Performer | Studio | Tag | Group | Marker
Related = TypeVar("Related", Performer, Tag, Studio, Group)
Input = Mapping[str, Any]


class StashError(Exception):
    """A resolver's error: answered with status 200 and `errors`."""


def attributes(library: StashLibrary, item: Item, values: Input) -> dict[str, Any]:
    """The attributes of `item` that an input of an update or a bulk update sets, converted.

    Raises StashError for a bad date, a bad image, for ids that don't exist or come twice, and where
    a scene is to be neither organized nor not.
    """
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name == "url" and "urls" in values:
            continue
        if name == "organized" and value is None:
            raise StashError("NOT NULL constraint failed: scenes.organized")
        if convert := _CONVERTERS.get(name):
            attribute, convert_value = convert
            changes[attribute] = convert_value(library, getattr(item, attribute), value)
        elif name in _SAME_NAME and hasattr(item, name):
            old = getattr(item, name)
            is_list = isinstance(old, list)  # the aliases of a group are one text, others a list
            change = _aliases if is_list else _plain
            changes[name] = change(library, old, value)
    return changes


def find(table: dict[int, Related], object_id: str | None) -> Related:
    """The object that an input names; an unknown id is a foreign key that SQLite refuses."""
    number = as_id(object_id)
    if number not in table:
        raise StashError("FOREIGN KEY constraint failed")
    return table[number]


def as_id(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise StashError(f'strconv.Atoi: parsing "{text}": invalid syntax') from None


def _plain(library: StashLibrary, old: object, value: Any) -> Any:
    """Null empties a text."""
    if isinstance(value, str):
        return _trimmed(library, value)
    if value is None and isinstance(old, (str, bool)):
        return type(old)()
    return value


def _trimmed(library: StashLibrary, value: str) -> str:
    """Up to v0.29 blanks around a text are kept, and a title or name may be nothing else."""
    return value.strip() if library.release >= (0, 30) else value


def _date(library: StashLibrary, old: str | None, value: str | None) -> str | None:
    """Partial dates came with v0.30. A point in time is cut to its date; the year 0 is one."""
    if not value:
        return None
    takes_partial = library.release >= (0, 30)
    form = r"\d{4}(-\d{2}(-\d{2})?)?" if takes_partial else r"\d{4}-\d{2}-\d{2}"
    if found := re.fullmatch(
        rf"({form})|(\d{{4}}-\d{{2}}-\d{{2}})[T ]\d{{2}}:\d{{2}}:\d{{2}}.*", value
    ):
        cut = found[1] or found[4 if takes_partial else 2]
        with contextlib.suppress(ValueError):
            # Go knows the year 0, a leap year; Python doesn't.
            date.fromisoformat(f"{cut}-01-01"[:10].replace("0000", "2000", 1))
            return cut
    failed = f"ParseDateStringAsTime failed: dateString <{value}>"
    if takes_partial:
        failed = f'failed to parse date "{value}": [{failed}]'
    raise StashError(f"converting date: {failed}")


def _studio(library: StashLibrary, old: Studio | None, value: str | None) -> Studio | None:
    """Null takes the studio away; an empty text is no id."""
    return None if value is None else find(library.studios, value)


def _parent(library: StashLibrary, old: Studio | None, value: str | None) -> Studio | None:
    number = as_id(value) if value else None
    if number is not None and number not in library.studios:
        raise StashError(f"studio with id {number} not found")
    return None if number is None else library.studios[number]


def _performers(library: StashLibrary, old: list[Performer], value: Any) -> list[Performer]:
    return library.in_row_order(_relation(library.performers, old, value))


def tags(library: StashLibrary, old: list[Tag], value: Any) -> list[Tag]:
    """`value`: as `_relation` has it."""
    return in_name_order(_relation(library.tags, old, value))


def _groups(library: StashLibrary, old: list[SceneGroup], value: Any) -> list[SceneGroup]:
    """One group twice is an error."""
    given = [
        SceneGroup(
            find(library.groups, each.get("group_id") or each.get("movie_id")),
            each.get("scene_index"),
        )
        for each in value or ()
    ]
    if len({each.group.id for each in given}) < len(given):
        raise StashError("UNIQUE constraint failed: groups_scenes.scene_id, groups_scenes.group_id")
    return given


def _group_ids(library: StashLibrary, old: list[SceneGroup], value: Any) -> list[SceneGroup]:
    known = {entry.group: entry for entry in old}
    wanted = _relation(library.groups, list(known), value)
    return [known.get(group, SceneGroup(group, None)) for group in wanted]


def _containing(
    library: StashLibrary, old: list[GroupDescription], value: Any
) -> list[GroupDescription]:
    return [
        GroupDescription(find(library.groups, each["group_id"]), each.get("description"))
        for each in value or ()
    ]


def _relation(table: dict[int, Related], old: list[Related], value: Any) -> list[Related]:
    """`value`: a list of ids, or what bulk updates have, `{ids, mode}`."""
    ids = value.get("ids") if isinstance(value, dict) else value
    given = [find(table, each) for each in dict.fromkeys(ids or ())]
    return _combine(old, given, value)


def _texts(library: StashLibrary, old: list[str], value: Any) -> list[str]:
    """Repeats and empty ones are kept."""
    texts = value.get("values") if isinstance(value, dict) else value
    return _combine(old, [_trimmed(library, text) for text in texts or ()], value)


def _aliases(library: StashLibrary, old: list[str], value: Any) -> list[str]:
    """Sorted by bytes, whatever order they are given in; whoever checks them sees repeats."""
    texts = value.get("values") if isinstance(value, dict) else value
    given = [_trimmed(library, text) for text in texts or ()]
    return sorted(_combine(old, given, value), key=str.encode)


Element = TypeVar("Element")


def _combine(old: list[Element], given: list[Element], value: Any) -> list[Element]:
    mode = value["mode"] if isinstance(value, dict) else "SET"
    if mode == "ADD":
        return [*old, *(each for each in given if each not in old)]
    if mode == "REMOVE":
        return [each for each in old if each not in given]
    return given


def _url(library: StashLibrary, old: list[str], value: str | None) -> list[str]:
    return [value] if value else []


def _stash_ids(library: StashLibrary, old: list[StashId], value: Any) -> list[StashId]:
    """They come by endpoint, whatever order they are given in."""
    now = library.timestamp()
    given = [
        StashId(each["endpoint"], each["stash_id"], each.get("updated_at") or now)
        for each in value or ()
    ]
    return sorted(given, key=lambda each: each.endpoint)


def _custom_fields(library: StashLibrary, old: dict[str, Any], value: Any) -> dict[str, Any]:
    if value is None or not {"full", "partial", "remove"} & set(value):
        return _stored_fields(value or {})
    fields = {
        **(old if value.get("full") is None else value["full"]),
        **(value.get("partial") or {}),
    }
    kept = {key: each for key, each in fields.items() if key not in (value.get("remove") or ())}
    return _stored_fields(kept)


def _stored_fields(fields: Input) -> dict[str, Any]:
    """What a column of SQLite makes of them: no truth values, no null, nothing nested."""
    for name, value in fields.items():
        if isinstance(value, (list, dict)):
            raise StashError(f"custom field {name}: unsupported type")
    return {
        name: int(value) if isinstance(value, bool) else as_go_number(value)
        for name, value in fields.items()
        if value is not None
    }


def as_go_number(value: Any) -> Any:
    """A number as Stash keeps it: a whole one without a point and within 64 bits, and nothing of
    one that is written with an exponent alone (1e21, 1e-07)."""
    if isinstance(value, float) and "e" in repr(value) and "." not in repr(value):
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if value != int(value):
        return value
    return max(-(1 << 63), min(int(value), (1 << 63) - 1))


def image(library: StashLibrary, old: bytes | None, value: str | None) -> bytes | None:
    """Bytes of a data URL. Anything else is an address that Stash fetches, as this simulator does
    within this machine."""
    if not value:
        return None
    match = re.match(r"data:[^;,]*;base64,", value)
    if match is None:
        return _fetched(value)
    try:
        return base64.b64decode(value[match.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise StashError("processing image: not a base64 data URL") from None


def _fetched(address: str) -> bytes:
    if not address.startswith("http://127.0.0.1:"):
        raise StashError(f'processing image: Get "{address}": unsupported protocol scheme ""')
    try:
        with urlopen(address, timeout=10) as answer:
            return bytes(answer.read())
    except OSError as error:
        raise StashError(f"processing image: {error}") from None


def _cover(library: StashLibrary, old: bytes | None, value: str | None) -> bytes | None:
    """Null or "" leaves a scene's cover as it is: it can only be replaced."""
    return image(library, old, value) or old


_CONVERTERS: dict[str, tuple[str, Callable[[StashLibrary, Any, Any], Any]]] = {
    "date": ("date", _date),
    "birthdate": ("birthdate", _date),
    "death_date": ("death_date", _date),
    "studio_id": ("studio", _studio),
    "parent_id": ("parent_studio", _parent),
    "performer_ids": ("performers", _performers),
    "tag_ids": ("tags", tags),
    "parent_ids": ("parents", tags),
    "groups": ("groups", _groups),
    "movies": ("groups", _groups),
    "group_ids": ("groups", _group_ids),
    "movie_ids": ("groups", _group_ids),
    "containing_groups": ("containing_groups", _containing),
    "urls": ("urls", _texts),
    "url": ("urls", _url),
    "alias_list": ("alias_list", _aliases),
    "stash_ids": ("stash_ids", _stash_ids),
    "custom_fields": ("custom_fields", _custom_fields),
    "cover_image": ("cover", _cover),
    "image": ("image", image),
    "front_image": ("front_image", image),
    "back_image": ("back_image", image),
}

_SAME_NAME = frozenset(
    {
        "title",
        "code",
        "details",
        "director",
        "rating100",
        "organized",
        "play_duration",
        "name",
        "disambiguation",
        "gender",
        "ethnicity",
        "country",
        "eye_color",
        "hair_color",
        "height_cm",
        "weight",
        "measurements",
        "fake_tits",
        "penis_length",
        "circumcised",
        "career_length",
        "tattoos",
        "piercings",
        "favorite",
        "ignore_auto_tag",
        "sort_name",
        "description",
        "duration",
        "synopsis",
        "aliases",
    }
)
