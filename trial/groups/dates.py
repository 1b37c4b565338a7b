"""Dates and years: can they be edited, and does a date take the year along?"""

from __future__ import annotations

from trial.bench import Bench, lock, yes
from trial.snapshot import Snapshot

DATE, YEAR, OTHER_YEAR = "1927-03-01", "1927", "1929"


def measure(bench: Bench, before: Snapshot, *, clears: bool) -> dict[str, str]:
    """Nothing that couldn't be taken back: an empty field is left alone where none can be cleared,
    and a date where the year that may go along can't be set back."""
    found: dict[str, str] = {}
    if before.text("year") or clears:
        now = bench.edit({"year.value": OTHER_YEAR, **lock("year", False)})
        found["year_edit"] = "kept" if now.text("year") == OTHER_YEAR else "refused"
    date = before.text("originallyAvailableAt")
    # Else the year could stay where it went; with its own date it comes back.
    is_safe = found.get("year_edit") == "kept" or (date and date[:4] == before.text("year"))
    if not (is_safe and (date or clears)):
        return found
    former = bench.read()
    now = bench.edit({"originallyAvailableAt.value": DATE, **lock("originallyAvailableAt")})
    if now.text("originallyAvailableAt") != DATE:
        return {**found, "date_edit": "refused"}
    moves = now.text("year") == YEAR and former.text("year") != YEAR
    return {**found, "date_edit": "kept", "date_moves_year": yes(moves)}
