"""Pillow, which draws posters in another shape: optional, and perhaps there only later.

Who starts this process may bring it along (`supplied_by`): nothing here knows how it is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Why Pillow can't be used and what to do about it, "" if it can. Its argument: whether a setting
# needs it, so that it may be fetched, which may take a while. For several threads.
Supply = Callable[[bool], str]


def drawing() -> Callable[..., bytes]:
    """`pictures.drawing.draw`. Raises ImportError, or OSError, where Pillow isn't or is damaged."""
    from pictures.drawing import draw  # noqa: PLC0415 - needs Pillow

    return draw


def as_it_is(_is_needed: bool) -> str:
    """The supply that takes what Python finds."""
    try:
        drawing()
    except ImportError:
        return "It is not installed."
    return ""


@dataclass(slots=True)
class _Source:
    supply: Supply


_source = _Source(as_it_is)


def supplied_by(supply: Supply) -> None:
    """From now on Pillow comes from there, in this process."""
    _source.supply = supply


def why_missing(*, is_needed: bool) -> str:
    """What the supply says."""
    return _source.supply(is_needed)
