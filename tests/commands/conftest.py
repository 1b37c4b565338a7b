"""Fixtures that several test modules here use."""

from tests.entry.conftest import root_handlers
from tests.matching.bench import bench, keys_at

__all__ = ["bench", "keys_at", "root_handlers"]
