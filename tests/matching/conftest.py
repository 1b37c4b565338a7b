"""Fixtures that several test modules here use."""

from tests.matching.bench import bench, keys_at

__all__ = ["bench", "keys_at"]
