"""A question that is answered by starting the same task again: Stash's page of tasks can't pass
arguments. When is a second press an answer, and when part of a double click? Pure.

Two clocks are compared, since either may be wrong: the system's can be set meanwhile, and the
monotonic one begins anew with the machine.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum

# Nobody can have found the log, read the question and come back sooner.
READ_S = 10.0
FRESH_S = 600.0


class Press(Enum):
    """What starting the task means."""

    FIRST = "nobody was asked, or long ago"
    TOO_SOON = "the question can't have been read"
    ANSWER = "the question is answered"


@dataclass(frozen=True, slots=True)
class Moment:
    """`at`: epoch seconds; `at_m`: of the monotonic clock, which processes of one machine share."""

    at: float
    at_m: float

    def dump(self) -> str:
        return json.dumps(asdict(self))


def press(asked: str | None, now: Moment) -> Press:
    """`asked`: the `Moment` of the question as it was dumped, None if there was none."""
    try:
        before = Moment(**json.loads(asked or "null"))
        ages = (now.at - before.at, now.at_m - before.at_m)
    except (TypeError, ValueError):
        # None, or what an earlier version noted.
        return Press.FIRST
    if 0 <= ages[1] < READ_S:
        return Press.TOO_SOON
    if min(ages) < 0 or max(ages) >= FRESH_S:
        return Press.FIRST
    return Press.ANSWER if min(ages) >= READ_S else Press.TOO_SOON
