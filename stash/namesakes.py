"""Which performers share their name with another: Plex knows people by nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How long an answer holds in a sync of many scenes. A performer that it didn't know is asked about
# at once.
TRUSTED_S = 60.0
NAMES_PER_QUERY = 50

# All performers of each of these names: whether they have a disambiguation, by id.
AskNames = Callable[[Sequence[str]], Mapping[str, Mapping[int, bool]]]


@dataclass(frozen=True, slots=True)
class _Known:
    ids: frozenset[int]
    asked_m: float


class Namesakes:
    """Adds `namesakes` to performers in Stash's answers: the ids of all others of their name.

    Only one with a disambiguation can be told apart by it, so nobody else is asked about: where
    Stash tells none apart, this costs no request.
    """

    def __init__(self, ask: AskNames) -> None:
        self._ask = ask
        self._known: dict[str, _Known] = {}

    def mark(self, scenes: Iterable[Any], *, anew: bool) -> None:
        """Scenes as Stash answered them; what isn't as its schema promises is passed over. `anew`:
        trust no former answer. Raises what asking raises."""
        if anew:
            self.forget()
        told_apart = [each for scene in scenes for each in _told_apart(scene)]
        unknown = {key_of(each["name"]): each["name"] for each in told_apart if self._is_new(each)}
        asked_m = time.monotonic()
        for name, performers in self._named(unknown.values()):
            self._known[key_of(name)] = _Known(frozenset(performers), asked_m)
        for each in told_apart:
            ids = self._known[key_of(each["name"])].ids
            if others := sorted(one for one in ids if str(one) != str(each.get("id"))):
                each["namesakes"] = others

    def forget(self) -> None:
        """Ask about everybody anew."""
        self._known.clear()

    def told_apart(self, names: Iterable[str]) -> set[int]:
        """The ids of all performers of these names that are shown otherwise where they share it."""
        unlike = {key_of(name): name for name in names if _is_text(name)}
        return {
            performer_id
            for _, performers in self._named(unlike.values())
            for performer_id, has_disambiguation in performers.items()
            if has_disambiguation
        }

    def _named(self, names: Collection[str]) -> Iterator[tuple[str, Mapping[int, bool]]]:
        asked = list(names)
        for start in range(0, len(asked), NAMES_PER_QUERY):
            yield from self._ask(asked[start : start + NAMES_PER_QUERY]).items()

    def _is_new(self, performer: Mapping[str, Any]) -> bool:
        known = self._known.get(key_of(performer["name"]))
        if known is None or time.monotonic() - known.asked_m > TRUSTED_S:
            return True
        return str(performer.get("id")) not in {str(each) for each in known.ids}


def key_of(name: str) -> str:
    """What makes two names the same to Plex."""
    return name.strip().casefold()


def _told_apart(scene: Any) -> Iterator[dict[str, Any]]:
    performers = scene.get("performers") if isinstance(scene, dict) else None
    for each in performers if isinstance(performers, list) else ():
        if isinstance(each, dict) and each.get("disambiguation") and _is_text(each.get("name")):
            yield each


def _is_text(name: Any) -> bool:
    return isinstance(name, str) and bool(name.strip())
