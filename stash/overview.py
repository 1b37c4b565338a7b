"""What Stash has, told in the fewest words: when each scene was changed, what all else is called,
and what no scene's time tells of files.

It costs Stash a fraction of asking for every scene in full. Standard library only, since a resting
worker asks it as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from stash import queries

# Lists that are not about an object of their own, but about scenes.
FILES = "files"
"""The scenes that have another number of files than one, with their paths: whatever is assigned to
another scene, or deleted, comes from one of these."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

Ask = Callable[[str, dict[str, Any]], Mapping[str, Any]]
"""A GraphQL document with its variables, answered by `data`."""

Names = dict[str, dict[int, str]]
"""By kind and id a text that is another one once something of interest has changed."""


@dataclass(frozen=True, slots=True)
class Question:
    """`fields`: what is asked of the objects of each kind (performer, studio, tag, group) besides
    their ids, as GraphQL. `since`: Stash's text of a time; scenes are named whose files were
    moved or changed later. "" for none: Stash before 0.30 can't tell."""

    fields: Mapping[str, str]
    since: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Question:
        """From what `as_json` gave. Raises KeyError."""
        return cls(told["fields"], told["since"])


class Overview:
    """One look, in pages of so many objects; `digest` stands for the names and times that were read
    of it.

    Whoever reads other pages gets the same digest, if nothing has changed meanwhile. Methods raise
    what `ask` raises.
    """

    def __init__(self, ask: Ask, question: Question, page: int) -> None:
        self._ask = ask
        self._question = question
        self._page = page
        self._read: dict[str, Any] = {}

    def times(self) -> Iterator[dict[int, str]]:
        """When each scene was changed, as Stash's own text, by ascending id, in pages. Stable while
        scenes come, go and change."""
        for page in self._scenes(queries.TIMES, {}):
            times = {int(each["id"]): str(each["updated_at"]) for each in page}
            self._add("times", times)
            yield times

    def names(self) -> Iterator[Names]:
        """Everything else, in pages. An object may be passed over while another one of its kind is
        deleted: it is told of the next time."""
        wanted = [*self._question.fields, FILES]
        number = 1
        while wanted:
            query = queries.names({each: self._question.fields.get(each) for each in wanted})
            listed = {"page": number, "per_page": self._page, "sort": "id", "direction": "ASC"}
            data = self._ask(query, {"filter": listed})
            page = {kind: dict(map(_named, data[kind]["found"])) for kind in wanted}
            for kind, found in page.items():
                self._add(kind, found)
            yield page
            wanted = [kind for kind in wanted if len(page[kind]) == self._page]
            number += 1

    def moved(self) -> Iterator[list[int]]:
        """The scenes of which a file was moved or changed since the time of the question."""
        if not self._question.since:
            return
        for page in self._scenes(queries.MOVED, {"since": self._question.since}):
            yield [int(each["id"]) for each in page]

    def digest(self) -> str:
        """Of everything that was read so far."""
        parts = sorted((kind, each.hexdigest()) for kind, each in self._read.items())
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()

    def _scenes(self, query: str, variables: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        after = 0
        while True:
            asked = {**variables, "after": after, "page": self._page}
            found = self._ask(query, asked)["findScenes"]["scenes"]
            if found:
                yield found
            if len(found) < self._page:
                return
            after = int(found[-1]["id"])

    def _add(self, kind: str, found: Mapping[int, str]) -> None:
        if kind not in self._read:
            self._read[kind] = hashlib.blake2b(digest_size=16)
        text = "".join(f"{object_id} {text}\n" for object_id, text in found.items())
        self._read[kind].update(text.encode(errors="surrogatepass"))


def digest_of(ask: Ask, question: Question, page: int, go_on: Callable[[], bool]) -> str:
    """The digest of a whole look; "" if a file was moved since, or if `go_on` said after a page to
    leave the rest."""
    overview = Overview(ask, question, page)
    if any(overview.moved()):
        return ""
    for read in (overview.names, overview.times):
        for _ in read():
            if not go_on():
                return ""
    return overview.digest()


def _named(told: dict[str, Any]) -> tuple[int, str]:
    return int(told.pop("id")), _encode(told)
