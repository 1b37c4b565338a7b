"""A Plex that nothing was ever written to, and what may be nasty about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.traits import Proof
from simulators.plex import Item
from tests.harness.sync import Desk, picture

MakeDesk = Callable[..., Desk]
COUNT = 20

NASTY: dict[str, dict[str, Any]] = {
    "drops tags": {"drops_tags": True},
    "cuts summaries": {"cuts_texts": 40},
    "ignores locks": {"ignores_locks": True},
    "mirrors labels in capitals": {"label_case": "capitals"},
    "does nothing": {"ignores_edits": True},
}


def new(make_desk: MakeDesk, *, tried: bool = False, **settings: Any) -> Desk:
    """Films with covers, of which Plex's items have something of their own."""
    desk = make_desk(count=COUNT, tried=tried)
    desk.configure(tags_as="both", **settings)
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, cover=picture("red", (160 + scene_id, 90)), details="Of long ago. " * 9)
        dress(desk, desk.item(scene_id))
    return desk


def dress(desk: Desk, item: Item) -> None:
    library = desk.plex.library
    for kind, name in (("country", "France"), ("genre", "Silent"), ("actor", "Ada")):
        library.set_tags(item, kind, [library.make_tag(item, kind, name)])
    item.fields |= {"tagline": "A film.", "originalTitle": "Un film"}
    item.locks |= {"tagline"}


def proof(desk: Desk) -> Proof | None:
    with desk.context() as context:
        return context.stores.traits.proof(desk.plex.library.machine_identifier, desk.plex.version)
