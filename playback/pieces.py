"""Work that is done piece by piece: a generator that yields after each, so that whoever runs it may
do something else in between, and returns the result."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# As many as one request is about.
AT_ONCE = 100


def to_end(work: Generator[None, None, Result]) -> Result:
    """Its result, with nothing in between."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def pieces_of(many: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))
