"""What requests would load and never use for us: it guesses the encoding of an answer that doesn't
tell it, and ours are read as UTF-8 (`net.session`). Standard library only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# In the order in which requests looks for them. The latter comes with it, and any 2.x takes this
# version of it for good.
OTHER, USUAL, VERSION = "chardet", "charset_normalizer", "3.0.0"


@contextmanager
def without_guessing() -> Iterator[None]:
    """Requests, if it is loaded within, gets something small in its place; whoever asks for the
    real one afterwards gets that."""
    if not {"requests", OTHER, USUAL}.isdisjoint(sys.modules):
        yield
        return
    modules: dict[str, Any] = sys.modules  # None: it isn't there
    modules[OTHER], modules[USUAL] = None, _stand_in()
    try:
        yield
    finally:
        del modules[OTHER], modules[USUAL]


def _stand_in() -> ModuleType:
    made = ModuleType(USUAL)
    made.__dict__.update(__version__=VERSION, detect=lambda _content: {"encoding": "utf-8"})
    return made
