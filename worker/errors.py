"""The errors of `errors.py`, under the name by which they were known at first."""

from errors import (
    LeaseLost,
    NothingToSync,
    Outage,
    PermanentError,
    ServerUnavailable,
    SettingsError,
    Stopped,
    SyncError,
    TransientError,
)

__all__ = [
    "LeaseLost",
    "NothingToSync",
    "Outage",
    "PermanentError",
    "ServerUnavailable",
    "SettingsError",
    "Stopped",
    "SyncError",
    "TransientError",
]
