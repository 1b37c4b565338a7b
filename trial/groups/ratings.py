"""Ratings: what an edit of them touches."""

from __future__ import annotations

from trial.bench import Bench, yes
from trial.groups.times import moves, text
from trial.snapshot import Snapshot

RATINGS, PROBES = ("7", "3"), ("5", "6")


def measure(bench: Bench, before: Snapshot, *, clears: bool) -> dict[str, str]:
    """Nothing where what was empty couldn't be emptied again."""
    if not (before.text("userRating") or clears):
        return {}
    rating = RATINGS[before.text("userRating") == RATINGS[0]]
    bench.let_a_second_pass()
    former = bench.read()
    now = bench.edit(text("userRating", rating))
    if now.text("userRating") != rating:
        return {"rating_edit": "refused"}
    found = {"rating_edit": "kept", "rating_moves_rated_at": yes(now.rated_at != former.rated_at)}
    probe = text("userRating", PROBES[0]), text("userRating", PROBES[1])
    is_moved = now.updated_at != former.updated_at
    return found | {"rating_moves_time": "yes" if is_moved else moves(bench, probe, former)}
