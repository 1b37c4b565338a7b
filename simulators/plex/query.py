"""Media queries: which items a query string selects (operators of the reference sheet, section 3).

A parameter that is no known field is ignored, as on the real server: `file=` or a misspelt field
selects everything, in an edit too.
"""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from simulators.plex.model import TAG_ELEMENTS, TYPE_NUMBERS, Item

Predicate = Callable[[Item], bool]
Pairs = Sequence[tuple[str, str]]

NUMBERS: dict[str, Callable[[Item], float | None]] = {
    "id": lambda item: item.rating_key,
    "addedAt": lambda item: item.added_at,
    "updatedAt": lambda item: item.updated_at,
    "lastViewedAt": lambda item: item.last_viewed_at,
    "lastRatedAt": lambda item: item.last_rated_at,
    "originallyAvailableAt": lambda item: _date_seconds(item.fields.get("originallyAvailableAt")),
    "viewCount": lambda item: item.view_count,
    "viewOffset": lambda item: item.view_offset,
    "duration": lambda item: item.duration_ms,
    "year": lambda item: _number(item.fields.get("year")),
    "index": lambda item: _number(item.fields.get("index")),
    "rating": lambda item: _number(item.fields.get("rating")),
    "audienceRating": lambda item: _number(item.fields.get("audienceRating")),
    "userRating": lambda item: _number(item.fields.get("userRating")),
}
TEXTS: dict[str, Callable[[Item], str]] = {
    "title": lambda item: item.title,
    "titleSort": lambda item: item.sort_title,
    "guid": lambda item: item.guid,
    **{
        name: lambda item, name=name: item.fields.get(name, "")  # type: ignore[misc]
        for name in ("studio", "summary", "tagline", "contentRating", "editionTitle")
    },
}
FLAGS: dict[str, Predicate] = {
    "unwatched": lambda item: not item.view_count,
    "inProgress": lambda item: item.view_offset > 0,
    "trash": lambda item: item.deleted_at is not None,
}
# Their choices are keys, so `=` means equal where other strings mean "contains".
_EXACT_TEXTS = {"guid", "contentRating"}

_NAME = re.compile(r"(?:(?P<scope>[a-z]+)\.)?(?P<field>[A-Za-z]+)(?P<op>!=|!|=|>>|<<|>|<)?")
_RELATIVE = re.compile(r"(?P<sign>[+-]?)(?P<count>\d+)(?P<unit>mon|[smhdwy])")
_UNIT_S = {
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 7 * 86400,
    "mon": 30 * 86400,
    "y": 365 * 86400,
}


def wanted_ids(query: Pairs) -> list[int] | None:
    """The ids that a plain `id=1,2,3` asks for, or None where all items are candidates.

    An empty `id=` is no filter: this is how an empty list edits a whole library.
    """
    if any(name in ("push", "or") for name, _ in query):
        return None
    values = [value for name, value in query if name == "id" and value]
    if not values:
        return None
    return sorted({int(key) for key in values[-1].split(",") if key.strip().isdigit()})


def predicate(query: Pairs, now: float | None = None) -> Predicate | None:
    """The condition that the query expresses, or None where it has none."""
    tokens = [(name, value) for name, value in query if _means_something(name)]
    found, _ = _group(tokens, 0, time.time() if now is None else now)
    return found


def stored_query(uri: str) -> tuple[Pairs, str | None]:
    """The query and sort of a smart collection's `server://…/library/sections/1/all?…`."""
    pairs = parse_qsl(uri.partition("?")[2], keep_blank_values=True)
    return pairs, dict(pairs).get("sort")


def _means_something(name: str) -> bool:
    if name in ("push", "pop", "or", "and"):
        return True
    found = _NAME.fullmatch(name)
    return found is not None and (
        found["field"] in NUMBERS
        or found["field"] in TEXTS
        or found["field"] in FLAGS
        or found["field"] in TAG_ELEMENTS
    )


def _group(tokens: Pairs, start: int, now: float) -> tuple[Predicate | None, int]:
    """Conditions up to the matching pop; `or=1` between two makes an alternative of the group."""
    alternatives: list[list[Predicate]] = [[]]
    place = start
    while place < len(tokens):
        name, value = tokens[place]
        place += 1
        if name == "pop":
            break
        if name == "push":
            inner, place = _group(tokens, place, now)
            if inner is not None:
                alternatives[-1].append(inner)
        elif name == "or":
            alternatives.append([])
        elif name != "and":
            condition = _condition(name, value, now)
            if condition is not None:
                alternatives[-1].append(condition)
    return _either([_all(group) for group in alternatives if group]), place


def _all(conditions: list[Predicate]) -> Predicate:
    if len(conditions) == 1:
        return conditions[0]
    return lambda item: all(condition(item) for condition in conditions)


def _either(conditions: list[Predicate]) -> Predicate | None:
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return lambda item: any(condition(item) for condition in conditions)


def _condition(name: str, value: str, now: float) -> Predicate | None:
    found = _NAME.fullmatch(name)
    assert found is not None
    field, op = found["field"], found["op"] or ""
    condition: Predicate | None
    if field in FLAGS:
        condition = _flag(FLAGS[field], value)
    elif field in TAG_ELEMENTS:
        condition = _tag(field, op, value)
    elif field in NUMBERS:
        condition = _number_condition(field, op, value, now)
    else:
        condition = _text(field, op, value)
    return condition and _scoped(condition, found["scope"])


def _flag(test: Predicate, value: str) -> Predicate:
    wanted = value not in ("0", "")
    return lambda item: test(item) is wanted


def _tag(kind: str, op: str, value: str) -> Predicate | None:
    ids = {int(key) for key in value.split(",") if key.isdigit()}
    if not value:
        return None
    if op.startswith("!"):
        return lambda item: not any(tag.id in ids for tag in item.tags.get(kind, ()))
    return lambda item: any(tag.id in ids for tag in item.tags.get(kind, ()))


def _number_condition(field: str, op: str, value: str, now: float) -> Predicate | None:
    if field == "updatedAt" and op == ">>":  # the sweep's filter: 100,000 items per request
        after = _number_value(value, now)
        return None if after is None else lambda item: item.updated_at > after
    get = NUMBERS[field]
    limits = [_number_value(part, now) for part in value.split(",")]
    numbers = [limit for limit in limits if limit is not None]
    if not numbers:
        return None
    first = numbers[0]
    match op:
        case ">>":
            return lambda item: (found := get(item)) is not None and found > first
        case "<<":
            return lambda item: (found := get(item)) is not None and found < first
        case ">":
            return lambda item: (found := get(item)) is not None and found >= first
        case "<":
            return lambda item: (found := get(item)) is not None and found <= first
        case "!":
            return lambda item: get(item) not in numbers
    return lambda item: get(item) in numbers


def _text(field: str, op: str, value: str) -> Predicate | None:
    if value.startswith("=") and op in ("", "!"):  # title==x with a raw second "="
        op, value = op + "=", value[1:]
    if not value:
        return None
    get = TEXTS[field]
    wanted = [part.casefold() for part in value.split(",") if part]
    if field in _EXACT_TEXTS and op in ("", "!"):
        op += "="
    match op:
        case "=":
            return lambda item: get(item).casefold() in wanted
        case "!=":
            return lambda item: get(item).casefold() not in wanted
        case "!":
            return lambda item: not any(part in get(item).casefold() for part in wanted)
        case "<":
            return lambda item: get(item).casefold().startswith(tuple(wanted))
        case ">":
            return lambda item: get(item).casefold().endswith(tuple(wanted))
    return lambda item: any(part in get(item).casefold() for part in wanted)


def _scoped(condition: Predicate, scope: str | None) -> Predicate:
    """`show.title=` on episodes asks the show, `episode.unwatched=` on shows any episode."""
    if scope not in TYPE_NUMBERS:
        return condition

    def ask(item: Item) -> bool:
        above: Item | None = item
        while above is not None:
            if above.type == scope:
                return condition(above)
            above = above.parent
        return _any_below(item, scope, condition)

    return ask


def _any_below(item: Item, scope: str, condition: Predicate) -> bool:
    return any(
        condition(child) if child.type == scope else _any_below(child, scope, condition)
        for child in item.children
    )


def _number_value(text: str, now: float) -> float | None:
    """A number, or a time relative to now: -30d, +2h."""
    found = _RELATIVE.fullmatch(text.strip())
    if found is None:
        return _number(text)
    seconds = int(found["count"]) * _UNIT_S[found["unit"]]
    return now + seconds if found["sign"] == "+" else now - seconds


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _date_seconds(text: str | None) -> float | None:
    try:
        day = datetime.date.fromisoformat(text or "")
    except ValueError:
        return None
    return (day - datetime.date(1970, 1, 1)).days * 86400.0
