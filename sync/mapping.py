"""A scene's metadata as Plex should show it."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterable

from sync import fields
from sync.collection import sorting_group, sources
from sync.people import directors, shown_performers
from sync.tags import not_ignored
from sync.text import MAX_LINE, block, one_line
from sync.values import Credit, Credits, Value, Values
from validation.config import PlexSyncConfig
from validation.scene import Scene

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def desired_values(scene: Scene, config: PlexSyncConfig, item_type: str) -> Values:
    """What an item of `item_type` should show for the scene.

    An empty value means that Stash has nothing to say, also because of the settings: what we
    wrote under former settings then goes. Fields that are skipped or unknown to the item type are
    absent.
    """
    wanted = _all_values(scene, config)
    names = {field.name for field in fields.for_type(item_type)} - config.skip_fields
    return {name: value for name, value in wanted.items() if name in names}


def widened_date(text: str) -> str:
    """YYYY-MM-DD, "" for what is no date. A missing month or day becomes the first.

    Plex wants a full date. The first of the period is the only choice that never shows a date
    after the real one, and it sorts a year before all its full dates.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return ""
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return ""


def fill_template(template: str, scene: Scene) -> str:
    """`{name}` replaced by the scene's values; "" when every placeholder is empty.

    Names: title, studio, parent_studio, date, year, code, director, performers, rating, file.
    Unknown ones stay as they are, so that the typo shows in Plex.
    """
    known = _template_values(scene)
    used = [known[name] for name in _PLACEHOLDER.findall(template) if name in known]
    if used and not any(one_line(each) for each in used):
        return ""
    text = _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), template)
    # An empty value leaves its separator behind: " - Title", "Studio ()".
    text = re.sub(r"\(\s*\)|\[\s*\]", "", text)
    return one_line(text.strip(" -–—·|,:"))


def _all_values(scene: Scene, config: PlexSyncConfig) -> dict[str, Value]:
    tags = _credits(tag.name for tag in not_ignored(scene.tags, config))
    return {
        "title": _title(scene, config),
        "sort_title": _sort_title(scene, config),
        "studio": one_line(scene.studio.name) if scene.studio else "",
        "summary": block(scene.details),
        "date": widened_date(scene.date),
        "rating": _rating(scene.rating100),
        "tagline": fill_template(config.tagline_template, scene),
        "content_rating": one_line(config.content_rating),
        "genres": tags if config.tags_as in ("genres", "both") else (),
        "labels": tags if config.tags_as in ("labels", "both") else (),
        "cast": tuple(_cast(scene, with_photos=config.cast_photos)),
        "directors": _credits(directors(scene.director)),
        "collections": _credits(each.name for each in sources(scene, config)),
    }


def _title(scene: Scene, config: PlexSyncConfig) -> str:
    # Without a title Plex's own (mostly from the file name) is left alone.
    if not one_line(scene.title):
        return ""
    return (
        fill_template(config.title_template, scene)
        if config.title_template
        else one_line(scene.title)
    )


def _sort_title(scene: Scene, config: PlexSyncConfig) -> str:
    """The group's name and the scene's number in it, so that the group's collection and every
    list by title show its scenes in order. "" without such: then Plex sorts by the title."""
    found = sorting_group(scene, config)
    if found is None:
        return ""
    # Padded, since Plex compares letter by letter.
    return f"{one_line(found.group.name, MAX_LINE - 12)} {found.scene_index:04d}"


def _rating(rating100: int | None) -> str:
    """Plex's user rating as text, 0 to 10; a half star is 1, and tenths are kept."""
    # Stash's API stores any number.
    return f"{min(rating100, 100) / 10:g}" if rating100 and rating100 > 0 else ""


def _cast(scene: Scene, *, with_photos: bool) -> Iterable[Credit]:
    seen: set[str] = set()
    for shown in shown_performers(scene):
        if shown.name.casefold() in seen:
            continue
        seen.add(shown.name.casefold())
        photo = shown.performer.image_path if with_photos else ""
        yield Credit(shown.name, role=shown.role, photo=_public_url(photo))


def _public_url(url: str) -> str:
    """The address if anybody may have it: no key in it, and not Stash's placeholder picture."""
    is_http = url.startswith(("http://", "https://"))
    return "" if not is_http or "apikey=" in url.lower() or "default=true" in url else url


def _credits(names: Iterable[str]) -> Credits:
    unique: dict[str, Credit] = {}
    for name in names:
        credit = Credit(one_line(name))
        if credit.name:
            unique.setdefault(credit.key, credit)
    return tuple(unique.values())


def _template_values(scene: Scene) -> dict[str, str]:
    studio = scene.studio
    parent = studio.parent_studio if studio else None
    file = os.path.basename(scene.files[0].path.replace("\\", "/")) if scene.files else ""
    return {
        "title": one_line(scene.title),
        "studio": studio.name if studio else "",
        "parent_studio": parent.name if parent else "",
        "date": widened_date(scene.date),
        "year": widened_date(scene.date)[:4],
        "code": scene.code,
        "director": scene.director,
        "performers": ", ".join(each.name for each in shown_performers(scene)),
        "rating": _rating(scene.rating100),
        "file": os.path.splitext(file)[0],
    }
