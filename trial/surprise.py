"""What came otherwise than it was written, as an error, and what helps."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from errors import SettingsError
from trial.compare import Difference
from validation.config import FIELDS


class Surprise(SettingsError):
    """Plex did something else than it was told. `fields`: those that help in `skip_fields`; none
    if something came otherwise that no setting leaves out."""

    reason = "surprise"

    def __init__(self, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, advice=advice(fields))
        self.fields = fields


def advice(fields: Collection[str]) -> str:
    """What helps after a surprise with these fields."""
    if fields and is_skippable(fields):
        return (
            "Nothing more is written to this Plex, and the queue is kept. It goes on once "
            f"skip_fields holds {', '.join(fields)}, with another version of Plex, or after a "
            "trial (doctor --try), whose report please send in."
        )
    return (
        "Nothing more is written to this Plex, and the queue is kept. No setting leaves out what "
        "came otherwise: it goes on with another version of Plex, or after a trial (doctor --try), "
        "whose report please send in."
    )


def is_skippable(fields: Collection[str]) -> bool:
    """Whether the setting can name all of them."""
    return set(fields) <= set(FIELDS)


def raise_for(scene_id: int, found: Sequence[Difference]) -> None:
    """Raises Surprise, if there is anything."""
    if not found:
        return
    fields = tuple(dict.fromkeys(each.field for each in found))
    helps = all(each.is_written for each in found) and is_skippable(fields)
    told = "; ".join(str(each) for each in found[:3])
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    raise Surprise(
        f"Plex did something else than it was told with scene {scene_id}: {told}{more}",
        fields if helps else (),
    )
