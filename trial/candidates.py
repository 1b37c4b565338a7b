"""Which item a trial may use: one that nobody has edited, and that nobody is watching."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from errors import PermanentError
from ledger.ledger import Ledger
from plex.client import PlexClient
from plex.items import PlexItem
from trial.groups.plays import playing
from trial.snapshot import Snapshot, of_item


class Unfit(PermanentError):
    """The item that was named can't be used for a trial."""

    reason = "trial"


def propose(client: PlexClient, ledger: Ledger, found: Mapping[int, PlexItem]) -> int | None:
    """Of these items by scene, the scene whose item suits best: the one with most to compare, since
    what is empty is measured only where it can be emptied again. None if there is none."""
    server = client.machine_identifier
    written = ledger.scene_ids(server, [item.rating_key for item in found.values()])
    fit = {
        scene_id: of_item(item)
        for scene_id, item in found.items()
        if _is_usable(item) and item.rating_key not in written and not item.state.locked
    }
    watched = playing(client) if fit else ()
    by_suitability = sorted(fit, key=lambda each: (-_fullness(fit[each]), each))
    return next((each for each in by_suitability if found[each].rating_key not in watched), None)


def check(client: PlexClient, items: Iterable[PlexItem]) -> PlexItem:
    """The item of a scene that somebody has named. Raises Unfit."""
    usable = [each for each in items if _is_usable(each)]
    if not usable:
        raise Unfit(
            "this scene has no item in Plex to try anything on", advice="Name another scene."
        )
    if usable[0].rating_key in playing(client):
        raise Unfit(
            "somebody is watching this item at the moment",
            advice="Name another scene, or try again when it has ended.",
        )
    return usable[0]


def _is_usable(item: PlexItem) -> bool:
    return bool(item.section_key) and item.raw is not None


def _fullness(now: Snapshot) -> int:
    """A label makes it worse: labels are measured only where there are none."""
    return (
        len(now.texts) + sum(bool(each) for each in now.tags.values()) - 5 * bool(now.tags["label"])
    )
