"""What the ledger's row of an item says: what is to become of it, what is known of it, and how its
values are stored, as JSON in columns of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ledger.schema import NO_SCENE
from plex.items import PlexItem
from plex.paths import path_key
from sync.fields import COLLECTION
from sync.pictures import PictureMemory, without_refusal
from sync.plan import Plan
from sync.values import Answer, Credit, ItemState, Memory, Overtaken, Value, Values

# Each crash or failed write adds one; a refusal that comes back at each try must not fill the row.
MAX_PENDING = 8


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to become of an item: as it is now, what we remember of it after this look (see
    `sync.arrival.seen`), and the plan.

    For a collection `scene_id` is NO_SCENE. `is_news`: what we remember was stored for another
    scene, or for another path of the file. `decided`: see `sync.merge.merge`; `left`: the fields
    that are none of this look's business.
    """

    item: PlexItem
    scene_id: int
    memory: Memory
    plan: Plan
    pictures: Mapping[str, PictureMemory] = field(default_factory=dict)
    is_news: bool = False
    decided: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()

    @property
    def is_stored(self) -> bool:
        """Whether the ledger knows the item, at the latest once its edits are stored."""
        return self.memory.original is not None or bool(self.plan.edits)

    @property
    def subject(self) -> str:
        """What it is about, for the log."""
        return f"scene {self.scene_id}" if self.scene_id else f"collection {self.item.title}"


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is stored about one item. `path`: a file of it, as Plex sees it; of a collection
    its guid."""

    rating_key: int
    scene_id: int
    path: str
    memory: Memory
    pictures: Mapping[str, PictureMemory]

    @property
    def is_collection(self) -> bool:
        return self.scene_id == NO_SCENE

    def is_about(self, item: PlexItem) -> bool:
        """Whether the item under this rating key is still the same one."""
        if self.is_collection or item.type == COLLECTION:
            return item.type == COLLECTION and self.path == item.guid
        return path_key(self.path) in {path_key(file.path) for file in item.files}

    def is_news(self, item: PlexItem, scene_id: int) -> bool:
        """Whether scene or path of an item that we know have changed since it was stored."""
        known = self.memory.original is not None
        return known and not (self.scene_id == scene_id and self.is_about(item))


def dump_values(values: Values) -> str:
    return json.dumps(_plain_values(values))


def dump_pending(new: Values, earlier: Sequence[Values]) -> str:
    """Every baseline that may have reached Plex: those of earlier attempts, then the new one."""
    others = [each for each in earlier if each != new]
    return json.dumps([_plain_values(each) for each in [*others, new][-MAX_PENDING:]])


def dump_state(state: ItemState) -> str:
    return json.dumps({"values": _plain_values(state.values), "locked": sorted(state.locked)})


def dump_pictures(pictures: Mapping[str, PictureMemory]) -> str:
    return json.dumps({name: asdict(memory) for name, memory in pictures.items()})


def dump_answers(answers: Mapping[str, Answer]) -> str:
    return json.dumps(
        {name: [plain_value(each.asked), plain_value(each.shown)] for name, each in answers.items()}
    )


def dump_overtaken(overtaken: Sequence[Overtaken]) -> str:
    found = [[each.at, _plain_values(each.values)] for each in overtaken[-MAX_PENDING:]]
    return json.dumps(found)


def load_memory(
    original: str,
    baseline: str,
    pending: str | None,
    released: int,
    answers: str,
    overtaken: str,
) -> Memory:
    """From an item's columns of these names."""
    state = json.loads(original)
    return Memory(
        baseline=_load_values(json.loads(baseline)),
        pending=tuple(_load_values(each) for each in _load_pending(pending)),
        original=ItemState(_load_values(state["values"]), frozenset(state["locked"])),
        is_unmanaged=bool(released),
        answers={
            name: Answer(load_value(asked), load_value(shown))
            for name, (asked, shown) in json.loads(answers).items()
        },
        overtaken=tuple(
            Overtaken(_load_values(values), at) for at, values in json.loads(overtaken)
        ),
    )


def load_pictures(pictures: str) -> dict[str, PictureMemory]:
    return {
        name: PictureMemory(**{**each, "uploaded": tuple(each["uploaded"])})
        for name, each in json.loads(pictures).items()
    }


def _plain_values(values: Values) -> dict[str, Any]:
    return {name: plain_value(value) for name, value in values.items()}


def plain_value(value: Value) -> Any:
    if isinstance(value, str):
        return value
    return [[credit.name, credit.role, credit.photo] for credit in value]


def _load_values(content: Mapping[str, Any]) -> Values:
    return {name: load_value(value) for name, value in content.items()}


def load_value(content: Any) -> Value:
    return content if isinstance(content, str) else tuple(Credit(*each) for each in content)


def _load_pending(pending: str | None) -> list[dict[str, Any]]:
    found = json.loads(pending) if pending else []
    # The first version stored one, not a list of them.
    return [found] if isinstance(found, dict) else found


def without_refusals(pictures: str) -> str:
    known = load_pictures(pictures)
    return dump_pictures({name: without_refusal(each) for name, each in known.items()})


def item_path(item: PlexItem) -> str:
    if item.type == COLLECTION:
        return item.guid
    return item.files[0].path if item.files else ""


def still_pending(intent: Intent) -> str | None:
    """Of a field that Plex refused by an error of its own nobody knows what it holds now: its
    earlier attempts stay intended as well, or ours would be taken for what was there before us."""
    unconfirmed = intent.plan.unconfirmed
    if not unconfirmed:
        return None
    earlier = [
        {name: value for name, value in each.items() if name in unconfirmed}
        for each in intent.memory.pending
    ]
    return dump_pending(unconfirmed, [each for each in earlier if each])


def entry_of(row: tuple[Any, ...]) -> Entry:
    rating_key, scene_id, path, pictures, *memory = row
    return Entry(rating_key, scene_id, path, load_memory(*memory), load_pictures(pictures))
