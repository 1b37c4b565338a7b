"""What Stash knows of a scene's viewers: its plays, its position and its rating, read and written
for many scenes by one request each.

Times are epoch seconds, whole: Stash stores no fraction, and so a time comes back as it went.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from pydantic import ValidationError

from stash.client import StashClient, errors_by_alias
from stash.exceptions import StashQueryError
from stash.transport import message_of
from validation.scene import Scene

AT_ONCE = 100

Unreadable = Mapping[int, StashQueryError]
"""By scene why Stash can't tell of it."""

_FRACTION = re.compile(r"\.\d+")
_FILES = "id files { path size duration }"


@dataclass(frozen=True, slots=True)
class SceneActivity:
    """`scene`: nothing but id and files. `plays`: every play's time, the same maybe several times.
    `resume_s`: where to go on, 0 for nowhere."""

    scene: Scene
    plays: tuple[int, ...]
    resume_s: float
    rating100: int | None

    @property
    def duration_s(self) -> float:
        return max((each.duration for each in self.scene.files), default=0.0)


class ActivityClient:
    """Asks by a StashClient and raises what that does. Not for use by several threads at once."""

    def __init__(self, stash: StashClient) -> None:
        self._stash = stash

    def read(self, scene_ids: Iterable[int]) -> tuple[dict[int, SceneActivity], Unreadable]:
        """Those of the scenes that exist, and those of which Stash can't tell. Raises
        StashQueryError for an answer that is about none of them."""
        found: dict[int, SceneActivity] = {}
        unreadable: dict[int, StashQueryError] = {}
        for page in _pages(list(dict.fromkeys(scene_ids))):
            document = _document("query", "ID!", len(page), _look_up)
            data, errors = self._stash.execute(document, _variables(page))
            if about_none := [each for each in errors if not each.get("path")]:
                raise StashQueryError(f"Stash answered: {message_of(about_none[0])}")
            failed = errors_by_alias(errors)
            for n, scene_id in enumerate(page):
                answer, error = data.get(f"a{n}"), failed.get(f"a{n}")
                try:
                    if error:
                        raise error
                    if answer:
                        found[scene_id] = _activity(answer)
                except StashQueryError as why:
                    unreadable[scene_id] = why
        return found, unreadable

    def scenes_with_files(self, names: Iterable[str]) -> list[Scene]:
        """The scenes that have a file of any of these base names, with nothing but their id and
        files; maybe others too, since for Stash _ and % stand for anything."""
        found: dict[int, Scene] = {}
        for page in _pages(list(dict.fromkeys(names))):
            document = _document("query", "String!", len(page), _search)
            # Quoted, since it looks for each word otherwise.
            data, errors = self._stash.execute(document, _variables([f'"{x}"' for x in page]))
            if errors:
                raise StashQueryError(f"Stash answered: {message_of(errors[0])}")
            for n in range(len(page)):
                for each in data[f"a{n}"]["scenes"]:
                    scene = _scene(each)
                    found[scene.id] = scene
        return list(found.values())

    def add_plays(self, plays: Mapping[int, Sequence[int]]) -> None:
        """A play for each time, by scene; one that is there already is there twice then. After an
        error some may have been added. Raises StashQueryError."""
        self._change("sceneAddPlay", "[Timestamp!]", "times", _texts(plays), " { count }")

    def delete_plays(self, plays: Mapping[int, Sequence[int]]) -> None:
        """One play for each time, by scene; as `add_plays`."""
        self._change("sceneDeletePlay", "[Timestamp!]", "times", _texts(plays), " { count }")

    def save_positions(self, positions: Mapping[int, float]) -> None:
        """Where to go on in each scene, in seconds; 0 for nowhere."""
        self._change("sceneSaveActivity", "Float", "resume_time", positions, "")

    def rate(self, ratings: Mapping[int, int | None]) -> dict[int, str]:
        """Give each scene this rating100, or none; its `updated_at` after that. Stash runs the
        hooks of a changed scene. Raises StashQueryError."""
        changed: dict[int, str] = {}
        for page in _pages(list(ratings.items())):
            document = _document("mutation", "SceneUpdateInput!", len(page), _update)
            inputs = [{"id": str(scene_id), "rating100": value} for scene_id, value in page]
            data = self._carry_out(document, {f"v{n}": each for n, each in enumerate(inputs)})
            for n, (scene_id, _) in enumerate(page):
                changed[scene_id] = str((data.get(f"a{n}") or {}).get("updated_at") or "")
        return changed

    def _change(
        self, mutation: str, kind: str, name: str, values: Mapping[int, Any], answer: str
    ) -> None:
        for page in _pages(list(values.items())):
            arguments = ", ".join(f"$i{n}: ID!, $v{n}: {kind}" for n in range(len(page)))
            calls = "\n".join(
                f"  a{n}: {mutation}(id: $i{n}, {name}: $v{n}){answer}" for n in range(len(page))
            )
            variables: dict[str, Any] = {}
            for n, (scene_id, value) in enumerate(page):
                variables |= {f"i{n}": str(scene_id), f"v{n}": value}
            self._carry_out(f"mutation PlexSyncActivity({arguments}) {{\n{calls}\n}}", variables)

    def _carry_out(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        data, errors = self._stash.execute(document, variables)
        if errors:
            raise StashQueryError(f"Stash answered: {message_of(errors[0])}")
        return data


def _document(verb: str, kind: str, count: int, call: Callable[[int], str]) -> str:
    """One call for each of `count` variables v0, v1 …, answered as a0, a1 …."""
    arguments = ", ".join(f"$v{n}: {kind}" for n in range(count))
    calls = "\n".join(f"  a{n}: {call(n)}" for n in range(count))
    return f"{verb} PlexSyncActivity({arguments}) {{\n{calls}\n}}"


def _look_up(number: int) -> str:
    return f"findScene(id: $v{number}) {{ {_FILES} play_history resume_time rating100 }}"


def _search(number: int) -> str:
    return (
        'findScenes(filter: {per_page: 100, sort: "id", direction: ASC}'
        f" scene_filter: {{path: {{value: $v{number}, modifier: INCLUDES}}}})"
        f" {{ scenes {{ {_FILES} }} }}"
    )


def _update(number: int) -> str:
    return f"sceneUpdate(input: $v{number}) {{ updated_at }}"


def _variables(values: Sequence[object]) -> dict[str, Any]:
    return {f"v{n}": str(each) for n, each in enumerate(values)}


def _pages(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


def _texts(plays: Mapping[int, Sequence[int]]) -> dict[int, list[str]]:
    return {scene_id: [as_text(each) for each in times] for scene_id, times in plays.items()}


def as_text(epoch_s: int) -> str:
    """A time as Stash takes it."""
    return f"{datetime.fromtimestamp(epoch_s, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def as_epoch(text: str) -> int:
    """A time of Stash's. Raises ValueError for what is none."""
    plain = _FRACTION.sub("", text).replace("Z", "+00:00")
    return int(datetime.fromisoformat(plain).timestamp())


def _scene(answer: Any) -> Scene:
    try:
        return Scene.model_validate(answer)
    except ValidationError as error:
        raise _unexpected(answer) from error


def _activity(answer: Any) -> SceneActivity:
    try:
        plays = tuple(as_epoch(each) for each in answer["play_history"] or ())
        resume_s, rating = float(answer["resume_time"] or 0.0), answer["rating100"]
        rating100 = None if rating is None else int(rating)
    except (KeyError, TypeError, ValueError) as error:
        raise _unexpected(answer) from error
    return SceneActivity(_scene(answer), plays, resume_s, rating100)


def _unexpected(answer: Any) -> StashQueryError:
    scene_id = answer.get("id") if isinstance(answer, dict) else "?"
    return StashQueryError(f"Stash's answer about the plays of scene {scene_id} is unexpected")
