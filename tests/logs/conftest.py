"""Logging and the known secrets are global: put back what was there."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from logs import redact


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_secrets", set())


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    noisy = {
        name: logging.getLogger(name).level for name in ("urllib3", "plexapi", "requests", "PIL")
    }
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, former in noisy.items():
        logging.getLogger(name).setLevel(former)
