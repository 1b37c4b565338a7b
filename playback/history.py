"""Plex's history of plays, and whose they are: the requests."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element

from playback.play import OWNER, Play
from plex.client import PlexClient
from plex.items import SECTION_ITEMS, number

ROWS_PER_REQUEST = 1000
TYPES = frozenset(SECTION_ITEMS.values())


def read_history(plex: PlexClient, since: int = 0) -> Iterator[list[Play]]:
    """The plays of films and episodes since then (epoch seconds), newest first, in pages. What is
    played meanwhile shifts the pages, so that some may come twice and none is missed.

    Rows without a time or a key of their own are left out. Raises what PlexClient raises, and
    PlexSettingsError for a token that isn't the owner's.
    """
    start = 0
    while True:
        root = plex.get(
            "/status/sessions/history/all",
            {
                "sort": "viewedAt:desc",
                "viewedAt>": since,
                "X-Plex-Container-Start": start,
                "X-Plex-Container-Size": ROWS_PER_REQUEST,
            },
        )
        rows = list(root)
        found = [_play(each) for each in rows if each.get("type") in TYPES]
        # A server that doesn't know the filter answers everything.
        yield [each for each in found if each.key and each.viewed_at >= max(since, 1)]
        start += len(rows)
        is_past = bool(rows) and number(rows[-1].get("viewedAt")) < since
        if not rows or is_past or start >= number(root.get("totalSize")):
            return


def account_names(plex: PlexClient) -> dict[int, str]:
    """The accounts of this Plex by id; raises as `read_history`."""
    root = plex.get("/accounts")
    return {
        number(each.get("id")): each.get("name", "")
        for each in root.iterfind("Account")
        if each.get("name")
    }


def accounts_of(names: Collection[str], known: dict[int, str]) -> tuple[frozenset[int], list[str]]:
    """The ids of the accounts of these names, the owner's for none; and the names that are
    nobody's."""
    if not names:
        return frozenset({OWNER}), []
    by_name = {name.casefold(): key for key, name in known.items()}
    found = frozenset(by_name[each.casefold()] for each in names if each.casefold() in by_name)
    return found, [each for each in names if each.casefold() not in by_name]


def _play(row: Element) -> Play:
    return Play(
        row.get("historyKey", ""),
        number(row.get("viewedAt")),
        number(row.get("accountID")),
        number(row.get("ratingKey")),
        row.get("title", ""),
    )
