"""What an operation of the page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from page.arguments import Arguments

Answer = Mapping[str, Any]


class Operation(NamedTuple):
    """`work` gets the `stash.protocol.Invocation` and, by name, the values of its `arguments`."""

    work: Callable[..., Answer]
    arguments: Arguments = MappingProxyType({})


Operations = Mapping[str, Operation]
"""By `what`."""


class Source(NamedTuple):
    """Where an operation is found: `load` imports the module of its subject. Only what
    `needs_packages` may import any; the others are asked every few seconds."""

    load: Callable[[], Operations]
    needs_packages: bool = False
