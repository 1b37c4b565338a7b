"""Whose picture an item shows, and which it showed before our first one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pictures.plan import Action, PictureChange
from plex.pictures import ListedPicture
from sync.pictures import PictureMemory
from sync.reasons import EDITED_IN_PLEX, LOCKED_BEFORE


def original_back(
    name: str, memory: PictureMemory, listed: Iterable[ListedPicture]
) -> PictureChange:
    """Show what was chosen before our first picture, with the lock of then."""
    key = shown_before(memory, listed)
    action = Action.CHOOSE if key else Action.DROP
    return PictureChange(name, action, key=key, is_locked=memory.was_locked)


def shown_before(memory: PictureMemory, listed: Iterable[ListedPicture]) -> str:
    """Plex's key of what to show instead of ours, "" for nothing.

    Where nobody had locked the picture that is the agent's choice, a frame of the film, or a
    collection's composite: the first of the list that nobody has uploaded. It may have come after
    ours, as with a film that was new then.
    """
    if memory.was_locked:
        return memory.original or ""
    keys = [each.key for each in listed]
    found = (key for key in keys if not key.startswith("upload://"))
    return memory.original if memory.original and memory.original in keys else next(found, "")


def why_kept(listed: Sequence[ListedPicture], memory: PictureMemory, *, is_locked: bool) -> str:
    """Why somebody's choice has to be kept; "" if it is none. What we sent and nobody confirmed may
    not have arrived, so then it is as before our first picture."""
    chosen = next((each for each in listed if each.is_chosen), None)
    if is_ours(chosen, memory) or is_handed_back(chosen, memory, listed):
        return ""
    if memory.sha1:
        return EDITED_IN_PLEX
    return LOCKED_BEFORE if memory.unsure and is_locked else ""


def is_handed_back(
    chosen: ListedPicture | None, memory: PictureMemory, listed: Iterable[ListedPicture]
) -> bool:
    """Whether it is what was there before ours, though something of ours was sent: we may have
    chosen it again, or our first has not arrived. A lock of before is somebody's, any other one
    ours: it goes ahead of the picture."""
    key = chosen.key if chosen else ""
    is_our_doing = bool(memory.sha1) or not memory.was_locked
    return memory.unsure and is_our_doing and key == shown_before(memory, listed)


def is_ours(chosen: ListedPicture | None, memory: PictureMemory) -> bool:
    return chosen is not None and chosen.sha1 in memory.uploaded
