"""The fields that we can write, as a table."""

from __future__ import annotations

from dataclasses import dataclass

MOVIE = "movie"
EPISODE = "episode"
COLLECTION = "collection"

# How a collection sorts its members; no field of an item.
ORDER = "order"
# No field that we write, but some servers move it along with the date.
YEAR = "year"


@dataclass(frozen=True, slots=True)
class Field:
    """`ordered`: the order of the elements counts (billing). `clearable`: may be left empty."""

    name: str
    is_credits: bool = False
    ordered: bool = False
    clearable: bool = True
    item_types: tuple[str, ...] = (MOVIE, EPISODE)


# Episodes have no studio, genres or labels of their own except as noted: those hang on the show
# (plexapi's mixins: an episode edits director, writer, actor, collection, label).
ALL = (
    Field("title", clearable=False),
    Field("sort_title"),
    Field("studio", item_types=(MOVIE,)),
    Field("summary", item_types=(MOVIE, EPISODE, COLLECTION)),
    Field("tagline", item_types=(MOVIE,)),
    Field("date"),
    Field("content_rating"),
    Field("rating"),
    Field("genres", is_credits=True, item_types=(MOVIE,)),
    Field("labels", is_credits=True),
    Field("cast", is_credits=True, ordered=True),
    Field("directors", is_credits=True),
    Field("collections", is_credits=True),
    Field(ORDER, clearable=False, item_types=(COLLECTION,)),
)


def for_type(item_type: str) -> tuple[Field, ...]:
    """The fields that an item of this type has."""
    return tuple(each for each in ALL if item_type in each.item_types)
