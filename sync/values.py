"""The metadata of a Plex item in our own words, without anything of Plex's wire format."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credit:
    """One element of a tag-like field: a genre, a label, a person with role text and photo URL."""

    name: str
    role: str = ""
    photo: str = ""

    @property
    def key(self) -> str:
        """What makes two credits the same: Plex changes the case of labels, for one."""
        return self.name.casefold()


Credits = tuple[Credit, ...]
Value = str | Credits
"""A text field's text, "" when empty, or a tag-like field's elements in order."""

Values = Mapping[str, Value]
"""By field name as in `validation.config.FIELDS`. A field that is absent is nobody's business."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """What Plex holds for an item, complete: the values of our fields and which are locked."""

    values: Values
    locked: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def credits(self, name: str) -> Credits:
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What Plex showed of a field after we had asked for something else: it stores some values its
    own way, or not at all."""

    asked: Value
    shown: Value


@dataclass(frozen=True, slots=True)
class Overtaken:
    """An intention that Plex never confirmed and that was overtaken `at` that time (epoch seconds):
    another one was confirmed, or a look has found Plex without it. Its request may still arrive."""

    values: Values
    at: float


@dataclass(frozen=True, slots=True)
class Before:
    """A field as it was before it was written; of a picture the sha1 of ours, "" if it was none."""

    value: Value
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """What we remember of an item.

    `baseline`: what we last wrote and Plex confirmed, for every field ever written; "" is a text
    that we cleared or handed back. Of a tag-like field it holds only the elements that we own.
    `pending`: the baselines that were intended since and not confirmed, oldest first. Plex may have
    any part of them, or none.
    `overtaken`: former intentions that may still arrive; see `sync.arrival`. `late`: those of them
    that a look has found there, which are pending again.
    `original`: what was there before we wrote, per field; None before the first write.
    `is_unmanaged`: restored or handed over; nothing is written until somebody takes it back.
    `answers`: by field, where Plex shows what we wrote in another way.
    """

    baseline: Values = field(default_factory=dict)
    pending: tuple[Values, ...] = ()
    original: ItemState | None = None
    is_unmanaged: bool = False
    answers: Mapping[str, Answer] = field(default_factory=dict)
    overtaken: tuple[Overtaken, ...] = ()
    late: tuple[Overtaken, ...] = ()

    def has_written(self, name: str) -> bool:
        """Whether we ever wrote the field, or may have."""
        return any(name in values for values in (self.baseline, *self.pending))

    def texts(self, name: str) -> list[str]:
        """Every text of this field that may be ours, the last one written at the end."""
        answer = self.answers.get(name)
        found = [values.get(name) for values in (self.baseline, *self.pending)]
        shown = [answer.shown] if answer else []
        return [value for value in (*shown, *found) if isinstance(value, str)]

    def was_never_taken(self, name: str, now: str) -> bool:
        """Whether Plex took none of ours, and `now` is what it has had since before us."""
        answer, original = self.answers.get(name), self.original
        is_answer = answer is not None and answer.shown == now
        is_original = original is not None and original.text(name) == now
        written = (values.get(name) for values in (self.baseline, *self.pending))
        return is_answer and is_original and now not in written

    def unconfirmed(self, *, besides: Container[str]) -> Values:
        """What Plex may hold of fields `besides` these, as it was last intended and not
        confirmed."""
        tried = {name: value for each in self.pending for name, value in each.items()}
        return {
            name: value
            for name, value in tried.items()
            if name not in besides and self.baseline.get(name) != value
        }

    def confirmed_text(self, name: str) -> str:
        """The text that Plex had from us for certain; "" for none."""
        value = self.baseline.get(name, "")
        return value if isinstance(value, str) else ""

    def confirmed_credits(self, name: str) -> Credits:
        """The elements that Plex had from us for certain."""
        value = self.baseline.get(name, ())
        return value if isinstance(value, tuple) else ()

    def may_have_removed(self, name: str) -> set[str]:
        """The keys of those that an unconfirmed request of ours may have taken away."""
        tried = [value for each in self.pending if isinstance(value := each.get(name), tuple)]
        ours = {each.key for each in self.confirmed_credits(name)}
        return {key for key in ours if any(key not in {x.key for x in each} for each in tried)}

    def credits(self, name: str) -> Credits:
        """Every element of this field that may be ours; one may be there several times."""
        found = [values.get(name) for values in (self.baseline, *self.pending)]
        return tuple(each for value in found if isinstance(value, tuple) for each in value)
