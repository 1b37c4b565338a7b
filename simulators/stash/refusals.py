"""What Stash refuses to store: names that are taken, aliases that clash, families with a loop.

Names are compared as SQL's LIKE does it: case is ignored, and _ and % stand for anything. The
texts are those of pkg/tag, pkg/performer, pkg/studio and pkg/group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from simulators.stash.criteria import text
from simulators.stash.inputs import StashError
from simulators.stash.library import StashLibrary
from simulators.stash.model import Group, Performer, Studio, Tag

Node = TypeVar("Node", Studio, Tag, Group)
Changes = Mapping[str, Any]


def refuse(
    kind: str, library: StashLibrary, item: Any, changes: Changes, children: Iterable[Tag] = ()
) -> None:
    """Raise StashError if `item`, None for a new one, can't take these changes of attributes.

    `children`: what a tag is to have below it.
    """
    if kind == "Tag":
        _refuse_tag(library, item, changes, children)
    elif kind == "Performer":
        _refuse_performer(library, item, changes)
    elif kind == "Studio":
        _refuse_studio(library, item, changes)
    else:
        _refuse_group(item, changes)


def _refuse_tag(
    library: StashLibrary, tag: Tag | None, changes: Changes, children: Iterable[Tag]
) -> None:
    _refuse_names("tag", library.tags.values(), tag, changes)
    aliases = changes.get("aliases") or []
    if len(set(aliases)) < len(aliases):
        raise StashError("UNIQUE constraint failed: tag_aliases.alias")
    if tag is None:
        _refuse_loop(changes.get("parents") or [], children)
        return
    for parent in changes.get("parents") or []:
        if path := _path_up(parent, tag, lambda each: each.parents):
            raise StashError(
                f'cannot apply tag "{parent.name}" as a parent of "{tag.name}" as it is already'
                f" a descendant ({path})"
            )
    for child in children:
        if path := _path_up(tag, child, lambda each: each.parents):
            raise StashError(
                f'cannot apply tag "{child.name}" as a child of "{tag.name}" as it is already'
                f" an ancestor ({path})"
            )


def _refuse_loop(parents: Iterable[Tag], children: Iterable[Tag]) -> None:
    """Of a new tag."""
    for parent in parents:
        if any(_path_up(parent, child, lambda each: each.parents) for child in children):
            raise StashError(
                f'cannot apply tag "{parent.name}" as a parent of tag as it is already a descendant'
            )


def _refuse_performer(library: StashLibrary, performer: Performer | None, changes: Changes) -> None:
    def new(attribute: str) -> Any:
        return changes.get(attribute, getattr(performer, attribute, None))

    if performer is None or {"name", "disambiguation"} & changes.keys():
        name, disambiguation = new("name"), new("disambiguation") or ""
        if not name:
            raise StashError("performer name must not be blank")
        named = _like(name)
        for other in library.performers.values():
            same = _like(disambiguation) if disambiguation else lambda each: not each
            if other is not performer and named(other.name) and same(other.disambiguation):
                also = f" and disambiguation '{disambiguation}'" if disambiguation else ""
                raise StashError(f"performer with name '{name}'{also} already exists")
    seen = {new("name").lower()}
    for alias in new("alias_list") or [] if {"name", "alias_list"} & changes.keys() else []:
        if alias.lower() in seen:
            raise StashError(f"performer contains duplicate alias '{alias}'")
        seen.add(alias.lower())
    born, died = new("birthdate"), new("death_date")
    if {"birthdate", "death_date"} & changes.keys() and born and died and born > died:
        raise StashError(f"death date {died} should be after birthdate {born}")


def _refuse_studio(library: StashLibrary, studio: Studio | None, changes: Changes) -> None:
    _refuse_names("studio", library.studios.values(), studio, changes)
    parent = changes.get("parent_studio")
    if studio and parent and _path_up(parent, studio, lambda each: _known(each.parent_studio)):
        raise StashError("studio cannot be an ancestor of itself")


def _refuse_group(group: Group | None, changes: Changes) -> None:
    """Names of groups need not be unique."""
    if "name" in changes and not changes["name"]:
        raise StashError("name cannot be empty")
    for above in changes.get("containing_groups") or []:
        up = _path_up(above.group, group, lambda each: [a.group for a in each.containing_groups])
        if up:
            raise StashError("a group cannot be contained by one of its subgroups")


def _refuse_names(
    kind: str, others: Iterable[Tag] | Iterable[Studio], item: Tag | Studio | None, changes: Changes
) -> None:
    """Names and aliases are unique among all names and aliases of the kind."""
    rivals = [other for other in others if other is not item]
    if "name" in changes:
        if not changes["name"]:
            raise StashError(f"{kind} name must not be blank")
        _refuse_taken(kind, rivals, changes["name"])
    for alias in changes.get("aliases") or []:
        if kind == "studio" and not alias:
            raise StashError("studio alias must not be an empty string")
        _refuse_taken(kind, rivals, alias)


def _refuse_taken(kind: str, rivals: Iterable[Tag | Studio], name: str) -> None:
    is_like = _like(name)
    for rival in rivals:
        if is_like(rival.name):
            raise StashError(f"{kind} with name '{name}' already exists")
    for rival in rivals:
        if any(is_like(alias) for alias in rival.aliases):
            raise StashError(f"name '{name}' is used as alias for '{rival.name}'")


def _like(wanted: str) -> Callable[[str], bool]:
    return text({"modifier": "EQUALS", "value": wanted}, lambda found: found)


def _path_up(start: Node, goal: Node | None, above: Callable[[Node], Iterable[Node]]) -> str:
    """From `goal` down to `start`, if `start` is it or lies below it."""
    if start is goal:
        return start.name
    for each in above(start):
        if path := _path_up(each, goal, above):
            return f"{path}->{start.name}"
    return ""


def _known(studio: Studio | None) -> list[Studio]:
    return [studio] if studio else []
