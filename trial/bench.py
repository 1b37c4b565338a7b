"""The one item on trial: read complete, edited, and both timed. Nothing is judged by an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from plex.client import PlexClient
from plex.edits import Params, edit_requests
from plex.exceptions import PlexNotFound
from plex.items import TYPE_NUMBERS, PlexItem
from sync.plan import Edit
from sync.values import Credit
from trial.snapshot import Snapshot, of_item

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Names that nobody has: with a small letter first, a comma, and what has to be encoded. One more
# than a listing is believed to show.
NAMES = tuple(f"plexSync trial{each}" for each in (", one", " & two", " three", " four"))
TEXT = "PlexSync tries out this field, and puts it back."
# Plex's times count whole seconds.
A_SECOND_S = 1.1


class Bench:
    """For one thread. `wait` lets so many seconds pass. Methods raise what PlexClient raises."""

    def __init__(
        self,
        client: PlexClient,
        item: PlexItem,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.client = client
        self.item = item
        self.answers: list[tuple[str, Element]] = []
        self._wait = wait
        self._clock = clock
        self._seconds: dict[str, list[float]] = {}

    @property
    def is_movie(self) -> bool:
        return self.item.type == "movie"

    def read(self) -> Snapshot:
        """As it is now. Raises PlexNotFound."""
        with self.timed("item"):
            found = self.client.items([self.item.rating_key])
        if self.item.rating_key not in found:
            raise PlexNotFound("the item on trial is gone from Plex")
        self.item = replace(found[self.item.rating_key], section_key=self.item.section_key)
        assert self.item.raw is not None
        self.answers.append(("item", self.item.raw))
        return of_item(self.item)

    def edit(self, params: Mapping[str, str]) -> Snapshot:
        """The item after an edit of these parameters, as it then is."""
        with self.timed("edit"):
            self.client.edit([self.item], dict(params))
        return self.read()

    def set_tags(self, kind: str, names: list[str], now: Snapshot) -> Snapshot:
        """Its tags of a kind are to be these, as all our edits have them: the complete list, and by
        name what goes; where nothing goes by name, from an empty list. Who is there already keeps
        the role."""
        known = {each.name: each for each in now.tags.get(kind, ())}
        wanted = tuple(known.get(each, Credit(each)) for each in names)
        gone = tuple(each for each in known.values() if each.name not in names)
        edit = Edit(kind, tuple(known.values()), wanted, removed=gone)
        requests = edit_requests([edit])
        for params in requests:
            now = self.edit(params)
        # A collection that lost its only item for a moment would come back without its poster.
        if kind != "collection" and {each.name for each in gone} & set(now.names(kind)):
            for params in [{f"{kind}[].tag": ""}, *requests]:
                now = self.edit(params)
        return now

    def get(self, kind: str, path: str, params: Mapping[str, Any] | None = None) -> Element:
        """What this path answers, timed as of this kind."""
        with self.timed(kind):
            found = self.client.get(path, params)
        self.answers.append((kind, found))
        return found

    def listed(self, **params: Any) -> Element:
        """The item's section as a listing shows it."""
        number = TYPE_NUMBERS[self.item.type]
        path = f"/library/sections/{self.item.section_key}/all"
        return self.get("list", path, {"type": number, **params})

    def let_a_second_pass(self) -> None:
        """So that what moves the time of update next can be told."""
        self._wait(A_SECOND_S)

    @contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        began = self._clock()
        yield
        self._seconds.setdefault(kind, []).append(self._clock() - began)

    def timings(self) -> dict[str, str]:
        """Traits of their own: the median of each kind of request, in milliseconds."""
        return {
            f"{kind}_ms": f"{1000 * median(found):.0f}" for kind, found in self._seconds.items()
        }


def lock(key: str, is_locked: bool = True) -> Params:
    return {f"{key}.locked": "1" if is_locked else "0"}


def yes(fact: bool) -> str:
    """As traits say it."""
    return "yes" if fact else "no"
