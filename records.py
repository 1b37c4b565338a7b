"""Dataclasses as the standard library makes them, in a third of the time.

There are a hundred of them, and to make them was a quarter of what a process loads that somebody
waits for: Python compiles up to six methods for each. Here each has an `__init__` of its own, and
shares the others. To a type checker they are the standard ones.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, field, fields
from dataclasses import dataclass as _standard
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool):
        """For classes with slots, which inherit from nothing, `frozen` or not."""

        def made(cls: type) -> type:
            # Otherwise Python makes a text of the signature.
            cls.__doc__ = cls.__doc__ or cls.__name__
            finished = _standard(init=False, repr=False, eq=False, slots=slots)(cls)
            for name, each in _methods(finished, frozen=frozen).items():
                if name not in cls.__dict__:
                    setattr(finished, name, each)
            return finished

        return made


def _methods(cls: type, *, frozen: bool) -> dict[str, Any]:
    names = [each.name for each in fields(cls)]
    compared = _reader([each.name for each in fields(cls) if each.compare])
    shown = [each.name for each in fields(cls) if each.repr]

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def hashed(self: Any) -> int:
        return hash(compared(self))

    def told(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({values})"

    found: dict[str, Any] = {
        "__init__": _init(cls, frozen=frozen),
        "__eq__": equal,
        "__repr__": told,
        "__hash__": hashed if frozen else None,
    }
    if frozen:
        read = _reader(names)
        found |= {
            "__setattr__": _refuse_change,
            "__delattr__": _refuse_change,
            # For copies and for other processes: neither may go by what is refused.
            "__reduce__": lambda self: (_made_again, (self.__class__, read(self))),
        }
    return found


def _reader(names: list[str]) -> Any:
    """A function that gets a tuple of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda each: tuple(getattr(each, name) for name in names)


def _init(cls: type, *, frozen: bool) -> Any:
    """Takes the fields in their order, as the standard one does."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    arguments, lines = ["self"], []
    for each in fields(cls):
        name, value = each.name, each.name
        if each.default_factory is not MISSING:
            known[f"_make_{name}"] = each.default_factory
            arguments.append(f"{name}=_missing")
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif each.default is not MISSING:
            known[f"_default_{name}"] = each.default
            arguments.append(f"{name}=_default_{name}")
        else:
            arguments.append(name)
        lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    source = f"def __init__({', '.join(arguments)}):\n " + "\n ".join(lines or ["pass"])
    exec(source, known)
    return known["__init__"]


def _refuse_change(_self: object, name: str, *_value: object) -> NoReturn:
    raise FrozenInstanceError(f"{name!r} cannot be changed")


def _made_again(cls: Any, values: tuple[Any, ...]) -> Any:
    """A copy, without what the class does to begin."""
    made = cls.__new__(cls)
    for each, value in zip(fields(cls), values, strict=True):
        object.__setattr__(made, each.name, value)
    return made
