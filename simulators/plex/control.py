"""What a driver in another process may ask of the simulator, as JSON over `/__simulator__/`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

from simulators.films import Film
from simulators.http import Request, Response, json_response
from simulators.plex.library import PlexLibrary
from simulators.plex.model import Item, Section
from simulators.plex.quirks import Quirks
from simulators.plex.screening import play_film


class Controlled(Protocol):
    """The simulator, as far as it is driven from here."""

    library: PlexLibrary
    quirks: Quirks
    calls: Counter[str]
    latency_s: float


def answer_control(sim: Controlled, command: str, request: Request) -> Response | None:
    """The answer to `GET state`, `GET stats`, `PUT settings`, `POST items`, `POST watch` or `POST
    play`; None for others."""
    match request.method, command:
        case "GET", "state":
            return json_response(_state(sim.library))
        case "GET", "stats":
            return json_response(_stats(sim))
        case "PUT", "settings":
            return _set(sim, json.loads(request.body or b"{}"))
        case "POST", "items":
            return _add(sim.library, json.loads(request.body or b"{}"))
        case "POST", "watch":
            return _watch(sim.library, json.loads(request.body or b"{}"))
        case "POST", "play":
            return _play(sim.library, json.loads(request.body or b"{}"))
    return None


def fill(library: PlexLibrary, section: Section, films: Iterable[Film]) -> list[Item]:
    """Put films' files in, as a scan by an agent that knows nothing does: title and year only."""
    folder = section.locations[0]
    return [
        library.add_item(
            section,
            f"{folder}/{film.file_name}",
            size=film.size,
            duration_ms=film.duration_s * 1000,
        )
        for film in films
    ]


def _state(library: PlexLibrary) -> dict[str, Any]:
    """Items by their first file: {"ratingKey", "type", "section", "fields", "tags", …}."""
    with library.lock:
        items: dict[str, Any] = {}
        for item in library.items():
            if item.files:
                items[item.files[0]] = {
                    "ratingKey": item.rating_key,
                    "type": item.type,
                    "section": item.section.key,
                    "files": item.files,
                    "addedAt": item.added_at,
                    "updatedAt": item.updated_at,
                    **library.snapshot(item),
                }
        return {
            "machineIdentifier": library.machine_identifier,
            "sections": {key: section.title for key, section in library.sections.items()},
            "items": items,
        }


def _stats(sim: Controlled) -> dict[str, Any]:
    with sim.library.lock:
        return {
            "pid": os.getpid(),
            "requests": sum(sim.calls.values()),
            "by_kind": dict(sim.calls),
            "items": len(sim.library.items()),
            "edit_writes": sim.library.writes,
            "item_changes": len(sim.library.edits),
            "deleted_by_client": sim.library.deleted_by_client,
            "scans": sim.library.scans,
        }


def _set(sim: Controlled, wanted: dict[str, Any]) -> Response:
    """latency_ms, or any of the simulator's switches by name."""
    unknown = wanted.keys() - Quirks.__annotations__.keys() - {"latency_ms"}
    if unknown:
        return json_response({"unknown": sorted(unknown)}, 400)
    with sim.library.lock:
        for name, value in wanted.items():
            if name == "latency_ms":
                sim.latency_s = value / 1000
            else:
                setattr(sim.quirks, name, value)
    return json_response({})


def _add(library: PlexLibrary, wanted: dict[str, Any]) -> Response:
    """{"section": "1", "items": [{"file", "title"?, "size"?, "duration_ms"?, "added_at"?,
    "tags"?: {kind: [name]}, "fields"?: {name: value}}]}; answers the new rating keys."""
    with library.lock:
        section = library.sections[str(wanted["section"])]
        made = []
        for row in wanted["items"]:
            fields = row.pop("fields", {})
            made.append(library.add_item(section, row.pop("file"), **row, **fields).rating_key)
        return json_response({"rating_keys": made})


def _watch(library: PlexLibrary, wanted: dict[str, Any]) -> Response:
    """{"file", "account"?: its id, "to"?: the part of its length, 0 to 1, "at"?: epoch seconds}:
    somebody watches the film; whether the history has it."""
    item = library.find(str(wanted.pop("file", "")))
    if item is None:
        return json_response({"error": "no such file"}, 404)
    return json_response({"played": library.activity.watch(item, **wanted) is not None})


def _play(library: PlexLibrary, wanted: dict[str, Any]) -> Response:
    """{"file", "account"?: its id, "to"?: the part of its length, 0 to 1, "pauses"?: such parts}:
    as `watch`, with all that the player reports on the way."""
    item = library.find(str(wanted.pop("file", "")))
    if item is None:
        return json_response({"error": "no such file"}, 404)
    return json_response({"played": play_film(library.activity, item, **wanted)})
