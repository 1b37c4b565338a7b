"""Posters and backgrounds: what we remember of them and when to look at a cover again. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from sync.reasons import EDITED_IN_PLEX, LOCKED_BEFORE

POSTER = "poster"
BACKGROUND = "background"
PICTURES = (POSTER, BACKGROUND)

AS_IT_IS = "cover"

# Plex fails beyond about 10 MB; Kometa's limit, which is known to work.
MAX_PICTURE_BYTES = 10_480_000

# A proxy's limit may be raised, which nobody tells us.
REFUSED_FOR_S = 86_400.0
TOO_LARGE = "too large for Plex or a proxy in front of it"
_TRIED = re.compile(re.escape(TOO_LARGE) + r" \((\d+) bytes, tried at (\d+)\)")

_SIGNATURES = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif"))
_TIMESTAMP = re.compile(r"[?&]t=(\d+)")


@dataclass(frozen=True, slots=True)
class PictureMemory:
    """What we remember of one item's poster or background.

    `source`: sha1 of the cover that was last compared, `etag` Stash's name for it, `hint` the
    scene's timestamp then ("": look again), `style` how it was to be shown, `kept` why it was not.
    `sha1`: of our picture that Plex confirmed as chosen, "" if it shows none of ours.
    `uploaded`: of all that we ever sent, noted before sending.
    `unsure`: something was sent since that Plex has not confirmed: what it shows isn't known.
    `original`: Plex's key of what was chosen before, "" for nothing or, where it was not locked,
    what the agent chose; None before our first.
    """

    source: str = ""
    etag: str = ""
    hint: str = ""
    style: str = ""
    kept: str = ""
    sha1: str = ""
    uploaded: tuple[str, ...] = ()
    original: str | None = None
    was_locked: bool = False
    unsure: bool = False


def sha1_of(content: bytes) -> str:
    """Plex names uploads by this."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def cover_hint(screenshot_url: str) -> str:
    """The scene's time of change in epoch seconds, as Stash puts it into the cover's address; it
    moves with every change of the scene, so that it tells only when there is nothing to ask."""
    found = _TIMESTAMP.search(screenshot_url)
    return found[1] if found else ""


def is_final(hint: str, looked_at: float) -> bool:
    """Whether a look at `looked_at` (epoch seconds) saw all that has this hint: it counts whole
    seconds, so within the same second the cover may change again."""
    return bool(hint) and looked_at >= int(hint) + 1


def needs_look(memory: PictureMemory, hint: str, style: str, *, keeps_edits: bool) -> bool:
    """Whether Stash has to be asked for the cover."""
    if not hint or memory.hint != hint or memory.style != style:
        return True
    return is_respite_over(memory, keeps_edits=keeps_edits)


def is_respite_over(memory: PictureMemory, *, keeps_edits: bool) -> bool:
    """Whether somebody's choice was kept by a setting that is off by now."""
    return memory.kept in (EDITED_IN_PLEX, LOCKED_BEFORE) and not keeps_edits


def refusal(size: int, now: float) -> str:
    """What to remember of a picture that was refused for its size at `now` (epoch seconds)."""
    return f"{TOO_LARGE} ({size} bytes, tried at {int(now)})"


def is_refused(memory: PictureMemory, now: float) -> bool:
    """Whether the picture was refused so lately that the same bytes needn't be sent again."""
    found = _TRIED.fullmatch(memory.kept)
    return found is not None and abs(now - int(found[2])) < REFUSED_FOR_S


def refused_size(kept: str) -> int | None:
    """The bytes of a picture that is left for its size, by the reason for it; None for another."""
    found = _TRIED.fullmatch(kept)
    return int(found[1]) if found else None


def without_refusal(memory: PictureMemory) -> PictureMemory:
    """What to remember once a picture that was refused for its size is to be tried again."""
    return replace(memory, hint="", kept=TOO_LARGE) if _TRIED.fullmatch(memory.kept) else memory


def picture_type(content: bytes) -> str:
    """jpeg, png, gif or webp by the first bytes; "" for anything else, SVG and HTML included."""
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            return name
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""
