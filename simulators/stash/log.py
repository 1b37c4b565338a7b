"""Stash's log: its own lines and those that plugins write to stderr."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["trace", "debug", "info", "warning", "error"]
Source = Literal["stash", "hook", "task", "operation"]

_SHOWN = {"info", "warning", "error"}
_SHOWN_LINES = 30


@dataclass(frozen=True, slots=True)
class LogLine:
    """`text` is the bare line; `plugin` is the name of the plugin that wrote it, or ""."""

    level: Level
    text: str
    source: Source
    plugin: str = ""
    time: str = ""

    @property
    def message(self) -> str:
        """As users see it."""
        return self.text if self.source == "stash" else f"[Plugin / {self.plugin}] {self.text}"


class Log:
    """All lines of any level, oldest first. Thread-safe."""

    def __init__(self, timestamp: Callable[[], str]) -> None:
        self._timestamp = timestamp
        self._lock = threading.Lock()
        self._lines: list[LogLine] = []

    def add(self, level: Level, text: str, source: Source = "stash", plugin: str = "") -> None:
        with self._lock:
            self._lines.append(LogLine(level, text, source, plugin, self._timestamp()))

    def lines(self) -> list[LogLine]:
        with self._lock:
            return list(self._lines)

    def shown(self) -> list[LogLine]:
        """What the API shows: newest first, level info and above, thirty lines at most."""
        with self._lock:
            shown = [line for line in reversed(self._lines) if line.level in _SHOWN]
        return shown[:_SHOWN_LINES]
