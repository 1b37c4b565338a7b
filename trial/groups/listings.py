"""Lists: what they leave out, how long their pages are, and what becomes of ids that are missing.

Asks alone; what is left out shows on an item that has something to leave out.
"""

from __future__ import annotations

from plex.exceptions import PlexNotFound
from plex.items import number
from trial.bench import Bench, yes
from trial.snapshot import TAGS, Snapshot

# What nobody's library has come to.
NO_KEY = 2_000_000_011
PAGE = 1000


def measure(bench: Bench) -> dict[str, str]:
    """What needs no item of a special kind."""
    return {**_missing_ids(bench), **_pages(bench)}


def _missing_ids(bench: Bench) -> dict[str, str]:
    try:
        found = bench.get("items", f"/library/metadata/{bench.item.rating_key},{NO_KEY}")
    except PlexNotFound:
        return {"missing_ids": "refuses all"}
    keys = [number(each.get("ratingKey")) for each in found]
    return {"missing_ids": "left out" if keys == [bench.item.rating_key] else "other"}


def _pages(bench: Bench) -> dict[str, str]:
    """Of a listing and of several items by their ids."""
    page = {"X-Plex-Container-Start": 0, "X-Plex-Container-Size": PAGE}
    listed = bench.listed(**page)
    given, total = len(listed), number(listed.get("totalSize"))
    found = {"page": str(given) if given < min(total, PAGE) else "as asked"}
    keys = [each.get("ratingKey", "") for each in listed][:2]
    if len(keys) == 2:
        page["X-Plex-Container-Size"] = 1
        both = bench.get("items", f"/library/metadata/{','.join(keys)}", page)
        found["several_in_pages"] = yes(len(both) < 2)
    return found


def what_is_left_out(bench: Bench, now: Snapshot) -> dict[str, str]:
    """Of an item as it is `now`, with more tags than anybody would list, labels and locks."""
    listed = bench.listed(id=bench.item.rating_key)
    shown = next((x for x in listed if x.get("ratingKey") == str(bench.item.rating_key)), None)
    if shown is None:
        return {}
    found = {}
    for kind in ("genre", "director", "actor", "label"):
        there, given = len(now.tags[kind]), len(shown.findall(TAGS[kind]))
        if there:
            found[f"listed_{kind}"] = "all" if given == there else str(given)
    if now.locks:
        found["listed_locks"] = yes(shown.find("Field") is not None)
    return found
