"""What a section says about itself when asked with includeMeta or includeDetails.

plexapi checks every filter and sort of `search()` against this before it sends it.
"""

from __future__ import annotations

from simulators.plex.markup import element
from simulators.plex.model import TYPE_NUMBERS, Section

_TYPES = {"movie": ("movie",), "show": ("show", "season", "episode")}

# Filters of each type: name -> the kind of value that its choices are.
_FILTERS: dict[str, dict[str, str]] = {
    "movie": {
        **dict.fromkeys(
            ("genre", "contentRating", "collection", "director", "actor", "writer", "producer"),
            "string",
        ),
        **dict.fromkeys(("country", "studio", "label"), "string"),
        "year": "integer",
        "unwatched": "boolean",
        "trash": "boolean",
    },
    "show": {
        **dict.fromkeys(("genre", "contentRating", "collection", "actor", "studio"), "string"),
        "label": "string",
        "year": "integer",
    },
    "season": {"collection": "string"},
    "episode": {
        **dict.fromkeys(("director", "writer", "actor", "collection"), "string"),
        "year": "integer",
        "unwatched": "boolean",
    },
    "collection": {"contentRating": "string"},
}

# Fields of a custom filter: name -> field type, whose operators are below.
_FIELDS: dict[str, dict[str, str]] = {
    "movie": {
        **dict.fromkeys(("title", "studio", "summary", "editionTitle"), "string"),
        **dict.fromkeys(("addedAt", "lastViewedAt", "originallyAvailableAt"), "date"),
        **dict.fromkeys(("userRating", "year", "viewCount", "duration"), "integer"),
        **dict.fromkeys(
            ("genre", "collection", "director", "actor", "writer", "producer", "country"), "tag"
        ),
        **dict.fromkeys(("label", "contentRating"), "tag"),
        **dict.fromkeys(("unwatched", "trash"), "boolean"),
    },
    "show": {
        **dict.fromkeys(("title", "studio"), "string"),
        **dict.fromkeys(("addedAt", "lastViewedAt"), "date"),
        **dict.fromkeys(("userRating", "year", "viewCount"), "integer"),
        **dict.fromkeys(("genre", "collection", "actor", "label", "contentRating"), "tag"),
    },
    "season": {"title": "string", "userRating": "integer", "collection": "tag"},
    "episode": {
        "title": "string",
        **dict.fromkeys(("addedAt", "lastViewedAt", "originallyAvailableAt"), "date"),
        **dict.fromkeys(("userRating", "year", "viewCount"), "integer"),
        **dict.fromkeys(("director", "writer", "actor", "collection"), "tag"),
        "unwatched": "boolean",
        "trash": "boolean",
    },
    "collection": {"title": "string", "contentRating": "tag"},
}
_SORTS = (
    ("titleSort", "asc", "Title"),
    ("year", "desc", "Year"),
    ("originallyAvailableAt", "desc", "Release Date"),
    ("rating", "desc", "Critic Rating"),
    ("audienceRating", "desc", "Audience Rating"),
    ("userRating", "desc", "Rating"),
    ("duration", "desc", "Duration"),
    ("addedAt", "desc", "Date Added"),
    ("lastViewedAt", "desc", "Date Viewed"),
    ("random", "desc", "Randomly"),
)
_OPERATORS = {
    "tag": (("=", "is"), ("!=", "is not")),
    "integer": (("=", "is"), ("!=", "is not"), (">>=", "is greater than"), ("<<=", "is less than")),
    "string": (
        ("=", "contains"),
        ("!=", "does not contain"),
        ("==", "is"),
        ("!==", "is not"),
        ("<=", "begins with"),
        (">=", "ends with"),
    ),
    "boolean": (("=0", "is false"), ("=1", "is true"), ("=", "is"), ("!=", "is not")),
    "date": ((">>=", "is after"), ("<<=", "is before")),
}


def meta_xml(section: Section, collections: bool = False) -> str:
    types = ("collection",) if collections else _TYPES[section.type]
    texts = [_type_xml(section, type, active=type == types[0]) for type in types]
    for name, operators in _OPERATORS.items():
        rows = [element("Operator", {"key": key, "title": title}) for key, title in operators]
        texts.append(element("FieldType", {"type": name}, "".join(rows)))
    return element("Meta", {}, "".join(texts))


def _type_xml(section: Section, type: str, *, active: bool) -> str:
    prefix = "" if type == "movie" else f"{type}."
    number = TYPE_NUMBERS[type]
    rows = [filter_xml(section, type, name, kind) for name, kind in _FILTERS[type].items()]
    rows += [sort_xml(*sort) for sort in _SORTS]
    rows += [
        element("Field", {"key": prefix + name, "title": name, "type": kind})
        for name, kind in _FIELDS[type].items()
    ]
    pairs = {
        "key": f"/library/sections/{section.key}/all?type={number}",
        "type": type,
        "title": type.title() + "s",
        "active": int(active),
    }
    return element("Type", pairs, "".join(rows))


def filter_xml(section: Section, type: str, name: str, kind: str) -> str:
    return element(
        "Filter",
        {
            "filter": name,
            "filterType": kind,
            "key": f"/library/sections/{section.key}/{name}?type={TYPE_NUMBERS[type]}",
            "title": name,
            "type": "filter",
        },
    )


def sort_xml(name: str, direction: str, title: str) -> str:
    default = "asc" if name == "titleSort" else None
    return element(
        "Sort",
        {
            "default": default,
            "defaultDirection": direction,
            "descKey": f"{name}:desc",
            "key": name,
            "title": title,
        },
    )


def filters_xml(section: Section) -> str:
    names = _FILTERS[section.type]
    return "".join(
        [filter_xml(section, section.type, name, kind) for name, kind in names.items()]
    ).replace("<Filter ", "<Directory ")


def sorts_xml() -> str:
    return "".join([sort_xml(*sort) for sort in _SORTS]).replace("<Sort ", "<Directory ")
