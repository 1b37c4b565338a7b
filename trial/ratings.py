"""Ratings: what an edit of them touches."""

from __future__ import annotations

from trial.bench import Bench, lock, yes
from trial.snapshot import Snapshot

RATINGS = ("7", "3")


def measure(bench: Bench, before: Snapshot, *, clears: bool) -> dict[str, str]:
    """Nothing where what was empty couldn't be emptied again."""
    if not (before.text("userRating") or clears):
        return {}
    rating = RATINGS[before.text("userRating") == RATINGS[0]]
    former = bench.read()
    bench.let_a_second_pass()
    now = bench.edit({"userRating.value": rating, **lock("userRating")})
    if now.text("userRating") != rating:
        return {"rating_edit": "refused"}
    rates = now.rated_at != former.rated_at
    return {"rating_edit": "kept", "rating_moves_rated_at": yes(rates)}
