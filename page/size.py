"""How much an answer may hold: Stash and the page have to read it while somebody waits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stash.task_arguments import WrongArguments

MOST_BYTES = 256_000
# Beside the list itself.
_REST_BYTES = 16_000


def fitting(rows: Sequence[Any], *, parts: int = 1) -> list[Any]:
    """As many of the first rows as fit; `parts`: how many such lists there are. At least one, so
    that whoever pages through them gets on."""
    room = (MOST_BYTES - _REST_BYTES) // parts
    fit: list[Any] = []
    for each in rows:
        # In ASCII, as it is sent.
        room -= len(json.dumps(each)) + 2
        if room < 0 and fit:
            break
        fit.append(each)
    return fit


def within(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer, if it may be sent. Raises WrongArguments for one that was asked too much of."""
    size = len(json.dumps(answer))
    if size > MOST_BYTES:
        raise WrongArguments(
            f"the answer would have {size} bytes, and {MOST_BYTES} are the most",
            advice="Ask for less at a time.",
        )
    return answer


def clipped(text: str, most: int) -> str:
    """A text of that many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
