"""Mutations of performers, studios, tags and groups. None moves any scene's `updated_at`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from simulators.stash.core import Info
from simulators.stash.fields import Resolver
from simulators.stash.inputs import StashError, attributes, tags
from simulators.stash.library import in_name_order
from simulators.stash.model import Group, Performer, Scene, Studio, Tag
from simulators.stash.mutations import Change, Input
from simulators.stash.refusals import refuse

_TYPES: dict[str, type[Performer | Studio | Tag | Group]] = {
    "Performer": Performer,
    "Studio": Studio,
    "Tag": Tag,
    "Group": Group,
}


def _create(kind: str) -> Resolver:
    def resolve(root: None, info: Info, input: Input) -> Any:
        change = Change(info)
        with change.lock:
            values = attributes(change.library, _TYPES[kind](id=0, name=""), input)
            children = _children(change, None, input)
            refuse(kind, change.library, None, values, children or ())
            if kind == "Studio":
                values["parent"] = values.pop("parent_studio", None)
            containing = values.pop("containing_groups", None)
            item = getattr(change.library, f"add_{kind.lower()}")(**values)
            if containing:
                item.containing_groups = containing
            _set_children(change, item, children)
        change.fire(item.id, f"{kind}.Create.Post", change.json(f"{kind}CreateInput", input))
        change.read_again()
        return item

    return resolve


def _update(kind: str) -> Resolver:
    def resolve(root: None, info: Info, input: Input) -> Any:
        change = Change(info)
        with change.lock:
            item = change.get(kind.lower(), input["id"])
            _apply(change, kind, item, input)
        hook_input = change.json(f"{kind}UpdateInput", input)
        change.fire(item.id, f"{kind}.Update.Post", hook_input, input)
        change.read_again()
        return item

    return resolve


def _bulk_update(kind: str) -> Resolver:
    def resolve(root: None, info: Info, input: Input) -> Any:
        change = Change(info)
        with change.lock:
            items = [change.get(kind.lower(), each) for each in input.get("ids") or ()]
            with change.undone_on_error([*items, *change.library.tags.values()]):
                for item in items:
                    _apply(change, kind, item, input)
        hook_input = change.json(f"Bulk{kind}UpdateInput", input)
        return change.fire_each(items, f"{kind}.Update.Post", hook_input, input)

    return resolve


def _apply(change: Change, kind: str, item: Any, input: Input) -> None:
    changes = attributes(change.library, item, input)
    children = _children(change, item, input)
    refuse(kind, change.library, item, changes, children or ())
    change.apply(item, input)
    _set_children(change, item, children)


def _destroy(kind: str) -> Resolver:
    def resolve(root: None, info: Info, input: Input) -> bool:
        change = Change(info)
        with change.lock:
            item = change.to_destroy(kind.lower(), input["id"])
            _refuse_primary(change, [item])
            _remove(change, item)
        change.fire(item.id, f"{kind}.Destroy.Post", {"id": input["id"]})
        return True

    return resolve


def _destroy_several(kind: str) -> Resolver:
    def resolve(root: None, info: Info, ids: Sequence[str]) -> bool:
        """The input of every hook is the bare list of all ids."""
        change = Change(info)
        with change.lock:
            items = [change.to_destroy(kind.lower(), each) for each in ids]
            _refuse_primary(change, items)
            for item in items:
                _remove(change, item)
        for item in items:
            change.fire(item.id, f"{kind}.Destroy.Post", list(ids))
        return True

    return resolve


def _refuse_primary(change: Change, items: Iterable[Any]) -> None:
    """A marker can't be without its primary tag; nothing of the call is done then."""
    primary = {marker.primary_tag for marker in change.library.markers.values()}
    if any(isinstance(item, Tag) and item in primary for item in items):
        raise StashError("cannot delete tag used as a primary tag in scene markers")


def tags_merge(root: None, info: Info, input: Input) -> Tag | None:
    """One hook for the kept tag, none for those that are gone and none for their scenes."""
    change = Change(info)
    if not input["source"]:
        return None
    with change.lock:
        kept: Tag = change.get("tag", input["destination"])
        if input["destination"] in input["source"]:
            raise StashError("cannot merge where source == destination")
        sources = [change.to_destroy("tag", each) for each in dict.fromkeys(input["source"])]
        _merge_hierarchy(change, sources, kept)
        for source in sources:
            del change.library.tags[source.id]
            kept.aliases = sorted([*kept.aliases, source.name, *source.aliases])
        _replace(change, "tags", sources, kept)
        for marker in change.library.markers.values():
            if marker.primary_tag in sources:
                marker.primary_tag = kept
    change.fire(kept.id, "Tag.Merge.Post", change.json("TagsMergeInput", input))
    return kept


def _merge_hierarchy(change: Change, sources: list[Tag], kept: Tag) -> None:
    """The kept tag gets the parents and children of all; what links those merged is ignored.

    Raises StashError, with everything as it was, if that makes a loop.
    """
    library, merged = change.library, [kept, *sources]
    parents = [each for tag in merged for each in tag.parents if each not in merged]
    children = [
        tag
        for tag in library.tags.values()
        if tag not in merged and any(each in merged for each in tag.parents)
    ]
    with change.undone_on_error(library.tags.values()):
        for source in sources:
            source.parents = []
        for child in children:
            child.parents = [each for each in child.parents if each not in sources]
        kept.parents = in_name_order(dict.fromkeys(parents))
        _set_children(change, kept, children)
        refuse("Tag", library, kept, {"parents": kept.parents}, children)


def performer_merge(root: None, info: Info, input: Input) -> Performer:
    """Fires nothing at all."""
    change = Change(info)
    with change.lock:
        if input["destination"] in input["source"]:
            raise StashError("destination performer cannot be in source list")
        kept: Performer = change.get("performer", input["destination"])
        sources = [change.get("performer", each) for each in dict.fromkeys(input["source"])]
        for source in sources:
            del change.library.performers[source.id]
        _replace(change, "performers", sources, kept)
        merged: Performer = change.apply(kept, input.get("values") or {})
    return merged


def _replace(change: Change, attribute: str, sources: list[Any], kept: Any) -> None:
    holders: Iterable[Any] = change.library.scenes.values()
    if attribute == "tags":
        holders = [*holders, *_tagged(change)]
    for holder in holders:
        related = getattr(holder, attribute)
        if any(each in sources for each in related):
            replaced = dict.fromkeys(kept if each in sources else each for each in related)
            change.library.update(holder, touch=False, **{attribute: list(replaced)})


def _remove(change: Change, item: Performer | Studio | Tag | Group) -> None:
    """Remove an object and every mention of it."""
    library = change.library
    del getattr(library, f"{type(item).__name__.lower()}s")[item.id]
    for scene in library.scenes.values():
        _forget(scene, item)
    if isinstance(item, Tag):
        for holder in _tagged(change):
            holder.tags = [tag for tag in holder.tags if tag is not item]
        for tag in library.tags.values():
            tag.parents = [parent for parent in tag.parents if parent is not item]
    if isinstance(item, Studio):
        for studio in library.studios.values():
            studio.parent_studio = None if studio.parent_studio is item else studio.parent_studio
        for group in library.groups.values():
            group.studio = None if group.studio is item else group.studio
    if isinstance(item, Group):
        for group in library.groups.values():
            group.containing_groups = [
                above for above in group.containing_groups if above.group is not item
            ]


def _forget(scene: Scene, item: Performer | Studio | Tag | Group) -> None:
    if isinstance(item, Performer) and item in scene.performers:
        scene.performers = [each for each in scene.performers if each is not item]
    elif isinstance(item, Tag) and item in scene.tags:
        scene.tags = [each for each in scene.tags if each is not item]
    elif isinstance(item, Group) and scene.groups:
        scene.groups = [entry for entry in scene.groups if entry.group is not item]
    elif scene.studio is item:
        scene.studio = None


def _tagged(change: Change) -> list[Performer | Studio | Group]:
    library = change.library
    return [*library.performers.values(), *library.studios.values(), *library.groups.values()]


def _children(change: Change, item: Any, values: Input) -> list[Tag] | None:
    """What a tag, None for a new one, is to have right below it; None if that stays."""
    if "child_ids" not in values:
        return None
    now = [tag for tag in change.library.tags.values() if item in tag.parents]
    return tags(change.library, now, values["child_ids"])


def _set_children(change: Change, item: Any, children: list[Tag] | None) -> None:
    """A tag's children are those that have it as a parent."""
    if children is None:
        return
    for tag in change.library.tags.values():
        above = [parent for parent in tag.parents if parent is not item]
        tag.parents = in_name_order([*above, item]) if tag in children else above


def movie_update(root: None, info: Info, input: Input) -> Group:
    """From the time when groups were movies: the same, under its own input and with both hooks."""
    change = Change(info)
    values = dict(input)
    with change.lock:
        group: Group = change.get("group", input["id"])
        changes = attributes(change.library, group, values)
        refuse("Group", change.library, group, changes)
        change.apply(group, values)
    change.fire(group.id, "Group.Update.Post", change.json("MovieUpdateInput", input), input)
    change.read_again()
    return group


RELATED_MUTATIONS: dict[str, Resolver] = {
    "movieUpdate": movie_update,
    "tagsMerge": tags_merge,
    "performerMerge": performer_merge,
}
for _kind in _TYPES:
    RELATED_MUTATIONS |= {
        f"{_kind.lower()}Create": _create(_kind),
        f"{_kind.lower()}Update": _update(_kind),
        f"bulk{_kind}Update": _bulk_update(_kind),
        f"{_kind.lower()}Destroy": _destroy(_kind),
        f"{_kind.lower()}sDestroy": _destroy_several(_kind),
    }
