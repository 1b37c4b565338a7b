"""What to tell of a trial, so that it can be pasted into an issue: no names, titles, paths,
addresses or tokens."""

from __future__ import annotations

import platform

from plex.own_identity import own_version
from trial.meaning import lines, stop_sentences
from trial.trial import Trial

HEAD, FOOT = "----- report of a trial, to be pasted -----", "----- end of the report -----"


def question(scene_id: int, title: str, *, with_pictures: bool) -> list[str]:
    """What is to be confirmed."""
    pictures = (
        "A picture would be uploaded, which Plex keeps for ever. "
        if with_pictures
        else "No picture would be uploaded. "
    )
    return [
        f"A trial would write to one item in Plex, about twenty times in half a minute: scene "
        f"{scene_id}, {title or 'without a title'}. Afterwards everything of it is put back, and "
        f"looked at: all but updatedAt and lastRatedAt. {pictures}Nothing was done",
        f"To do it, start the check with try: {scene_id} once more, or run doctor --try {scene_id} "
        "--yes",
    ]


def report(found: Trial, version: str, written: int) -> list[str]:
    """`version` of Plex; `written`: how many items we have ever written to."""
    return [
        HEAD,
        f"PlexSync {own_version()}, Python {platform.python_version()}, {platform.system()}",
        f"Plex {version or 'of unknown version'}",
        f"items written before: {written}",
        *lines(found.traits),
        *(f"not measured: {name}, {_neutral(why)}" for name, why in found.unmeasured.items()),
        *stop_sentences(found.traits, version),
        _undone(found),
        FOOT,
    ]


def _undone(found: Trial) -> str:
    if found.left:
        return f"not as before afterwards: {', '.join(found.left)}"
    return "put back afterwards: everything"


def _neutral(why: str) -> str:
    """An error's text may hold an address with what was written."""
    return why.partition(":")[0][:60]
