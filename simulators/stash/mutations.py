"""What all mutations share: objects by id, hooks with inputs as Go writes them, and cancelling."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from simulators.stash.core import Info, RequestContext
from simulators.stash.hook_inputs import as_json
from simulators.stash.inputs import Item, StashError, as_id, attributes
from simulators.stash.library import StashLibrary

Input = Mapping[str, Any]
AnyItem = TypeVar("AnyItem", bound=Item)


class RequestCancelled(StashError):
    """The client went away while a hook ran: Stash's next read of the database fails."""

    def __init__(self) -> None:
        super().__init__("context canceled")


class Change:
    """One mutation: change the library under its lock, then fire hooks without it."""

    def __init__(self, info: Info) -> None:
        self.info = info
        self.context: RequestContext = info.context
        self.library: StashLibrary = self.context.stash.library
        self.lock: threading.RLock = self.library.lock

    def get(self, kind: str, object_id: str) -> Any:
        table = getattr(self.library, f"{kind}s")
        number = as_id(object_id)
        if number not in table:
            raise StashError(
                "not found" if kind == "group" else f"{kind} with id {number} not found"
            )
        return table[number]

    def to_destroy(self, kind: str, object_id: str) -> Any:
        table = getattr(self.library, f"{kind}s")
        number = as_id(object_id)
        if number not in table:
            raise StashError(f"id {number} does not exist in {kind}s")
        return table[number]

    @contextlib.contextmanager
    def undone_on_error(self, items: Iterable[Item]) -> Iterator[None]:
        """A transaction: all of these items as they were, if one of them is refused."""
        before = [
            (item, {field.name: getattr(item, field.name) for field in fields(item)})
            for item in items
        ]
        try:
            yield
        except StashError:
            for item, values in before:
                for name, value in values.items():
                    setattr(item, name, value)
            raise

    def apply(self, item: AnyItem, values: Input) -> AnyItem:
        """Set what `values` names and move `updated_at`, whether anything differs or not."""
        for name, value in attributes(self.library, item, values).items():
            setattr(item, name, value)
        item.updated_at = self.library.timestamp()
        return item

    def json(self, type_name: str, values: Input) -> dict[str, Any]:
        return as_json(self.info.schema, type_name, values)

    def fire(
        self, object_id: int, trigger: str, hook_input: Any, fields: Iterable[str] = ()
    ) -> None:
        """Fire `trigger`; for a group's also the one from the time when groups were movies."""
        stash, caller = self.context.stash, self.context.caller
        stash.hooks.fire(caller, object_id, trigger, hook_input, fields)
        if trigger.startswith("Group."):
            old_name = trigger.replace("Group.", "Movie.")
            stash.hooks.fire(caller, object_id, old_name, hook_input, fields)

    def read_again(self) -> None:
        """Stash reads an object again after its hooks. Raises if the client is gone by then."""
        if self.context.caller.cancelled.is_set():
            raise RequestCancelled

    def fire_each(
        self, items: Sequence[AnyItem], trigger: str, hook_input: Any, fields: Iterable[str]
    ) -> Sequence[AnyItem]:
        """One process after another. Once the client is gone, the rest get none."""
        names = list(fields)
        for item in items:
            self.fire(item.id, trigger, hook_input, names)
            self.read_again()
        return items
