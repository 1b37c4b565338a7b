"""What came to Stash from Plex, newest first."""

from __future__ import annotations

import datetime
import os
from contextlib import closing
from typing import Any

from page.arguments import moment, number
from page.operation import Answer, Operation, Operations
from page.size import clipped, fitting
from playback.brought import Brought, BroughtLedger
from playback.play_ledger import PlayLedger, Row
from playback.schema import FILE_NAME
from stash.protocol import Invocation

USUAL, MOST = 50, 200
MOST_SKIPPED = 1_000_000
LONGEST_TITLE = 200


def imported(invocation: Invocation, before: float | None, skip: int, limit: int) -> Answer:
    """`before`: only what was played, or came, until then; `skip`: without so many of those of that
    very moment, in which a whole batch may have come."""
    rows = _rows(invocation.data_dir, before, skip + limit + 1)[skip:]
    page = fitting(rows[:limit])
    if len(page) == len(rows):
        return {"imported": page, "before": None, "skip": 0}
    at = page[-1]["at"]
    of_that_moment = sum(each["at"] == at for each in page) + (skip if at == before else 0)
    return {"imported": page, "before": at, "skip": of_that_moment}


def _rows(data_dir: str, before: float | None, limit: int) -> list[dict[str, Any]]:
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return []
    with closing(PlayLedger(data_dir)) as plays, closing(BroughtLedger(data_dir)) as brought:
        found = [shown_play(each, plays) for each in plays.newest(limit, before)]
        found += [shown_value(each) for each in brought.newest(limit, before)]
    return sorted(found, key=lambda each: each["at"], reverse=True)[:limit]


def day_of(at: float) -> str:
    """The day here, by which it can be taken back."""
    return f"{datetime.datetime.fromtimestamp(at).astimezone():%Y-%m-%d}"


def shown_play(row: Row, plays: PlayLedger) -> dict[str, Any]:
    """By whom is told of plays alone: the others are those of the account of the token."""
    return {
        "what": "play",
        "at": row.play.viewed_at,
        "day": day_of(row.play.viewed_at),
        "scene": row.scene_id,
        "title": clipped(row.play.title, LONGEST_TITLE),
        "account": plays.account_name(row.play.account_id),
        "before": None,
        "after": None,
    }


def shown_value(row: Brought) -> dict[str, Any]:
    """Positions in seconds, ratings of 100."""
    return {
        "what": row.what,
        "at": row.at,
        "day": day_of(row.at),
        "scene": row.scene_id,
        "title": clipped(row.title, LONGEST_TITLE),
        "account": "",
        "before": row.before,
        "after": row.after,
    }


QUERIES: Operations = {
    "imported": Operation(
        imported,
        {
            "before": moment,
            "skip": number(0, MOST_SKIPPED, 0),
            "limit": number(1, MOST, USUAL),
        },
    )
}
