"""Whose fault an answer is: every status, at every stage of a sync.

No status of a server that answers everything so is a job's matter; one that meets a single request
of a server that is well ends as the job's own, after some tries.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from jobs.schema import LIVE
from simulators.faults import Reply
from tests.harness.sync import picture
from tests.harness.worker import Shift
from worker.circuit import RECHECK_S

# One or more of each class, and those that proxies and other programs are known to answer.
STATUSES = (
    *(300, 301, 302, 307, 400, 401, 403, 404, 405, 406, 407, 408, 409, 411, 413, 414, 421, 425),
    *(429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 508, 511, 520, 525, 530, 599),
)
EVERYTHING = ""
CONNECT = "GET /$"
SECTIONS = "GET /library/sections$"
LISTING = r"GET /library/sections/1/all\?"
MULTI_GET = "GET /library/metadata/"
PUT = "PUT /library/sections/"
UPLOAD = "POST /library/metadata/"
ALL_SCENES = range(1, 11)

# That a token, an address or a right is wrong is a matter of the settings.
SETTINGS = {300, 301, 302, 307, 401, 403}


def counts(on_shift: Shift) -> dict[str, int]:
    """Jobs by state, in whatever lane."""
    found: dict[str, int] = {}
    for (_, state), number in on_shift.store.counts().items():
        found[state] = found.get(state, 0) + number
    return found


def attempts(on_shift: Shift) -> set[int]:
    jobs = on_shift.store.claim("", (LIVE,), on_shift.now + 1e6)
    on_shift.store.release_claims("")
    return {each.attempts for each in jobs}


def wait_until_idle(on_shift: Shift, rounds: int = 1000) -> None:
    """Time passes until nothing waits any more; the limit only ends a test that has failed."""
    for _ in range(rounds):
        if set(counts(on_shift)) <= {"failed"}:
            return
        on_shift.go_on(RECHECK_S + 10)
    raise AssertionError(f"still waiting: {counts(on_shift)}")


def assert_all_synced(on_shift: Shift, scene_ids: Iterable[int] = ALL_SCENES) -> None:
    titles = {n: on_shift.desk.item(n).title for n in scene_ids}
    assert titles == {n: on_shift.desk.scene(n).title for n in scene_ids}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("asked", [EVERYTHING, CONNECT, SECTIONS], ids=["all", "connect", "list"])
def test_who_answers_so_what_every_plex_answers_fails_no_job(
    on_shift: Shift, status: int, asked: str
) -> None:
    on_shift.desk.configure(skip_fields="poster, background")
    on_shift.rig.plex.faults.add(Reply(status, b"<html>No</html>"), asked)
    on_shift.event(*ALL_SCENES)
    assert on_shift.worker.pause is not None
    for _ in range(3):
        on_shift.go_on(RECHECK_S + 10)
    assert on_shift.worker.pause is not None
    assert counts(on_shift) == {"queued": 10}
    assert attempts(on_shift) == {0}
    on_shift.rig.plex.faults.clear()
    wait_until_idle(on_shift)
    assert counts(on_shift) == {}
    assert_all_synced(on_shift)


@pytest.mark.parametrize("status", STATUSES)
def test_a_plex_that_stops_working_in_the_middle_of_a_batch_fails_no_job(
    on_shift: Shift, status: int
) -> None:
    on_shift.desk.configure(skip_fields="poster, background", concurrency=1)
    on_shift.event(1)
    on_shift.rig.plex.faults.add(Reply(status, b"<html>No</html>"), skip=4)
    for n in ALL_SCENES:
        on_shift.desk.edit(n, title=f"Edited {n}")
    on_shift.event(*ALL_SCENES)
    on_shift.go_on(RECHECK_S + 10)
    assert on_shift.worker.pause is not None
    assert "failed" not in counts(on_shift)
    assert attempts(on_shift) == {0}
    on_shift.rig.plex.faults.clear()
    wait_until_idle(on_shift)
    assert counts(on_shift) == {}
    assert_all_synced(on_shift)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "asked",
    [CONNECT, SECTIONS, LISTING, MULTI_GET, PUT, UPLOAD],
    ids=["connect", "list", "listing", "multi-get", "put", "upload"],
)
def test_a_single_answer_ends_no_job(on_shift: Shift, status: int, asked: str) -> None:
    if (status, asked) == (413, UPLOAD):
        pytest.skip("a picture that is refused for its size: tests/pictures/test_too_large.py")
    on_shift.desk.edit(3, cover=picture("red"))
    on_shift.rig.plex.faults.add(Reply(status, b"<html>No</html>"), asked, times=1)
    on_shift.event(*ALL_SCENES)
    assert "failed" not in counts(on_shift)
    wait_until_idle(on_shift)
    assert counts(on_shift) == {}
    assert_all_synced(on_shift)
    assert on_shift.desk.item(3).posters


@pytest.mark.parametrize("status", STATUSES)
def test_what_plex_refuses_of_one_item_is_that_jobs_matter_alone(
    on_shift: Shift, status: int
) -> None:
    on_shift.desk.configure(skip_fields="poster, background")
    key = on_shift.desk.item(3).rating_key
    on_shift.rig.plex.faults.add(Reply(status, b"<html>No</html>"), rf"PUT .*[?&]id={key}&")
    on_shift.event(*ALL_SCENES)
    others = [n for n in ALL_SCENES if n != 3]
    assert "failed" not in counts(on_shift)
    for _ in range(40):
        # Somebody goes on working.
        on_shift.desk.edit(5, title=f"Edited at {on_shift.now}")
        on_shift.event(5)
        on_shift.go_on(24 * 3600.0 if status == 404 else 1800.0)
    wait_until_idle(on_shift)
    assert_all_synced(on_shift, others)
    assert on_shift.worker.pause is None
    (failed,) = on_shift.store.failures()
    assert (failed.object_id, bool(failed.reason), bool(failed.error)) == (3, True, True)


def test_a_token_that_may_not_write_is_a_matter_of_the_settings(on_shift: Shift) -> None:
    """As that of an account with which the library is only shared."""
    on_shift.desk.configure(skip_fields="poster, background")
    on_shift.rig.plex.faults.add(Reply(403), "PUT ")
    on_shift.event(*ALL_SCENES)
    for _ in range(5):
        on_shift.go_on(RECHECK_S + 10)
    assert counts(on_shift) == {"queued": 10}
    assert attempts(on_shift) == {0}
    assert on_shift.worker.pause is not None
    assert on_shift.worker.pause.is_about_settings
