"""The time of update: which edits move it, and which don't."""

from __future__ import annotations

from collections.abc import Mapping

from trial.bench import NAMES, TEXT, Bench, lock, yes
from trial.snapshot import Snapshot

Probe = tuple[Mapping[str, str], Mapping[str, str]]
"""Two edits, of which at least the second changes something."""


def measure(bench: Bench) -> dict[str, str]:
    """Those that are believed to move nothing come first, while the time is an old one."""
    bench.let_a_second_pass()
    before = bench.read()
    probes: dict[str, Probe] = {
        "tag": (
            {"director[0].tag.tag": NAMES[1], **lock("director")},
            {"director[].tag": "", **lock("director")},
        ),
        "tag_lock": (lock("director", False), lock("director")),
        "lock": (lock("title", False), lock("title")),
        "text": (text("titleSort", TEXT), text("titleSort", f"{TEXT} Twice.")),
    }
    return {f"{name}_moves_time": moves(bench, probe, before) for name, probe in probes.items()}


def text(key: str, value: str) -> Mapping[str, str]:
    """With its lock, so that this doesn't change the second time."""
    return {f"{key}.value": value, **lock(key)}


def moves(bench: Bench, probe: Probe, old: Snapshot) -> str:
    """Whether such an edit moves the time; `old`: as of a second before, at least."""
    was = bench.read()
    now = bench.edit(probe[0])
    if now.updated_at != old.updated_at:
        if now.updated_at != was.updated_at:
            return "yes"
        # It was moved before, perhaps within this very second.
        bench.let_a_second_pass()
    after = bench.edit(probe[1])
    return yes(after.updated_at != now.updated_at)
