"""Who waits for a turn: the threads of this process, as they stand."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from plex import write_limit


def waiting() -> int:
    """How many threads wait for their turn."""
    return sum(_waits_for_a_turn(frame) for frame in sys._current_frames().values())


def until_waiting(count: int) -> None:
    """The limit of time only ends a test that has failed."""
    end = time.monotonic() + 60.0
    while waiting() != count:
        if time.monotonic() > end:
            raise TimeoutError(f"{waiting()} threads wait for their turn, not {count}")
        time.sleep(0.01)


def _waits_for_a_turn(frame: FrameType) -> bool:
    codes = [each.f_code for each in _stack(frame)]
    asleep = threading.Condition.wait.__code__ in codes
    return asleep and any(each.co_filename == write_limit.__file__ for each in codes)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
