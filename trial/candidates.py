"""Which item a trial may use: one that nobody has edited, and that nobody is watching."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from errors import PermanentError
from ledger.ledger import Ledger
from plex.client import PlexClient
from plex.items import PlexItem
from trial.bench import Bench
from trial.groups.plays import is_playing
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
        if item.raw is not None and item.rating_key not in written and not item.state.locked
    }
    for scene_id in sorted(fit, key=lambda each: (-_fullness(fit[each]), each)):
        if not is_playing(Bench(client, found[scene_id])):
            return scene_id
    return None


def check(client: PlexClient, items: Iterable[PlexItem]) -> PlexItem:
    """The item of a scene that somebody has named. Raises Unfit."""
    usable = [each for each in items if each.section_key and each.raw is not None]
    if not usable:
        raise Unfit(
            "this scene has no item in Plex to try anything on", advice="Name another scene."
        )
    if is_playing(Bench(client, usable[0])):
        raise Unfit(
            "somebody is watching this item at the moment",
            advice="Name another scene, or try again when it has ended.",
        )
    return usable[0]


def _fullness(now: Snapshot) -> int:
    """A label makes it worse: labels are measured only where there are none."""
    return (
        len(now.texts) + sum(bool(each) for each in now.tags.values()) - 5 * bool(now.tags["label"])
    )
