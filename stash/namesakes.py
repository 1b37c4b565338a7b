"""Which performers share their name with another: Plex knows people by nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How long an answer holds. A performer that it didn't know is asked about at once.
TRUSTED_S = 60.0
NAMES_PER_QUERY = 50

# The ids of all performers of each of these names.
AskNames = Callable[[Sequence[str]], Mapping[str, frozenset[int]]]


@dataclass(frozen=True, slots=True)
class _Known:
    ids: frozenset[int]
    asked_m: float


class Namesakes:
    """Marks performers in Stash's answers as `shares_name`.

    Only one with a disambiguation can be told apart by it, so nobody else is asked about: where
    Stash tells none apart, this costs no request.
    """

    def __init__(self, ask: AskNames, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}

    def mark(self, scenes: Iterable[Any]) -> None:
        """Scenes as Stash answered them; what isn't as its schema promises is passed over. Raises
        what asking raises."""
        told_apart = [each for scene in scenes for each in _told_apart(scene)]
        unknown = {key_of(each["name"]): each["name"] for each in told_apart if self._is_new(each)}
        names = list(unknown.values())
        for start in range(0, len(names), NAMES_PER_QUERY):
            self._learn(names[start : start + NAMES_PER_QUERY])
        for each in told_apart:
            if len(self._known[key_of(each["name"])].ids) > 1:
                each["shares_name"] = True

    def _learn(self, names: Sequence[str]) -> None:
        asked_m = self._monotonic()
        for name, ids in self._ask(names).items():
            self._known[key_of(name)] = _Known(ids, asked_m)

    def _is_new(self, performer: Mapping[str, Any]) -> bool:
        known = self._known.get(key_of(performer["name"]))
        if known is None or self._monotonic() - known.asked_m > TRUSTED_S:
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
