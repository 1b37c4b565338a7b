"""Answers in the plugin's place, in the shapes of docs/operations.md: for pages that it would take
long to bring about with the real one. Neutral data; titles come from Stash."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from simulators.rig import TREE

Args = Mapping[str, Any]

SCENES = 10


class Canned:
    """Everything at once: a run, failures, a preview, something written. `self.changed` has what
    differs, by operation: a dict that is laid over the answer. Orders are answered with {}."""

    def __init__(self) -> None:
        self.changed: dict[str, dict[str, Any]] = {}
        self.now = time.time()

    def __call__(self, args: Args) -> Any:
        what = args["what"]
        made = getattr(self, f"_{what}", None)
        answer = made(args) if made else {}
        return {**answer, **self.changed.get(what, {})}

    def _status(self, _: Args) -> dict[str, Any]:
        return {
            "version": VERSION,
            "now": self.now,
            "activity": {"state": "working", "since": self.now - 60, "why": ""},
            "counts": {
                "in_step": 40,
                "waiting": 2,
                "failed": 11,
                "not_in_plex": 3,
                "left_alone": 1,
                "excluded": 2,
            },
            "run": {
                "id": 1,
                "name": "Sync all scenes",
                "what": "sync_all",
                "state": "running",
                "done": 20,
                "total": 50,
                "began": self.now - 60,
                "eta_s": 90,
            },
            "days": [
                {
                    "day": f"2026-11-{day}",
                    "written": day,
                    "failed": day % 3,
                    "outage_s": 60 * (day == 20),
                }
                for day in range(17, 31)
            ],
            "paused": None,
            "plex": {
                "name": "Home",
                "version": "1.41.3",
                "libraries": ["Films"],
                "seen_at": self.now,
            },
            "failures": [{"reason": "not in Plex", "count": SCENES}],
            "written_at": self.now - 10,
            "last_run": {
                "name": "Sync all scenes",
                "what": "sync_all",
                "state": "done",
                "ended": self.now - 600,
                "summary": "Sync all scenes: 47 synced, 0 already in sync, 3 not in Plex, 0 failed",
            },
            "last_sync": None,
        }

    def _failures(self, args: Args) -> dict[str, Any]:
        first = int(args.get("offset") or 0)
        jobs = [
            {
                "kind": "scene",
                "object_id": first + each,
                "error": f"scene {first + each} is not in Plex: looked for /data/films/{each}.mp4",
                "failed_at": self.now,
            }
            for each in range(1, 6)
        ]
        performer = {
            "kind": "performer",
            "object_id": 3,
            "error": "Plex refuses the request: (400) bad_request",
            "failed_at": self.now,
        }
        return {
            "failures": [
                {
                    "reason": "not in Plex",
                    "advice": "Is the folder part of a Plex library, and scanned? If "
                    "Plex sees it under another path, set path_map.",
                    "count": SCENES,
                    "jobs": jobs,
                },
                {"reason": "plex refused", "advice": "", "count": 1, "jobs": [performer]},
            ]
        }

    def _states(self, args: Args) -> dict[str, Any]:
        return {
            "states": {
                str(each): {"state": STATES[index % len(STATES)], "why": "waiting for the cover"}
                for index, each in enumerate(args["scenes"])
            }
        }

    def _scene(self, _: Args) -> dict[str, Any]:
        fields = [
            {
                "field": "title",
                "stash": "A Trip to the Moon",
                "plex": "film.1",
                "after": "A Trip to the Moon",
                "why": "",
            },
            {"field": "rating", "stash": "9", "plex": "8", "after": "8", "why": "edited in Plex"},
        ]
        item = {
            "rating_key": 1,
            "title": "film.1",
            "library": "Films",
            "link": "https://app.plex.tv/desktop/#!/server/0/details?key=%2Flibrary%2Fmetadata%2F1",
            "fields": fields,
        }
        return {
            "state": "waiting",
            "why": "waiting for the cover",
            "items": [item],
            "rules": [RULES],
            "notes": ["That it isn't in Plex is no failure, as partial_paths says of Films."],
            "error": None,
            "written": [{"id": 1, "at": self.now - 1000}],
        }

    def _changes(self, args: Args) -> dict[str, Any]:
        changes = [
            {
                "scene": each,
                "rating_key": each,
                "title": f"film.{each}",
                "fields": [
                    {
                        "field": "title",
                        "stash": f"Film {each}",
                        "old": f"film.{each}",
                        "new": f"Film {each}",
                    },
                    {
                        "field": "genres",
                        "stash": ["Drama"],
                        "old": ["Short"],
                        "new": ["Drama", "Short"],
                    },
                    {
                        "field": "poster",
                        "stash": "",
                        "old": "",
                        "new": "the cover is uploaded",
                    },
                ],
                "left": [
                    {
                        "field": "summary",
                        "stash": "What it is about.",
                        "old": "What Plex says.",
                        "why": "locked in Plex before our first write",
                    }
                ],
            }
            for each in range(1, min(int(args.get("limit") or 25), SCENES) + 1)
        ]
        return {
            "computed_at": self.now - 120,
            "running": None,
            "same": 3,
            "not_synced": 2,
            "total": 60,
            "by_field": {"title": 60, "genres": 55},
            "changes": changes,
        }

    def _written(self, args: Args) -> dict[str, Any]:
        written = [
            {
                "id": 100 - each,
                "scene": each,
                "rating_key": each,
                "title": f"Film {each}",
                "at": self.now - 60 * each,
                "run": {"id": each // 4, "name": "Sync all scenes"} if each > 3 else None,
                "fields": ["title", "genres"],
            }
            for each in range(1, min(int(args.get("limit") or 5), SCENES) + 1)
        ]
        return {"written": written, "before": None if args.get("before") else 1}

    def _imported(self, args: Args) -> dict[str, Any]:
        before = None if args.get("before") else 1
        return {"imported": self._brought(), "before": before, "skip": 0}

    def _import_plan(self, _: Args) -> dict[str, Any]:
        return {"plays": 1, "values": 2, "summary": "", "rows": self._brought()}

    def _take_back_plan(self, _: Args) -> dict[str, Any]:
        values = {"position": 1, "rating": 2}
        return {"plays": 3, "values": values, "left": {"position": 0, "rating": 1}}

    def _brought(self) -> list[dict[str, Any]]:
        made = (("play", None, None), ("position", 0, 3723.4), ("rating", None, 80))
        return [
            {
                "what": what,
                "at": self.now - 3600 * each,
                "day": "2026-11-20",
                "scene": each,
                "title": f"Film {each}",
                "account": "Ada",
                "before": before,
                "after": after,
            }
            for each, (what, before, after) in enumerate(made, 1)
        ]

    def _undo_plan(self, _: Args) -> dict[str, Any]:
        left = [{"field": "title", "why": "edited in Plex"}]
        return {"scenes": 2, "items": 2, "fields": {"title": 1, "genres": 2}, "left": left}

    def _log(self, _: Args) -> dict[str, Any]:
        levels = ("info", "warning", "error")
        lines = [
            {"at": self.now - 30 + each, "level": levels[each % 3], "text": f"line {each}"}
            for each in range(30)
        ]
        return {"lines": lines, "before": None}

    def _report(self, _: Args) -> dict[str, Any]:
        return {"text": f"PlexSync {VERSION}"}

    def _settings(self, _: Args) -> dict[str, Any]:
        token = {"source": "settings", "problem": ""}
        return {"settings": SETTINGS, "token": token, "is_complete": True}

    def _save(self, args: Args) -> dict[str, Any]:
        return {**self._settings(args), "saved": True, "needs": "sync"}

    def _sign_in(self, _: Args) -> dict[str, Any]:
        return {
            "id": "1",
            "code": "Q001",
            "link": "https://plex.tv/link",
            "expires_at": self.now + 900,
        }

    def _sign_in_check(self, _: Args) -> dict[str, Any]:
        return {"state": "waiting", "servers": [], "text": ""}

    def _libraries(self, _: Args) -> dict[str, Any]:
        return {
            "missing": ["Old films"],
            "libraries": [
                {"name": "Films", "type": "movie", "items": 47, "chosen": True},
                {"name": "Nature films", "type": "movie", "items": 1, "chosen": False},
            ],
        }

    def _paths(self, _: Args) -> dict[str, Any]:
        examples = [{"stash": "/data/films/A.mp4", "plex": "/media/movies/A.mp4"}]
        proposal = {
            "stash": "/data/films",
            "plex": "/media/movies",
            "files": 17,
            "examples": examples,
        }
        return {
            "sampled": 20,
            "found": 3,
            "proposals": [proposal],
            "not_found": ["/data/films/B.mp4"],
        }

    def _check(self, _: Args) -> dict[str, Any]:
        verdicts = (
            (True, "Stash answers, version v0.30.1"),
            (False, "Stash has no scenes"),
            (None, "the required settings are there"),
        )
        findings = [{"ok": ok, "text": text, "advice": ""} for ok, text in verdicts]
        return {"verdict": "", "findings": findings}


RULES = {
    "path": "/data/films/A Trip to the Moon (1902).mp4",
    "items": [1],
    "why": "same path",
    "tried": [{"rule": "same path", "looked_for": "/data/films", "found": 1, "doubted": 0}],
}
STATES = ("in_step", "waiting", "failed", "not_in_plex", "left_alone", "excluded", "unknown")


def _setting(key: str, group: str, kind: str, value: Any, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "default": "",
        "choices": [],
        "separator": "",
        "least": None,
        "most": None,
    }
    return {
        "key": key,
        "group": group,
        "type": kind,
        "value": value,
        **plain,
        "problem": "",
        **more,
    }


SETTINGS = [
    _setting("plex_url", "server", "text", "http://127.0.0.1:32400"),
    _setting("keep_plex_edits", "fields", "switch", False, default=False),
    _setting(
        "skip_fields",
        "fields",
        "list",
        "Sort title",
        choices=["title", "sort_title", "poster"],
        separator=",",
    ),
    _setting("tags_as", "tags", "choice", "genres", default="genres", choices=["genres", "labels"]),
    _setting("collections", "tags", "list", "tags:Silent", choices=["studio"], separator=","),
    _setting(
        "concurrency",
        "work",
        "number",
        40,
        default=4,
        least=1,
        problem="40 is not valid; input should be less than or equal to 16",
    ),
]

VERSION = next(
    line.partition(":")[2].strip()
    for line in (TREE / "plugin.yml").read_text(encoding="utf-8").splitlines()
    if line.startswith("version:")
)
