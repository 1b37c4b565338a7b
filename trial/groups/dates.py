"""Dates and years: can they be edited, and does a date take the year along?"""

from __future__ import annotations

from trial.bench import Bench, lock, yes
from trial.snapshot import Snapshot

# What is there already would come back whatever the server does.
DATES, YEARS = ("1927-03-01", "1931-05-02", "1935-04-03"), ("1929", "1930")


def measure(bench: Bench, before: Snapshot, *, clears: bool) -> dict[str, str]:
    """Nothing that couldn't be taken back: an empty field is left alone where none can be cleared,
    and a date where the year that may go along can't be set back."""
    found: dict[str, str] = {}
    if before.text("year") or clears:
        year = YEARS[before.text("year") == YEARS[0]]
        now = bench.edit({"year.value": year, **lock("year", False)})
        found["year_edit"] = "kept" if now.text("year") == year else "refused"
    date = before.text("originallyAvailableAt")
    # Else the year could stay where it went; with its own date it comes back.
    is_safe = found.get("year_edit") == "kept" or (date and date[:4] == before.text("year"))
    if not (is_safe and (date or clears)):
        return found
    former = bench.read()
    known = former.text("originallyAvailableAt"), former.text("year")
    new = next(each for each in DATES if each != known[0] and each[:4] != known[1])
    now = bench.edit({"originallyAvailableAt.value": new, **lock("originallyAvailableAt")})
    if now.text("originallyAvailableAt") != new:
        return {**found, "date_edit": "refused"}
    return {**found, "date_edit": "kept", "date_moves_year": yes(now.text("year") == new[:4])}
