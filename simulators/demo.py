"""`make demo`: a scene edit and a full sync through the real entry points, shown as a table.

Ends with status 0 only if Plex's state is what it should be.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from simulators.rig import Rig

COUNT = 50
PLEX_FOLDER = "/media/movies"
PATH_MAP = f"/data/films => {PLEX_FOLDER}"
NOT_IN_PLEX = 3
SHOWN = 8
EDIT = {"id": 1, "title": "A Title Edited in Stash", "details": "Written a moment ago."}

Row = tuple[str, str, str, str]


def main() -> int:
    """The exit status: 0 if Plex shows what Stash says."""
    with (
        tempfile.TemporaryDirectory(prefix="plexsync-demo-") as folder,
        Rig(Path(folder), count=COUNT, plex_folder=PLEX_FOLDER, absent=NOT_IN_PLEX) as rig,
    ):
        rig.configure(path_map=PATH_MAP)
        problems = _run(rig)
    for problem in problems:
        print(f"WRONG: {problem}")
    print("The demo failed." if problems else "Plex shows what Stash says.")
    return 1 if problems else 0


def _run(rig: Rig) -> list[str]:
    """Edit, sync, show; what isn't as it should be."""
    print(
        f"{COUNT} films in Stash below /data/films; Plex has {COUNT - NOT_IN_PLEX} of them, "
        f"below {PLEX_FOLDER}.\n"
    )
    before = _rows(rig)
    began = time.perf_counter()
    waited_s = rig.stash.update_scene(EDIT)
    rig.until(lambda: rig.title(1) == EDIT["title"], "the edit")
    arrived_s = time.perf_counter() - began
    hook = rig.stash.plugin_runs[-1]
    job = rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"), timeout_s=60)
    _print_table(before, _rows(rig))
    waited_ms, hook_ms = waited_s * 1000, hook.wall_s * 1000
    print(f"Saving in Stash took {waited_ms:.0f} ms, of which the hook {hook_ms:.0f} ms.")
    print(f"Plex showed the edit {arrived_s:.2f} s after the save began, worker's start included.")
    summary = [line.text for line in rig.stash.log if line.text.startswith("Sync all scenes:")]
    print(summary[-1] if summary else "The task said nothing.")
    print("Where to look next: README.md; the log of a real run is plex_sync/plex_sync.log")
    print("beside Stash's config file; `python -m simulators --help` runs the servers alone.\n")
    return [*wrong_items(rig), *([] if job.status == "FINISHED" else [f"task {job.status}"])]


def _rows(rig: Rig) -> list[Row]:
    """Title, studio, date and cast as Plex shows them, for the films that it has."""
    rows = []
    for scene_id in range(1, COUNT - NOT_IN_PLEX + 1):
        item = rig.item(scene_id)
        cast = ", ".join(tag.name for tag in item.tags.get("actor", ()))
        fields = item.fields
        rows.append(
            (
                fields.get("title", ""),
                fields.get("studio", ""),
                fields.get("originallyAvailableAt", ""),
                cast,
            )
        )
    return rows


def _print_table(before: Sequence[Row], after: Sequence[Row]) -> None:
    print(_line(("Plex before", "Plex after", "studio", "date", "cast")))
    print(_line(("-" * 34, "-" * 28, "-" * 20, "-" * 10, "-" * 30)))
    for old, new in list(zip(before, after, strict=True))[:SHOWN]:
        print(_line((old[0], *new)))
    print(f"… and {len(after) - SHOWN} more\n")


def _line(cells: Iterable[str]) -> str:
    widths = (34, 28, 20, 10, 30)
    return "  ".join(cell[:width].ljust(width) for cell, width in zip(cells, widths, strict=True))


def wrong_items(rig: Rig) -> list[str]:
    """Every field of every item that isn't as Stash says."""
    wrong = []
    for scene_id, film in enumerate(rig.films[: COUNT - NOT_IN_PLEX], start=1):
        item = rig.item(scene_id)
        edited = scene_id == EDIT["id"]
        expected = {
            "title": EDIT["title"] if edited else film.title,
            "summary": EDIT["details"] if edited else film.summary,
            "studio": film.studio,
            "originallyAvailableAt": film.date,
        }
        wrong += [
            f"scene {scene_id}: Plex has {name} {item.fields.get(name)!r} instead of {value!r}"
            for name, value in expected.items()
            if item.fields.get(name, "") != value
        ]
        names = [performer.name for performer in rig.stash.library.scene(scene_id).performers]
        if [tag.name for tag in item.tags.get("actor", ())] != names:
            wrong.append(f"scene {scene_id}: the cast differs")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
