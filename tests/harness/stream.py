"""A worker that hears of plays in Plex, with clocks that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jobs.registry import WORKER
from playback.live.listener import BETWEEN_LOOKS_S
from simulators.plex.notices import Notices
from tests.harness.cinema import Cinema
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


class Listening:
    """The background worker at a desk, which listens once `begin` was called."""

    def __init__(self, on_duty: Shift) -> None:
        self.on_duty = on_duty
        self.desk = on_duty.desk
        self.worker = on_duty.worker
        self.cinema = Cinema(on_duty.desk)
        self.desk.plex.library.clock = lambda: on_duty.now
        self.began = on_duty.now
        self._listened_before = self.notices.begun

    @property
    def notices(self) -> Notices:
        return self.desk.plex.library.activity.notices

    def begin(self, *, listens: bool = True) -> None:
        """The first look, which only notes; with the stream open by the end."""
        self.worker.refresh_settings()
        self.on_duty.work()
        if listens:
            self.until_listened_to()

    def until_listened_to(self, times: int = 1) -> None:
        """Until this worker has begun to listen so often, and only the last one is still there."""
        notices, begun = self.notices, self._listened_before + times
        self.desk.rig.until(
            lambda: notices.begun >= begun and notices.listeners == 1, "the one listener"
        )

    def heard(self) -> float:
        return self.worker.imports.listener.heard_m

    def until_heard(self, before: float) -> None:
        self.desk.rig.until(lambda: self.heard() > before, "a notice")

    def asked(self) -> int:
        """How often Plex was asked for its history."""
        return self.desk.plex.requests.count("GET", "/status/sessions/history")

    def streams(self) -> int:
        """How often Plex was asked for its notifications."""
        return self.desk.plex.requests.count("GET", "/:/eventsource")

    def soon(self) -> None:
        """A moment passes, far shorter than until the next look that nothing had brought on."""
        self.on_duty.go_on(BETWEEN_LOOKS_S)


@contextmanager
def listening(desk: Desk, **settings: Any) -> Iterator[Listening]:
    desk.configure(**(settings or {"import_plays": True}))
    with shift(desk, WORKER) as on_duty:
        try:
            yield Listening(on_duty)
        finally:
            on_duty.worker.close()
