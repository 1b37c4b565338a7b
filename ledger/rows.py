"""How the ledger's values are stored: as JSON, in columns of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sync.pictures import PictureMemory
from sync.values import Answer, Credit, ItemState, Memory, Overtaken, Value, Values

# Each crash or failed write adds one; a refusal that comes back at each try must not fill the row.
MAX_PENDING = 8


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
