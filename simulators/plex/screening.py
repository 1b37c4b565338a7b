"""Somebody watches a film from its start, over pauses, to its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from simulators.plex.activity import OWNER, Activity, PlaySession
from simulators.plex.model import Item


def screening(
    activity: Activity,
    item: Item,
    *,
    account: int = OWNER,
    pauses: Collection[float] = (0.5,),
    to: float = 1.0,
    steps: int = 10,
) -> Iterator[PlaySession]:
    """Everything that a player reports meanwhile, in so many steps to this part of its length;
    `pauses` are parts of it, too. What is looked at, and how much time passes, between two reports
    is the caller's matter."""
    session = activity.begin(item, account=account)
    yield session
    stops = sorted({to * step / steps for step in range(1, steps)} | {x for x in pauses if x < to})
    for part in stops:
        activity.move(session, part)
        yield session
        if part in pauses:
            for state in ("paused", "playing"):
                activity.turn(session, state)
                yield session
    activity.end(session, to=to)
    yield session


def play_film(
    activity: Activity,
    item: Item,
    *,
    account: int = OWNER,
    pauses: Collection[float] = (0.5,),
    to: float = 1.0,
) -> bool:
    """All of it at once; whether it is in the history."""
    *_, session = screening(activity, item, account=account, pauses=pauses, to=to)
    return session.play is not None
