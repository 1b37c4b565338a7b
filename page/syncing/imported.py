"""What came to Stash from Plex, newest first."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
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
LONGEST_TITLE = 200
# A batch of scenes gets its ratings in one moment.
MOST_AT_ONCE = 200


def imported(invocation: Invocation, before: float | None, limit: int) -> Answer:
    """`before`: only what was played, or came, before then."""
    rows = _rows(invocation.data_dir, before, limit + MOST_AT_ONCE)
    page = _fitting(rows[: _end(rows, limit)])
    return {
        "imported": page,
        "before": page[-1]["at"] if len(page) < len(rows) else None,
    }


def _rows(data_dir: str, before: float | None, limit: int) -> list[dict[str, Any]]:
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return []
    with closing(PlayLedger(data_dir)) as plays, closing(BroughtLedger(data_dir)) as brought:
        found = [shown_play(each, plays) for each in plays.newest(limit, before)]
        found += [shown_value(each) for each in brought.newest(limit, before)]
    return sorted(found, key=lambda each: each["at"], reverse=True)[:limit]


def _end(rows: Sequence[dict[str, Any]], limit: int) -> int:
    """Where a page ends: what came in one moment is never parted, or the next one would miss it."""
    end = min(limit, len(rows))
    while 0 < end < len(rows) and rows[end]["at"] == rows[end - 1]["at"]:
        end += 1
    return end


def _fitting(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As much of a page as an answer may hold. Only what came in one moment, and is more than
    that, is parted."""
    fit = fitting(page)
    if len(fit) == len(page):
        return page
    whole = [each for each in fit if each["at"] != page[len(fit)]["at"]]
    return whole or fit


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
    "imported": Operation(imported, {"before": moment, "limit": number(1, MOST, USUAL)})
}
