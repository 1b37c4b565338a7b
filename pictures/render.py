"""A cover in the shape of a poster. Pillow does it, where it is there.

The same cover, style and version of Pillow give the same bytes; what was made by another version
is not made again, since the ledger knows from which cover it came.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cache

from pictures import pillow
from sync.pictures import AS_IT_IS, MAX_PICTURE_BYTES, picture_type

log = logging.getLogger(__name__)

PLEX_TAKES = ("jpeg", "png")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes that Plex takes."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Nothing that Plex would take can be made of it, and why."""

    because: str


def possible_style(style: str) -> str:
    """`style`, or the plain cover as long as Pillow is missing. May fetch it first."""
    if style == AS_IT_IS:
        return style
    if why := pillow.why_missing(is_needed=True):
        _warn_once(style, why)
        return AS_IT_IS
    return style


def render(content: bytes, style: str) -> Rendered | Unusable:
    """The cover in this style. One that Plex takes and whose shape is right stays as it is."""
    kind = picture_type(content)
    is_fine = kind in PLEX_TAKES and len(content) <= MAX_PICTURE_BYTES
    if style == AS_IT_IS and is_fine:
        return Rendered(content)
    if pillow.why_missing(is_needed=False):
        why = (
            f"is too large for Plex ({len(content)} bytes)"
            if kind in PLEX_TAKES
            else (f"is of a type that Plex may not take ({kind or 'unknown'})")
        )
        return Unusable(f"the cover {why}; with Pillow it would be converted")
    try:
        made = pillow.drawing()(content, style, is_fine=is_fine)
    except Exception as error:  # noqa: BLE001 - see `draw`
        return Unusable(f"the cover cannot be read ({type(error).__name__})")
    return Rendered(made) if len(made) <= MAX_PICTURE_BYTES else Unusable("the cover is too large")


@cache
def _warn_once(style: str, why: str) -> None:
    log.warning(
        "poster_style %s needs Pillow; until it is there posters show the cover as it is. %s",
        style,
        why,
    )
