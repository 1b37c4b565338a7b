"""Our dataclasses, beside those that the standard library makes of the same classes."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

import records
from records import dataclass, field
from simulators.rig import TREE
from tests.docs import RUNTIME

# Rooms whose own are still the standard ones.
TO_FOLLOW = {"playback", "rest", "trial"}


@dataclass(frozen=True, slots=True)
class Film:
    """A film."""

    title: str
    year: int = 1902
    cast: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    raw: object = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> str:
        return f"{self.title} ({self.year})"


@dataclass(slots=True)
class Reel:
    number: int
    frames: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class One:
    only: str


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Own:
    text: str

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "its own"


def standard(cls: Any, *, frozen: bool) -> Any:
    """What the standard library makes of the same fields."""
    made = [
        (each.name, each.type, field(default=each.default, default_factory=each.default_factory,
                                     repr=each.repr, compare=each.compare))
        for each in dataclasses.fields(cls)
    ]  # fmt: skip
    return dataclasses.make_dataclass(cls.__name__, made, frozen=frozen, slots=True)


CASES = [
    pytest.param(Film, True, [("A Trip",), ("A Trip", 1903, {"a": "b"}, "s", 1)], id="frozen"),
    pytest.param(Reel, False, [(1,), (2, [3])], id="not frozen"),
    pytest.param(One, True, [("a",), ("b",)], id="one field"),
    pytest.param(Nothing, True, [()], id="no field"),
]


@pytest.mark.parametrize(("cls", "frozen", "given"), CASES)
def test_it_is_made_shown_and_compared_as_the_standard_one(
    cls: Any, frozen: bool, given: list[tuple[Any, ...]]
) -> None:
    theirs = standard(cls, frozen=frozen)
    for values in given:
        mine, other = cls(*values), theirs(*values)
        assert repr(mine) == repr(other)
        assert dataclasses.asdict(mine) == dataclasses.asdict(other)
        assert mine == cls(*values)
        assert [mine == cls(*each) for each in given] == [other == theirs(*each) for each in given]
    assert cls.__match_args__ == theirs.__match_args__
    assert cls.__slots__ == theirs.__slots__
    assert mine != other
    assert mine != "text"


def test_it_takes_names_and_makes_each_its_own_default() -> None:
    one, other = Reel(number=1), Reel(frames=[2], number=1)
    one.frames.append(2)
    assert one == other
    assert Reel(1).frames == []


@pytest.mark.parametrize("given", [(), (1, 2, 3, 4, 5, 6)], ids=["too few", "too many"])
def test_it_refuses_what_it_has_no_field_for(given: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="__init__"):
        Film(*given)
    with pytest.raises(TypeError, match="unexpected keyword"):
        Film(title="A", length=3)  # type: ignore[call-arg]


def test_what_is_frozen_stays() -> None:
    film: Any = Film("A Trip")
    with pytest.raises(dataclasses.FrozenInstanceError):
        film.title = "B"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del film.title
    with pytest.raises((AttributeError, TypeError)):
        film.other = 1
    assert film.title == "A Trip"
    assert dataclasses.replace(film, year=1903).shown == "A Trip (1903)"


def test_what_is_not_frozen_changes_and_has_no_hash() -> None:
    reel = Reel(1)
    reel.number = 2
    assert reel == Reel(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(reel)


def test_equal_ones_have_one_hash_whatever_is_not_compared() -> None:
    assert len({Nothing(), Nothing(), One("a"), One("a"), One("b")}) == 3
    assert hash(standard(One, frozen=True)("a")) == hash(One("a"))


@pytest.mark.parametrize("made", [Film("A", 1, {"a": "b"}, "s", 2), Reel(1, [2]), Nothing()])
def test_it_can_be_copied_and_handed_to_another_process(made: Any) -> None:
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert again == made
        assert again is not made
        assert repr(again) == repr(made)
    deep = copy.deepcopy(Reel(1, frames := [2]))
    assert deep.frames is not frames


def test_what_a_class_has_of_its_own_stays() -> None:
    assert (Own("a") == 3, hash(Own("a")), repr(Own("a"))) == (True, 7, "its own")
    match Film("A Trip", 1902):
        case Film(title, year):
            assert (title, year) == ("A Trip", 1902)


def test_all_of_ours_are_made_so() -> None:
    """Each of the standard ones would cost three times as much whenever it is loaded."""
    found = [
        str(path.relative_to(TREE))
        for folder in RUNTIME
        if folder not in TO_FOLLOW
        for path in (TREE / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and "dataclass" in {each.name for each in node.names}
    ]
    assert found == []


def test_they_compile_one_method_each() -> None:
    code = (
        "import sys, records\n"
        "compiled = []\n"
        "sys.addaudithook(lambda event, args: event == 'compile' and compiled.append(args))\n"
        "class Film:\n"
        "    title: str\n"
        "    year: int = 1902\n"
        "records.dataclass(frozen=True, slots=True)(Film)\n"
        "print(len(compiled))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=TREE, capture_output=True, check=True)
    assert done.stdout.split() == [b"1"]
    assert records.__doc__
