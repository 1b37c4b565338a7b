"""A metadata refresh: the agent's values come back wherever no lock forbids it."""

from __future__ import annotations

from simulators.plex.model import Item, derived_sort_title, found_pictures, is_found
from simulators.plex.stock import Stock

# User ratings, labels and collections are the user's: no agent writes them.
AGENT_FIELDS = (
    "title",
    "originalTitle",
    "summary",
    "tagline",
    "studio",
    "contentRating",
    "originallyAvailableAt",
    "rating",
    "audienceRating",
    "year",
)
AGENT_TAGS = ("genre", "country", "director", "writer", "producer", "actor")


def refresh_from_agent(library: Stock, item: Item) -> None:
    """Rewrite what is unlocked from `item.agent`; what the agent does not know becomes empty.

    With the "none" agent only what it knows is written (file names and local assets), the rest
    stays: the reference sheet calls the extent UNVERIFIED.
    """
    values = item.agent
    knows_all = item.section.has_online_agent
    for name in AGENT_FIELDS:
        if name not in item.locks and values.fields.get(name):
            item.fields[name] = values.fields[name]
        elif name not in item.locks and knows_all:
            item.fields.pop(name, None)
    _refresh_sort_title(item)
    for kind in AGENT_TAGS:
        if kind not in item.locks and (kind in values.tags or knows_all):
            tags = [library.adopt(item, kind, tag) for tag in values.tags.get(kind, ())]
            library.set_tags(item, kind, tags)
    _choose_agent_picture(item)
    library.touch(item)


def _refresh_sort_title(item: Item) -> None:
    if "titleSort" in item.locks:
        return
    if "title" not in item.locks and "titleSort" in item.agent.fields:
        item.fields["titleSort"] = item.agent.fields["titleSort"]
    else:
        rewrite_sort_title(item)


def rewrite_sort_title(item: Item) -> None:
    """The server's own rule; stored only where it differs from the title."""
    derived = derived_sort_title(item.title)
    if derived == item.title:
        item.fields.pop("titleSort", None)
    else:
        item.fields["titleSort"] = derived


def _choose_agent_picture(item: Item) -> None:
    for lock, pictures in (("thumb", item.posters), ("art", item.arts)):
        if not pictures:
            pictures.extend(found_pictures(item.type, item.section, item.rating_key, lock))
        found = [picture for picture in pictures if is_found(picture)]
        if found and lock not in item.locks:
            item.choose(lock, found[0])
