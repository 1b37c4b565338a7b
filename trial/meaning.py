"""What traits mean: in words, and for what is written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ledger.traits import Traits
from plex.items import CREDIT_FIELDS, PICTURE_LOCKS, TEXT_FIELDS

if TYPE_CHECKING:
    from validation.config import PlexSyncConfig

# In the order in which they are told. What a value means for us where that needs words.
TRAITS: Mapping[str, str] = {
    "genre_edit": "a genre alone, edited by its number",
    "director_edit": "a director alone, edited by their number",
    "actor_edit": "a person of the cast alone, edited by their number",
    "label_edit": "a label alone, edited by its number",
    "collection_edit": "an item put into a collection by a tag",
    "genre_removal": "a genre taken away",
    "director_removal": "a director taken away",
    "actor_removal": "a person of the cast taken away",
    "label_removal": "a label taken away",
    "other_tags": "tags of other kinds in an edit of one kind",
    "label_case": "the spelling of a new label",
    "spelling": "the spelling of a name that is there in small letters",
    "cast_order": "the order of a cast",
    "text_edit": "a text that is edited",
    "clears": "an empty value clears a field",
    "long_text": "a text of 2,000 letters",
    "locks": "locks that are shown once they are set",
    "cast_lock": "the name of the cast's lock",
    "unlocks": "a lock can be taken away",
    "text_edit_locks": "a text edit that says nothing of locks locks",
    "tag_edit_locks": "a tag edit that says nothing of locks locks",
    "date_edit": "a date that is edited",
    "date_clears": "an empty value clears a date",
    "date_moves_year": "a date takes the year along",
    "year_edit": "a year that is edited",
    "rating_edit": "a rating that is edited",
    "rating_clears": "an empty value clears a rating",
    "rating_moves_rated_at": "an edited rating moves lastRatedAt",
    "text_moves_time": "a text edit moves updatedAt",
    "lock_moves_time": "the lock of a text moves updatedAt",
    "tag_moves_time": "a tag edit moves updatedAt",
    "tag_lock_moves_time": "the lock of tags moves updatedAt",
    "rating_moves_time": "an edited rating moves updatedAt",
    "missing_ids": "ids that don't exist among others",
    "several_in_pages": "several items by their ids come in pages, if asked",
    "page": "a page of 1,000 items",
    "listed_genre": "genres in a listing",
    "listed_director": "directors in a listing",
    "listed_actor": "the cast in a listing",
    "listed_label": "labels in a listing",
    "listed_locks": "locks in a listing",
    "collection_vanishes": "a collection goes with its last item",
    "collection_sorts": "a collection can be given an order",
    "collection_poster": "the poster of a collection that went and comes again",
    "upload_is_chosen": "an uploaded picture is the chosen one",
    "upload_locks": "an upload locks",
    "history": "the history of plays",
    "played_threshold": "percent from which on something is played",
}

CLEARS = "clears"
# A server may treat these in another way than texts.
OWN_CLEARS: Mapping[str, str] = {"date": "date_clears", "rating": "rating_clears"}
_FIELD_OF_KIND = {kind: name for name, (kind, _) in CREDIT_FIELDS.items()}
_FIELD_OF_KEY = {key: name for name, key in {**TEXT_FIELDS, **PICTURE_LOCKS}.items()}
_FIELD_OF_KEY |= _FIELD_OF_KIND
_OWN_EDITS = {"originallyAvailableAt": "date_edit", "userRating": "rating_edit"}

_UNLOCKED = "Plex doesn't keep its lock, so that its next refresh would undo what is written"


def lines(traits: Traits) -> list[str]:
    """For people, a line for each trait that is known."""
    told = [f"{words}: {traits[name]}" for name, words in TRAITS.items() if name in traits]
    times = sorted(name for name in traits if name.endswith("_ms"))
    return told + [f"time of {name.removesuffix('_ms')}: {traits[name]} ms" for name in times]


def stopped(traits: Traits) -> dict[str, str]:
    """The fields, by the names of the settings, that must not be written to such a server, each
    with the reason."""
    return dict(_stopped(traits))


def allowed(traits: Traits, config: PlexSyncConfig) -> PlexSyncConfig:
    """The settings, but for the fields that must not be written to such a server, and with those
    that it doesn't clear."""
    forbidden = stopped(traits).keys() - config.skip_fields
    if forbidden:
        config = config.model_copy(update={"skip_fields": config.skip_fields | forbidden})
    uncleared = not_cleared(traits)
    return config.without_clearing(uncleared) if uncleared else config


def not_cleared(traits: Traits) -> frozenset[str]:
    """The texts, by the names of the settings, that an empty value leaves as they are."""
    told = traits.get(CLEARS, "yes")
    found = set(TEXT_FIELDS) if told == "no" else set(_named(told))
    own = {name: traits[trait] for name, trait in OWN_CLEARS.items() if trait in traits}
    found -= {name for name, each in own.items() if each == "yes"}
    return frozenset(found | {name for name, each in own.items() if each == "no"})


def knows_clears(traits: Traits, fields: Iterable[str]) -> bool:
    """Whether it is known of each of these texts if an empty value clears it."""
    others = not_cleared(traits)
    return all(OWN_CLEARS.get(each, CLEARS) in traits or each in others for each in fields)


def is_measured(traits: Traits) -> bool:
    """Whether more is known than what a canary has come upon."""
    return not traits.keys() <= {CLEARS, *OWN_CLEARS.values()}


def _stopped(traits: Traits) -> Iterator[tuple[str, str]]:
    for kind, name in _FIELD_OF_KIND.items():
        if traits.get(f"{kind}_edit") == "refused":
            yield name, "Plex takes no edit of it"
        removal = traits.get(f"{kind}_removal")
        if removal == "too much":
            yield name, "Plex takes away more than it is told to"
        if removal == "not":  # even where a list replaces the former one, the last would stay
            yield name, "Plex takes nothing of it away by its name"
        if traits.get("other_tags") == "dropped":
            yield name, "Plex drops tags of other kinds with it"
    for key, name in TEXT_FIELDS.items():
        edit = _OWN_EDITS.get(name, "text_edit")
        if traits.get(edit) == "refused":
            yield key, "Plex takes no edit of it"
    yield from ((name, _UNLOCKED) for name in _without_lock(traits.get("locks", "all")))


def _without_lock(locks: str) -> list[str]:
    if locks == "all":
        return []
    if locks == "none":
        return list(_FIELD_OF_KEY.values())
    return _named(locks)


def _named(told: str) -> list[str]:
    """Of "not title, summary", by the names of the settings."""
    keys = told.removeprefix("not ").split(", ")
    return [_FIELD_OF_KEY[key] for key in keys if key in _FIELD_OF_KEY]


def every_edit_moves_time(traits: Traits) -> bool:
    """Whether no edit in Plex goes unseen where only what was updated is looked at, so that not
    everything has to be compared now and then."""
    edits = ("text", "lock", "tag", "tag_lock", "rating")
    return all(traits.get(f"{each}_moves_time") == "yes" for each in edits)


def stop_sentences(
    traits: Traits, version: str, skipped: Collection[str] = frozenset()
) -> list[str]:
    """What to tell of the fields that aren't written, but for those that are `skipped` in any case,
    and of those that aren't cleared."""
    return [*field_sentences(traits, version, skipped), *clear_sentences(traits, version)]


def field_sentences(traits: Traits, version: str, skipped: Collection[str]) -> list[str]:
    """Those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for name, reason in stopped(traits).items():
        if name not in skipped:
            reasons.setdefault(reason, []).append(name)
    return [
        f"not written to this Plex (version {version}): {', '.join(names)}; {reason}"
        for reason, names in reasons.items()
    ]


def clear_sentences(traits: Traits, version: str) -> list[str]:
    uncleared = not_cleared(traits)
    if not uncleared:
        return []
    every = uncleared == set(TEXT_FIELDS)
    what = "a field" if every else ", ".join(each for each in TEXT_FIELDS if each in uncleared)
    return [
        f"not cleared in this Plex (version {version}): {what}; it ignores an empty value, so what "
        "Stash has no value for any more stays there"
    ]
