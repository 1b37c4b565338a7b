"""Find queries over the library: filter, order, page."""

from __future__ import annotations

import bisect
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from simulators.stash import criteria
from simulators.stash.clients_criteria import CLIENTS_CRITERIA
from simulators.stash.criteria import Predicate
from simulators.stash.inputs import StashError, as_id
from simulators.stash.library import StashLibrary, natural_key
from simulators.stash.model import Group, Performer, Scene, Studio, Tag

Filter = Mapping[str, Any]
Named = TypeVar("Named", Performer, Studio, Tag, Group)
Item = TypeVar("Item", Scene, Performer, Studio, Tag, Group)


@dataclass(frozen=True, slots=True)
class Found(Generic[Item]):
    """The items of one page in order, and all that matched."""

    page: Sequence[Item]
    matched: Sequence[Item]


def by_ids(
    table: Mapping[int, Item], ids: Sequence[Any], kind: str, release: tuple[int, ...]
) -> Found[Item]:
    """In the order asked for. One unknown or repeated id fails the whole query; up to v0.28 a
    repeated one is said not to exist."""
    if len(set(ids)) < len(ids):
        repeated = next(each for at, each in enumerate(ids) if each in ids[:at])
        if release < (0, 29):
            raise StashError(f"{kind} with id {repeated} not found")
        raise StashError(f"validating ids: duplicate id found: {repeated}")
    numbers = [as_id(str(each)) for each in ids]
    for number in numbers:
        if number not in table:
            raise StashError(f"{kind} with id {number} not found")
    items = [table[number] for number in numbers]
    return Found(items, items)


def scenes(library: StashLibrary, scene_filter: Filter | None, find_filter: Filter) -> Found[Scene]:
    candidates, wanted = _narrowed(library, scene_filter or {})
    matches = scene_predicate(library, wanted)
    if query := find_filter.get("q"):
        matches.append(_search(query, lambda scene: [scene.title, scene.details, *_paths(scene)]))
    matched = _selected(candidates, matches)
    if not find_filter.get("sort"):
        # SQLite then reads an index that happens to fit: seen on v0.28.0 and develop cf3489ef.
        matched = sorted(matched, key=lambda each: each.studio.id if each.studio else 0)
    return _ordered_page(matched, find_filter, _SCENE_SORTS, lambda s: s.title or str(s.id))


def named(
    table: Mapping[int, Named], object_filter: Filter | None, find_filter: Filter
) -> Found[Named]:
    """Performers, studios, tags or groups."""
    matches: list[Predicate[Named]] = [
        _named_criterion(name, criterion) for name, criterion in (object_filter or {}).items()
    ]
    if query := find_filter.get("q"):
        matches.append(_search(query, _names))
    matched = _selected(list(table.values()), matches)
    by_name = {"sort": "name", **{key: each for key, each in find_filter.items() if each}}
    return _ordered_page(matched, by_name, _NAMED_SORTS, lambda item: item.name)


def scene_predicate(library: StashLibrary, wanted: Filter) -> list[Predicate[Scene]]:
    """All of them must hold. Of AND, OR and NOT Stash takes one, and it binds to all before it."""
    matches = [
        scene_criterion(library, name, criterion)
        for name, criterion in wanted.items()
        if criterion is not None and name not in ("AND", "OR", "NOT")
    ]
    nested = {name: wanted[name] for name in ("AND", "OR", "NOT") if wanted.get(name) is not None}
    if len(nested) > 1:
        first, second, *_ = nested
        raise StashError(f"cannot have {first} and {second} in the same filter")
    for name, inner in nested.items():
        within = _all(scene_predicate(library, inner))
        is_alone = name == "OR" and not matches
        matches = [within if is_alone else _joined(name, _all(matches), within)]
    return matches


def _joined(name: str, before: Predicate[Scene], within: Predicate[Scene]) -> Predicate[Scene]:
    if name == "OR":
        return lambda scene: before(scene) or within(scene)
    return lambda scene: before(scene) and within(scene) == (name == "AND")


def scene_criterion(library: StashLibrary, name: str, criterion: Any) -> Predicate[Scene]:
    if make := CLIENTS_CRITERIA.get(name):
        return make(criterion)
    if name in _RELATED_FILTERS:
        return _of_related(name, criterion)
    if name == "organized":
        return lambda scene: scene.organized == criterion
    if name in ("title", "code", "details", "director"):
        return criteria.text(criterion, _attribute(name))
    if name == "path":
        return _any_path(criterion)
    if name == "date":
        return criteria.compared(criterion, _full_date)
    if name == "file_count":
        return criteria.compared(criterion, lambda scene: len(scene.files))
    if name == "stash_id_endpoint":
        return _stash_id(criterion)
    if name in _RELATED:
        get_ids, get_children = _RELATED[name]
        children = get_children(library) if get_children else None
        return criteria.related(criterion, get_ids, children)
    return criteria.compared(criterion, _attribute(name))


def _of_related(name: str, wanted: Filter) -> Predicate[Scene]:
    """Scenes with any performer, studio, tag, group or file that the filter finds."""
    matches = [_named_criterion(each, criterion) for each, criterion in wanted.items()]
    get = _RELATED_FILTERS[name]
    return lambda scene: any(all(match(each) for match in matches) for each in get(scene))


def _named_criterion(name: str, criterion: Any) -> Predicate[Any]:
    make = criteria.text if name == "name" else criteria.compared
    return make(criterion, _attribute(name))


_RELATED_FILTERS: dict[str, Callable[[Scene], Iterable[Any]]] = {
    "performers_filter": lambda scene: scene.performers,
    "studios_filter": lambda scene: [scene.studio] if scene.studio else [],
    "tags_filter": lambda scene: scene.tags,
    "groups_filter": lambda scene: [each.group for each in scene.groups],
    "files_filter": lambda scene: scene.files,
}


def _full_date(scene: Scene) -> str | None:
    """1922 is stored as 1922-01-01, with its precision beside it."""
    return f"{scene.date}-01-01"[:10] if scene.date else None


def _any_path(criterion: Filter) -> Predicate[Scene]:
    one = criteria.text(criterion, lambda path: path)
    return lambda scene: any(one(path) for path in _paths(scene) or [""])


def _stash_id(criterion: Filter) -> Predicate[Scene]:
    def values(scene: Scene) -> list[str]:
        wanted = criterion.get("endpoint")
        return [each.stash_id for each in scene.stash_ids if wanted in (None, "", each.endpoint)]

    if criterion["modifier"] in ("IS_NULL", "NOT_NULL"):
        return lambda scene: bool(values(scene)) == (criterion["modifier"] == "NOT_NULL")
    one = criteria.text({**criterion, "value": criterion.get("stash_id") or ""}, str)
    return lambda scene: any(one(value) for value in values(scene))


def studio_children(library: StashLibrary) -> Callable[[int], Iterable[int]]:
    return lambda parent: [
        studio.id
        for studio in library.studios.values()
        if studio.parent_studio and studio.parent_studio.id == parent
    ]


def tag_children(library: StashLibrary) -> Callable[[int], Iterable[int]]:
    return lambda parent: [
        tag.id for tag in library.tags.values() if any(each.id == parent for each in tag.parents)
    ]


def _group_children(library: StashLibrary) -> Callable[[int], Iterable[int]]:
    return lambda parent: [
        group.id
        for group in library.groups.values()
        if any(above.group.id == parent for above in group.containing_groups)
    ]


_Children = Callable[[StashLibrary], Callable[[int], Iterable[int]]]
_RELATED: dict[str, tuple[Callable[[Scene], Iterable[int]], _Children | None]] = {
    "performers": (lambda scene: [each.id for each in scene.performers], None),
    "studios": (lambda scene: [scene.studio.id] if scene.studio else [], studio_children),
    "tags": (lambda scene: [each.id for each in scene.tags], tag_children),
    "groups": (lambda scene: [each.group.id for each in scene.groups], _group_children),
}


def _narrowed(library: StashLibrary, wanted: Filter) -> tuple[Sequence[Scene], Filter]:
    """The scenes in id order that a lower bound for the id leaves, and the rest of the filter."""
    every = list(library.scenes.values())
    by_id = wanted.get("id")
    if not by_id or by_id["modifier"] != "GREATER_THAN" or wanted.get("OR") is not None:
        return every, wanted
    start = bisect.bisect_right(every, by_id["value"], key=lambda scene: scene.id)
    return every[start:], {name: each for name, each in wanted.items() if name != "id"}


def _selected(items: Sequence[Item], matches: Sequence[Predicate[Item]]) -> Sequence[Item]:
    return [item for item in items if all(match(item) for match in matches)] if matches else items


def _all(matches: list[Predicate[Scene]]) -> Predicate[Scene]:
    return lambda scene: all(match(scene) for match in matches)


def _ordered_page(
    matched: Sequence[Item],
    find_filter: Filter,
    sorts: Mapping[str, Callable[[Any], Any]],
    title: Callable[[Item], str],
) -> Found[Item]:
    sort, descending = find_filter.get("sort"), find_filter.get("direction") == "DESC"
    if sort:
        matched = _sorted(matched, sort, descending, sorts, title)
    per_page = find_filter.get("per_page")
    per_page = 25 if per_page is None else per_page
    if per_page < 0:
        return Found(matched, matched)
    start = (max(find_filter.get("page") or 1, 1) - 1) * per_page
    return Found(matched[start : start + per_page], matched)


def _sorted(
    items: Sequence[Item],
    sort: str,
    descending: bool,
    sorts: Mapping[str, Callable[[Any], Any]],
    title: Callable[[Item], str],
) -> Sequence[Item]:
    """The title breaks ties. Null sorts before everything, as in SQLite."""
    if sort == "random" or (sort.startswith("random_") and sort[7:].isdecimal()):
        seed = sort.partition("_")[2] or None
        return random.Random(seed).sample(list(items), len(items))
    if sort not in sorts:
        raise StashError(f"invalid sort: {sort}")
    if sort == "id":
        return items[::-1] if descending else items
    get = sorts[sort]
    by_title = sorted(items, key=lambda item: natural_key(title(item)))
    return sorted(by_title, key=lambda item: _null_first(get(item)), reverse=descending)


def _null_first(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)


def _search(query: str, texts: Callable[[Item], Iterable[str]]) -> Predicate[Item]:
    """Every word must be in one of the texts; case is ignored."""
    words = query.lower().split()

    def matches(item: Item) -> bool:
        lowered = [text.lower() for text in texts(item)]
        return all(any(word in text for text in lowered) for word in words)

    return matches


def _paths(scene: Scene) -> list[str]:
    return [file.path for file in scene.files]


def _names(item: Performer | Studio | Tag | Group) -> list[str]:
    aliases = item.alias_list if isinstance(item, Performer) else item.aliases
    return [item.name, *([aliases] if isinstance(aliases, str) else aliases)]


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda item: getattr(item, name)


def _of_first_file(name: str) -> Callable[[Scene], Any]:
    return lambda scene: getattr(scene.files[0], name) if scene.files else None


_SCENE_SORTS: dict[str, Callable[[Scene], Any]] = {
    **{
        name: _attribute(name)
        for name in [
            "id",
            "created_at",
            "updated_at",
            "code",
            "last_played_at",
            "o_counter",
            "organized",
            "play_count",
            "play_duration",
            "resume_time",
        ]
    },
    "date": _full_date,
    "rating": lambda scene: scene.rating100,
    "title": lambda scene: natural_key(scene.title) if scene.title else None,
    "path": lambda scene: natural_key(scene.path),
    "studio": lambda scene: natural_key(scene.studio.name) if scene.studio else None,
    "file_count": lambda scene: len(scene.files),
    "performer_count": lambda scene: len(scene.performers),
    "tag_count": lambda scene: len(scene.tags),
    "filesize": _of_first_file("size"),
    "duration": _of_first_file("duration_s"),
    "file_mod_time": _of_first_file("mod_time"),
    "framerate": _of_first_file("frame_rate"),
    "bitrate": _of_first_file("bit_rate"),
}

_NAMED_SORTS: dict[str, Callable[[Any], Any]] = {
    **{name: _attribute(name) for name in ("id", "created_at", "updated_at")},
    "name": lambda item: natural_key(getattr(item, "sort_name", "") or item.name),
}
