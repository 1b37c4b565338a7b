"""Whether everything stands still for a failure, and that waiting survives what it meets."""

from __future__ import annotations

import pytest

from jobs.schema import LIVE
from plex.exceptions import PlexSettingsError, PlexUnavailable
from simulators.faults import Reply
from tests.harness.worker import Shift
from worker.circuit import RECHECK_S, Pause

EMPTY = b'<MediaContainer size="0" totalSize="10"/>'
WHOLE_LIST = "/library/sections/1/all.*sort=movie.id&"


def pause_of(on_shift: Shift) -> Pause | None:
    """As it is by now."""
    return on_shift.worker.pause


def test_a_list_that_cant_be_read_stops_everything_and_fails_no_job(on_shift: Shift) -> None:
    hole = on_shift.rig.plex.faults.add(Reply(200, EMPTY, "text/xml"), WHOLE_LIST)
    on_shift.event(*range(1, 11))
    pause = pause_of(on_shift)
    assert isinstance(pause and pause.error, PlexUnavailable)
    assert on_shift.store.counts() == {(LIVE, "queued"): 10}
    for _ in range(3):
        on_shift.go_on(60)
        assert pause_of(on_shift) is pause  # and not another one each time
    hole.cleared.set()
    on_shift.rig.plex.faults.clear()
    on_shift.go_on(60)
    assert pause_of(on_shift) is None
    assert on_shift.store.counts() == {}


@pytest.mark.parametrize("asked", ["", "/library"], ids=["everything", "the libraries"])
def test_a_plex_that_fails_whatever_it_is_asked_fails_no_job(on_shift: Shift, asked: str) -> None:
    """As one does whose database is locked or damaged."""
    on_shift.rig.plex.faults.add(Reply(500), asked)
    on_shift.event(*range(1, 11))
    pause = pause_of(on_shift)
    assert isinstance(pause and pause.error, PlexUnavailable)
    on_shift.rig.plex.requests.clear()
    for _ in range(3):
        on_shift.go_on(60)
        assert pause_of(on_shift) is pause
    assert on_shift.rig.plex.requests.count() <= 3 * 2  # identity and libraries, for all jobs
    assert {each.attempts for each in on_shift.store.claim("", (LIVE,), on_shift.now)} == {0}
    on_shift.store.release_claims("")
    on_shift.rig.plex.faults.clear()
    on_shift.go_on(60)
    assert pause_of(on_shift) is None
    assert on_shift.store.counts() == {}


@pytest.mark.parametrize("status", [404, 500])
def test_what_goes_wrong_while_waiting_doesnt_end_the_worker(on_shift: Shift, status: int) -> None:
    on_shift.desk.configure(plex_libraries="Nowhere")
    on_shift.event(1)
    pause = pause_of(on_shift)
    assert isinstance(pause and pause.error, PlexSettingsError)
    on_shift.rig.plex.faults.add(Reply(status), "/library/sections", times=1)
    on_shift.go_on(RECHECK_S + 10)
    assert pause_of(on_shift) is not None
    on_shift.desk.configure(plex_libraries="")
    on_shift.go_on(RECHECK_S + 10)
    assert pause_of(on_shift) is None
    assert on_shift.store.counts() == {}
