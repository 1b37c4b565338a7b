"""Tags and the tags above them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validation.config import PlexSyncConfig
from validation.scene import Tag

COLLECTION_OF = "tags:"
"""How an entry of the setting `collections` that names a tag begins."""


def needs_ancestors(config: PlexSyncConfig) -> bool:
    """Whether a setting names tags or studios, and so means those below them as well."""
    return bool(config.ignore_tags or config.exclude_tags or config.exclude_studios) or any(
        choice.startswith(COLLECTION_OF) for choice in config.collections
    )


def lineage(tag: Tag) -> list[Tag]:
    """The tag and those above it, as far as Stash was asked for them, each once, nearest first."""
    found = {tag.id: tag}
    level = list(tag.parents)
    while level:
        # Level by level: where one is met twice, the nearer one tells more of what is above it.
        new = {each.id: each for each in level if each.id not in found}
        found |= new
        level = [parent for each in new.values() for parent in each.parents]
    return list(found.values())


def named(name: str, tags: Iterable[Tag]) -> Iterator[Tag]:
    """The tags of this name, whatever its case, among these and those above them."""
    wanted = name.casefold()
    return (each for tag in tags for each in lineage(tag) if each.name.casefold() == wanted)


def not_ignored(tags: Iterable[Tag], config: PlexSyncConfig) -> Iterator[Tag]:
    """Without those that the settings name, and those below one of them."""
    ignored = {name.casefold() for name in config.ignore_tags}
    return (
        tag
        for tag in tags
        if not (ignored and any(each.name.casefold() in ignored for each in lineage(tag)))
    )
