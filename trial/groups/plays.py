"""Plays: can their history be read, and from when on does something count as played? Asks alone."""

from __future__ import annotations

from errors import Outage, SyncError
from plex.client import PlexClient
from plex.items import number
from trial.bench import Bench

_THRESHOLD = "LibraryVideoPlayedThreshold"


def measure(bench: Bench) -> dict[str, str]:
    return {**_history(bench), **_threshold(bench)}


def _history(bench: Bench) -> dict[str, str]:
    page = {"X-Plex-Container-Start": 0, "X-Plex-Container-Size": 1}
    try:
        bench.get("history", "/status/sessions/history/all", page)
    except Outage:
        raise
    except SyncError:
        return {"history": "refused"}
    return {"history": "readable"}


def _threshold(bench: Bench) -> dict[str, str]:
    try:
        found = bench.get("preferences", "/:/prefs")
    except Outage:
        raise
    except SyncError:
        return {"played_threshold": "not told"}
    told = (each.get("value", "") for each in found if each.get("id") == _THRESHOLD)
    return {"played_threshold": next(told, "not told")}


def playing(client: PlexClient) -> set[int]:
    """The rating keys of what somebody is watching at the moment."""
    return {number(each.get("ratingKey")) for each in client.get("/status/sessions")}
