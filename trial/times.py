"""The time of update: which edits move it, and which don't."""

from __future__ import annotations

from collections.abc import Mapping

from trial.bench import NAMES, TEXT, Bench, lock, yes
from trial.snapshot import Snapshot


def measure(bench: Bench, before: Snapshot, *, clears: bool) -> dict[str, str]:
    probes: dict[str, list[Mapping[str, str]]] = {
        "tag": [
            {"director[0].tag.tag": NAMES[1], **lock("director")},
            {"director[].tag": "", **lock("director")},
        ],
        "tag_lock": [lock("director", False), lock("director")],
        "lock": [lock("title", False), lock("title")],
        "text": [_text("titleSort", TEXT), _text("titleSort", f"{TEXT} Twice.")],
    }
    if before.text("userRating") or clears:
        probes["rating"] = [_text("userRating", "5"), _text("userRating", "6")]
    return {f"{name}_moves_time": _moves(bench, pair) for name, pair in probes.items()}


def _text(key: str, value: str) -> Mapping[str, str]:
    """With its lock, so that this doesn't change the second time."""
    return {f"{key}.value": value, **lock(key)}


def _moves(bench: Bench, pair: list[Mapping[str, str]]) -> str:
    """The first makes sure that the second changes something."""
    former = bench.edit(pair[0])
    bench.let_a_second_pass()
    now = bench.edit(pair[1])
    return yes(now.updated_at != former.updated_at)
