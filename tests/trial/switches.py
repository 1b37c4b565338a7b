"""A simulated Plex with any combination of switches, and what a trial has to find out of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.traits import TraitBook
from plex.client import PlexClient
from plex.items import PlexItem
from simulators.plex import Item, Picture, PlexLibrary, PlexSimulator, Tag
from tests.harness.turns import at_any_time
from trial.bench import Bench
from trial.trial import Trial, run

CHOICES: dict[str, list[Any]] = {
    "tag_mode": ["additive", "replacing"],
    "implicit_lock": [False, True],
    "upload_locks": [True, False],
    "page_limit": [None, 2],
    "pages_multi_get": [False, True],
    "multi_get_strict": [False, True],
    "moves_updated_at": [
        ("field", "lock", "rating", "picture"),
        ("field", "lock", "rating", "picture", "tag"),
        ("field",),
        ("tag", "rating"),
    ],
    "date_moves_year": [False, True],
    "rating_edit_rates": [False, True],
    "keeps_cast_order": [True, False],
    "cast_lock": ["actor", "role"],
    "label_case": ["first", "as_given", "capitals"],
    "keeps_first_spelling": [True, False],
    "removes_by_name": [True, False],
    "clears_fields": [True, False],
    "listing_cuts_tags": [True, False],
    "listing_hides": [("Label", "Field"), ("Label",), ("Field",), ()],
    "collections_vanish": [True, False],
    "revives_collections": [False, True],
    "sorts_collections": [True, False],
    "refuses_history": [False, True],
    "played_threshold": [90, 80, None],
}
Switches = dict[str, Any]


def at_random(seed: int) -> Switches:
    chance = random.Random(seed)
    return {name: chance.choice(values) for name, values in CHOICES.items()}


def expected(switches: Switches) -> dict[str, str]:
    """The traits of a server with these switches, as a trial that may send pictures tells them."""

    def yes(fact: object) -> str:
        return "yes" if fact else "no"

    moving, clears = switches["moves_updated_at"], switches["clears_fields"]
    adds = "adds" if switches["tag_mode"] == "additive" else "replaces"
    removal = "by name" if switches["removes_by_name"] else "not"
    cut = switches["listing_cuts_tags"]
    kinds = ("genre", "director", "actor", "label")
    first = switches["keeps_first_spelling"]
    found = {
        **{f"{kind}_edit": adds for kind in kinds},
        **{f"{kind}_removal": removal for kind in kinds},
        "other_tags": "kept",
        "label_case": {"first": "first letter", "as_given": "as sent", "capitals": "capitals"}[
            switches["label_case"]
        ],
        "cast_order": "as sent" if switches["keeps_cast_order"] else "its own",
        "spelling": "the first" if first else "another tag",
        "text_edit": "kept",
        "clears": yes(clears),
        "locks": "all",
        "cast_lock": switches["cast_lock"],
        "unlocks": "yes",
        "text_edit_locks": yes(switches["implicit_lock"]),
        "tag_edit_locks": yes(switches["implicit_lock"]),
        "long_text": "whole",
        "year_edit": "kept",
        "date_edit": "kept",
        "date_moves_year": yes(switches["date_moves_year"]),
        "rating_edit": "kept",
        "rating_moves_rated_at": yes(switches["rating_edit_rates"]),
        "tag_moves_time": yes("tag" in moving),
        "tag_lock_moves_time": yes("tag" in moving),
        "lock_moves_time": yes("lock" in moving),
        "text_moves_time": yes("field" in moving),
        "rating_moves_time": yes("rating" in moving),
        "missing_ids": "refuses all" if switches["multi_get_strict"] else "left out",
        "page": str(switches["page_limit"] or "as asked"),
        "several_in_pages": yes(switches["pages_multi_get"]),
        "listed_genre": "2" if cut else "all",
        "listed_director": "2" if cut else "all",
        "listed_actor": "3" if cut else "all",
        "listed_label": "all" if "Label" not in switches["listing_hides"] else "0",
        "listed_locks": yes("Field" not in switches["listing_hides"]),
        "collection_edit": "kept",
        "collection_sorts": yes(switches["sorts_collections"]),
        "collection_vanishes": yes(switches["collections_vanish"]),
        "collection_poster": "kept"
        if switches["revives_collections"] or not switches["collections_vanish"]
        else "lost",
        "history": "refused" if switches["refuses_history"] else "readable",
        "played_threshold": str(switches["played_threshold"] or "not told"),
        "upload_is_chosen": "yes",
        "upload_locks": yes(switches["upload_locks"]),
    }
    if adds == "replaces":  # a name that is sent anew is the only one of its kind
        found["spelling"] = "the first" if first else "another tag"
    return found


@dataclass
class Place:
    """A Plex with some films, of which one is on trial, and the folder of what is stored."""

    sim: PlexSimulator
    folder: Path
    item: Item
    clock: list[float] = field(default_factory=lambda: [1000.0])

    @contextmanager
    def client(self) -> Iterator[PlexClient]:
        made = PlexClient(self.sim.url, self.sim.token, client_id="trial", turns=at_any_time)
        with closing(made):
            yield made

    @contextmanager
    def book(self) -> Iterator[TraitBook]:
        with closing(TraitBook(str(self.folder))) as book:
            yield book

    def wait(self, seconds: float) -> None:
        self.clock[0] += seconds

    def plex_item(self, client: PlexClient) -> PlexItem:
        return client.items([self.item.rating_key])[self.item.rating_key]

    def bench(self, client: PlexClient) -> Bench:
        return Bench(client, self.plex_item(client), self.wait)

    def trial(self, *, with_pictures: bool = True) -> Trial:
        with self.client() as client, self.book() as book:
            return run(
                self.bench(client), book, "me", lambda: self.clock[0], with_pictures=with_pictures
            )

    def everything(self) -> list[object]:
        """All that a person could miss afterwards."""
        library = self.sim.library
        collections = [each.title for each in library.items(type="collection")]
        return [*(library.snapshot(each) for each in library.items()), collections]


@contextmanager
def place(folder: Path, switches: Switches, *, seed: int = 0) -> Iterator[Place]:
    """The item on trial has something of everything, or nothing but a title, as chance has it."""
    chance = random.Random(seed)
    clock = [1000.0]
    library = PlexLibrary(clock=lambda: clock[0])
    # Before the first tag: it decides under which name each is kept.
    library.tags.keeps_first_spelling = switches.get("keeps_first_spelling", True)
    films = library.add_section("Films", locations=["/f"])
    for number in range(4):
        library.add_item(films, f"/f/{number}.mp4", title=f"Film {number}", genre=["Nature"])
    item = library.add_item(films, "/f/forest.mp4", title="The Forest", **_metadata(chance))
    item.locks |= {each for each in ("title", "genre", "thumb") if chance.random() < 0.3}
    if chance.random() < 0.5:
        item.posters.append(Picture("upload://posters/older", b"older"))
    with PlexSimulator(library) as sim:
        for name, value in switches.items():
            if name != "keeps_first_spelling":
                setattr(sim.quirks, name, value)
        yield Place(sim, folder, item, clock)


def _metadata(chance: random.Random) -> dict[str, Any]:
    everything: dict[str, Any] = {
        "summary": "A year in the forest.",
        "tagline": "Every leaf.",
        "studio": "Nature Films",
        "contentRating": "G",
        "originallyAvailableAt": "1998-06-07",
        "year": 1998,
        "userRating": "8.0",
        "titleSort": "Wood",
        "genre": ["Nature", "Documentary"],
        "director": ["Alice Guy"],
        "writer": ["Ada"],
        "country": ["France"],
        "collection": ["Seasons"],
        "actor": [Tag("Bea", "The voice", "http://photos/bea.jpg"), Tag("Cleo", "The fox")],
    }
    return {name: value for name, value in everything.items() if chance.random() < 0.7}
