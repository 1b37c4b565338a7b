"""StashClient: the few questions that we ask Stash, with typed answers and typed errors."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pydantic import ValidationError

from stash import queries
from stash.connection import StashConnection
from stash.exceptions import (
    PluginDisabled,
    StashQueryError,
    StashUnavailable,
    UnreadableScene,
)
from stash.namesakes import Namesakes, key_of
from stash.overview import Overview, Question
from stash.pictures import CoverAnswer, fetch_picture
from stash.public_access import Openness, performer_pictures
from stash.transport import LeanInterface, message_of
from validation.scene import Scene

IDS_PER_PAGE = 1000
# Of what is asked a few words of each.
OBJECTS_PER_PAGE = 5000

SceneAnswer = Scene | None | StashQueryError | UnreadableScene


@dataclass(frozen=True, slots=True)
class RawScene:
    """A scene as Stash answered it: nothing of `content` is checked before `read`."""

    id: int
    content: Any

    def read(self) -> Scene | UnreadableScene:
        try:
            return Scene.model_validate(self.content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            return UnreadableScene(
                f"Stash's answer for scene {self.id} is unexpected: {where}: {first['msg']}",
                advice="Open the scene in Stash, correct this value and save.",
            )


RawAnswer = RawScene | None | StashQueryError


def read_answer(answer: RawAnswer) -> SceneAnswer:
    return answer.read() if isinstance(answer, RawScene) else answer


@dataclass(frozen=True, slots=True)
class Description:
    """What Stash says of a studio, group or tag. `has_picture`: one that somebody gave it."""

    text: str
    has_picture: bool
    updated_at: str = ""


class StashClient:
    """One Stash. Not for use by several threads at once.

    Every method may raise StashUnavailable, StashUnauthorized or StashQueryRefused, and `scenes`
    StashQueryError as well.
    """

    def __init__(self, connection: StashConnection) -> None:
        self._interface = LeanInterface(connection)
        self._connection = connection
        self._fetching = Lock()
        self._namesakes = Namesakes(self._performers_named)

    def settings(self, plugin_id: str) -> dict[str, Any]:
        """The plugin's settings as Stash stores them; keys that were never set are absent.

        Raises PluginDisabled. Also learns the API key if there is one, since the session cookie
        that we were given expires.
        """
        data = self._ask(queries.SETTINGS, {"plugins": [plugin_id]})
        if {"id": plugin_id, "enabled": True} not in (data["plugins"] or []):
            raise PluginDisabled(
                f"the plugin {plugin_id} is disabled or gone from Stash",
                advice="What is queued is kept. Enable the plugin: a worker that waits goes on by "
                "itself, else the next change, task or look at our page in Stash brings that on.",
            )
        configuration = data["configuration"]
        self._interface.use_api_key(configuration["general"]["apiKey"] or "")
        return dict((configuration["plugins"] or {}).get(plugin_id) or {})

    def replace_settings(self, plugin_id: str, settings: Mapping[str, Any]) -> None:
        """Store this as all of the plugin's settings: what isn't in it is gone."""
        self._ask(queries.CONFIGURE, {"plugin": plugin_id, "settings": dict(settings)})

    def scenes(self, ids: Sequence[int], *, with_ancestors: bool = False) -> dict[int, SceneAnswer]:
        """Each asked scene: as it is now, None if it is gone, or why it can't be had.

        `with_ancestors`: with the tags and studios above its own, up to `queries.LEVELS` of each.
        """
        answers = self.raw_scenes(ids, with_ancestors=with_ancestors)
        return {key: read_answer(answer) for key, answer in answers.items()}

    def raw_scenes(
        self, ids: Sequence[int], *, with_ancestors: bool = False, namesakes_anew: bool = False
    ) -> dict[int, RawAnswer]:
        """The same without checking the answers, which costs more than all the rest.

        `namesakes_anew`: as they are now, and not as they were up to a minute ago.
        """
        if not ids:
            return {}
        variables = {f"id{n}": str(scene_id) for n, scene_id in enumerate(ids)}
        query = queries.scenes_by_id(len(ids), with_ancestors=with_ancestors)
        answer = self._interface.execute(query, variables)
        data = answer.get("data") or {}
        errors = answer.get("errors") or []
        nobodys = [error for error in errors if not error.get("path")]
        if nobodys:
            # Which scene it is about isn't said; a null beside it needn't mean that one is gone.
            raise StashQueryError(f"Stash answered: {message_of(nobodys[0])}")
        broken = errors_by_alias(errors)
        self._namesakes.mark(data.values(), anew=namesakes_anew)
        return {
            scene_id: broken.get(f"s{n}") or _raw(scene_id, data.get(f"s{n}"))
            for n, scene_id in enumerate(ids)
        }

    def scene_ids(
        self, after: int = 0, having: Mapping[str, Any] | None = None
    ) -> Iterator[list[int]]:
        """All scene ids above `after`, ascending, in pages. Stable while scenes come and go.

        `having`: further criteria of Stash's SceneFilterType that the scenes must meet.
        """
        while True:
            wanted = {**(having or {}), "id": {"value": after, "modifier": "GREATER_THAN"}}
            found = self._ask(queries.SCENE_IDS, {"wanted": wanted, "page": IDS_PER_PAGE})
            ids = [int(scene["id"]) for scene in found["findScenes"]["scenes"]]
            if not ids:
                return
            yield ids
            after = ids[-1]

    def overview(self, question: Question) -> Overview:
        """See `stash.overview`."""
        return Overview(self._ask, question, OBJECTS_PER_PAGE)

    def files(self) -> Iterator[dict[int, Any]]:
        """The files of every scene as Stash answers them, by ascending id, in pages."""
        after = 0
        while True:
            asked = {"after": after, "page": OBJECTS_PER_PAGE}
            found = self._ask(queries.FILES, asked)["findScenes"]["scenes"]
            if found:
                yield {int(scene["id"]): scene["files"] for scene in found}
            if len(found) < OBJECTS_PER_PAGE:
                return
            after = int(found[-1]["id"])

    def forget_namesakes(self) -> None:
        """Trust no former answer about who shares a name."""
        self._namesakes.forget()

    def cover(self, scene_id: int, etag: str = "") -> CoverAnswer:
        """A scene's cover; see `picture`."""
        return self.picture("scene", scene_id, etag)

    def picture(self, kind: str, object_id: int, etag: str = "") -> CoverAnswer:
        """See `stash.pictures.fetch_picture`. For several threads, as long as nothing else is
        asked meanwhile."""
        with self._fetching:
            return fetch_picture(self._interface.s, self._connection.url, kind, object_id, etag)

    def descriptions(self, objects: Sequence[tuple[str, int]]) -> list[Description | None]:
        """Text and picture of each studio, group or tag, by (kind, id); None for one that is
        gone."""
        if not objects:
            return []
        query = queries.descriptions([kind for kind, _ in objects])
        data = self._ask(query, {f"id{n}": str(each) for n, (_, each) in enumerate(objects)})
        return [_description(data.get(f"d{n}")) for n in range(len(objects))]

    def group_numbers(self, group_id: int) -> dict[int, int]:
        """The numbers of a group's scenes, by scene id; those without one are left out."""
        found = self._ask(queries.GROUP_NUMBERS, {"group": str(group_id)})
        return {
            int(scene["id"]): each["scene_index"]
            for scene in found["findScenes"]["scenes"]
            for each in scene["groups"]
            if int(each["group"]["id"]) == group_id and each["scene_index"] is not None
        }

    def namesakes_of(self, performer_ids: Sequence[int]) -> set[int]:
        """The ids of the performers that may be shown otherwise because these have the names that
        they have now."""
        query = queries.performer_names(len(performer_ids))
        data = self._ask(query, {f"id{n}": str(each) for n, each in enumerate(performer_ids)})
        found = (data.get(f"p{n}") for n in range(len(performer_ids)))
        return self._namesakes.told_apart(str(each["name"] or "") for each in found if each)

    def _performers_named(self, names: Sequence[str]) -> dict[str, dict[int, bool]]:
        """All performers of each name: whether they have a disambiguation, by id."""
        query = queries.performers_named(len(names))
        data = self._ask(query, {f"name{n}": name for n, name in enumerate(names)})
        # To Stash _ and % stand for anything.
        return {
            name: {
                int(each["id"]): bool(each["disambiguation"])
                for each in data[f"p{n}"]["performers"]
                if key_of(each["name"]) == key_of(name)
            }
            for n, name in enumerate(names)
        }

    def performer_pictures(self, performer_id: int) -> Openness:
        """See `stash.public_access.performer_pictures`."""
        return performer_pictures(self._connection, performer_id)

    @property
    def api_key(self) -> str:
        """The key that we log in with; "" if we have none."""
        return self._interface.api_key

    @property
    def cookie(self) -> str:
        """The newest session, "" if we log in otherwise."""
        return self._interface.cookie

    def renew_session(self, told: Mapping[str, Any]) -> bool:
        """Reach Stash from now on as a later server_connection says; whether that is any different.
        What it says wrongly is passed over."""
        try:
            connection = StashConnection.from_plugin_input(told)
        except (TypeError, ValueError):
            return False
        if connection == self._connection:
            return False
        self._connection = connection
        self._interface.renew(connection)
        return True

    def share_session(self, other: StashClient) -> None:
        """Log in from now on as `other` does: it may have been given a newer session."""
        self._connection = other._connection
        self._interface.share_session(other._interface)

    @property
    def ended_m(self) -> float:
        """When the last answer came, monotonic; 0 for never."""
        return self._interface.s.ended_m

    def run_operation(self, plugin_id: str, args: dict[str, Any]) -> None:
        """Have Stash start the plugin with these arguments, and wait for its end."""
        self._ask(queries.RUN_OPERATION, {"plugin": plugin_id, "args": args})

    def scenes_with_file(self, name: str) -> list[Scene]:
        """The scenes that have a file of this name, with nothing but their id and files; maybe
        others too, since for Stash _ and % stand for anything."""
        # Quoted, since it looks for each word otherwise. The form of letters depends on the disk.
        forms = dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
        for form in forms:
            found = self._ask(queries.FILES_NAMED, {"name": f'"{form}"'})
            scenes = [Scene.model_validate(each) for each in found["findScenes"]["scenes"]]
            if scenes:
                return scenes
        return []

    def ping(self) -> None:
        """Returns if Stash answers."""
        self._ask(queries.VERSION)

    def version(self) -> str:
        """As Stash tells it, like v0.28.1 or v0.28.1-12-gabcdef; "" if it doesn't."""
        return str(self._ask(queries.VERSION)["version"]["version"] or "")

    def scene_count(self) -> int:
        return int(self._ask(queries.SCENE_COUNT)["findScenes"]["count"])

    def close(self) -> None:
        self._interface.s.close()

    def execute(
        self, document: str, variables: dict[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The data that a document is answered with, and the errors beside it. For the modules of
        `stash/`. Raises StashQueryError as well, where there is no data."""
        answer = self._interface.execute(document, variables)
        return answer.get("data") or {}, answer.get("errors") or []

    def _ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """For the questions that are about no scene: whatever is wrong then is Stash's matter."""
        try:
            answer = self._interface.execute(query, variables or {})
        except StashQueryError as error:
            raise StashUnavailable(str(error)) from error
        errors = answer.get("errors") or []
        if errors:
            raise StashUnavailable(f"Stash answered: {message_of(errors[0])}")
        data: dict[str, Any] = answer["data"]
        return data


def errors_by_alias(errors: Sequence[dict[str, Any]]) -> dict[str, StashQueryError]:
    """What went wrong with each part of a question."""
    return {
        str(error["path"][0]): StashQueryError(f"Stash answered: {message_of(error)}")
        for error in errors
        if error.get("path")
    }


def _raw(scene_id: int, answer: Any) -> RawScene | None:
    return None if answer is None else RawScene(scene_id, answer)


def _description(answer: Any) -> Description | None:
    if answer is None:
        return None
    # Without a picture the address is that of a placeholder, which says so.
    address = str(answer.get("picture") or "")
    return Description(
        text=str(answer.get("text") or ""),
        has_picture=bool(address) and "default=true" not in address,
        updated_at=str(answer.get("updated_at") or ""),
    )
