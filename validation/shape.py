"""What each setting takes, for those who show controls for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from validation.config import FIELDS, LISTS, REQUIRED, PlexSyncConfig

HOW_ONLY = frozenset(
    {
        *("plex_url", "plex_token", "insecure_tls", "ca_file", "concurrency"),
        *("scan_plex", "reconcile_hours", "partial_paths"),
        *("import_plays", "import_resume", "import_ratings", "plex_accounts"),
        # Whether photos are given shows in the fingerprint of each scene that has any.
        "cast_photos",
    }
)
"""Settings that decide how something is done and not what. New ones count until they are listed."""

Type = Literal["text", "switch", "number", "choice", "list"]

# Of lists of which an entry may be something else as well: tags:<name>.
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "skip_fields": FIELDS,
    "collections": ("studio", "parent_studio", "groups"),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """`default`: as Stash would store it; an unset setting means it. `choices`: of a choice all
    that there are, of a list what an entry can be. `separator`: between the entries of a list.
    `least` and `most`: of a number."""

    type: Type
    default: str | float | bool
    choices: tuple[str, ...] = ()
    separator: str = ""
    least: float | None = None
    most: float | None = None
    is_required: bool = False


def shape_of(key: str) -> Shape:
    """Of one of PlexSync's settings."""
    field = PlexSyncConfig.model_fields[key]
    kind: Any = field.annotation
    if key in LISTS:
        return Shape("list", "", _CHOICES.get(key, ()), LISTS[key].separator)
    if kind is bool:
        return Shape("switch", default=False)
    if get_origin(kind) is Literal:
        return Shape("choice", str(field.default), get_args(kind))
    if kind in (int, float):
        bounds = {type(each).__name__: each for each in field.metadata}
        least, most = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
        return Shape("number", field.default, least=least, most=most)
    return Shape("text", "", is_required=key in REQUIRED)
