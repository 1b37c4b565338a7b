"""What an operation of the page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from page.arguments import Arguments

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """`work` gets the `stash.protocol.Invocation` and, by name, the values of its `arguments`."""

    work: Callable[..., Answer]
    arguments: Arguments = field(default_factory=dict)


Operations = Mapping[str, Operation]
"""By `what`."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an operation is found: `load` imports the module of its subject. Only what
    `needs_packages` may import any; the others are asked every few seconds."""

    load: Callable[[], Operations]
    needs_packages: bool = False
