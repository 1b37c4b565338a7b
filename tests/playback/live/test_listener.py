"""The real worker hears from the simulated Plex that a play has ended, and asks sooner; whatever
becomes of the stream, what is imported is the same."""

from __future__ import annotations

import gc
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from errors import SettingsError
from jobs.hold import begin_hold, end_hold
from net import event_stream
from net.event_stream import MOST_EVENT_BYTES
from playback.imports import POLL_S
from playback.live import listener
from playback.live.listener import BETWEEN_LOOKS_S, PATH, pause_after_s
from simulators.faults import Action, Drop, Hang, Reply, Truncate
from simulators.plex.screening import play_film, screening
from tests.harness.cinema import GUEST
from tests.harness.stream import Listening, listening
from tests.harness.sync import Desk

STREAM = "/:/eventsource/notifications"
HTML = Reply(200, b"<html><body>Log in</body></html>", "text/html")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_SLICE_S", 0.0)


@pytest.fixture
def hurries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was cut off tries again at once."""
    monkeypatch.setattr(listener, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(listener, "LONGEST_PAUSE_S", 0.01)


@pytest.fixture
def at_work(desk: Desk) -> Iterator[Listening]:
    with listening(desk) as worker:
        worker.begin()
        yield worker


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "notifications"]


def until_no_thread(desk: Desk) -> None:
    desk.rig.until(lambda: not threads(), "the end of the thread")


def watch_to_the_end(work: Listening, scene_id: int, after_s: float = 10.0) -> int:
    """When that was."""
    before = work.heard()
    work.on_duty.let_pass(after_s)
    assert play_film(work.cinema.activity, work.desk.item(scene_id))
    work.until_heard(before)
    return int(work.on_duty.now)


def test_a_film_that_was_watched_to_its_end_is_in_stash_without_waiting_for_the_poll(
    at_work: Listening,
) -> None:
    at = watch_to_the_end(at_work, 3)
    assert at_work.cinema.all_plays() == {}
    at_work.soon()
    assert at_work.cinema.all_plays() == {3: [at]}
    assert at_work.asked() == 2


def test_without_the_stream_it_comes_with_the_poll(desk: Desk) -> None:
    desk.plex.faults.add(Reply(404), STREAM)
    with listening(desk) as work:
        work.begin(listens=False)
        work.on_duty.let_pass(10)
        play_film(work.cinema.activity, desk.item(3))
        work.soon()
        assert work.cinema.all_plays() == {}
        work.on_duty.go_on(POLL_S)
        assert work.cinema.all_plays() == {3: [int(work.on_duty.now - POLL_S - BETWEEN_LOOKS_S)]}


def test_what_comes_on_the_way_brings_on_no_look(at_work: Listening) -> None:
    for session in screening(at_work.cinema.activity, at_work.desk.item(3), pauses=(0.3, 0.6)):
        if session.state == "stopped":
            break
        at_work.soon()
    polls = int((at_work.on_duty.now - at_work.began) // POLL_S)
    assert at_work.asked() == 1 + polls


@pytest.mark.parametrize("names", [True, False])
def test_a_position_comes_as_soon_as_the_film_is_stopped(desk: Desk, names: bool) -> None:
    desk.plex.library.activity.names_stopped = names
    with listening(desk, import_resume=True) as work:
        work.begin()
        before = work.heard()
        work.on_duty.let_pass(10)
        work.cinema.watch(3, to=0.5)
        work.until_heard(before)
        work.soon()
        assert desk.scene(3).resume_time == pytest.approx(desk.item(3).view_offset / 1000)


def test_a_player_that_goes_on_to_the_next_film_has_ended_the_one_before(
    at_work: Listening,
) -> None:
    """As with episodes, where some tell of no stop in between."""
    activity, before = at_work.cinema.activity, at_work.heard()
    at_work.on_duty.let_pass(10)
    session = activity.begin(at_work.desk.item(3))
    activity.move(session, 0.95)
    session.item = at_work.desk.item(4)
    activity.move(session, 0.05)
    at_work.until_heard(before)
    at_work.soon()
    assert list(at_work.cinema.all_plays()) == [3]


def test_a_player_that_never_says_stop_costs_the_wait_alone(at_work: Listening) -> None:
    at_work.cinema.activity.tells_stop = False
    at_work.on_duty.let_pass(10)
    play_film(at_work.cinema.activity, at_work.desk.item(3))
    at_work.on_duty.go_on(POLL_S)
    assert list(at_work.cinema.all_plays()) == [3]


def test_many_ends_at_once_are_one_look(at_work: Listening) -> None:
    looks = at_work.asked()
    for scene_id in range(1, 6):
        watch_to_the_end(at_work, scene_id, after_s=0.5)
        at_work.on_duty.work()
    at_work.soon()
    assert at_work.asked() == looks + 1
    assert sorted(at_work.cinema.all_plays()) == [1, 2, 3, 4, 5]


def test_a_player_that_stops_on_and_on_brings_on_a_look_in_a_few_seconds_at_most(
    at_work: Listening,
) -> None:
    """And holds up no look: that once a minute comes."""
    looks = at_work.asked()
    for _ in range(120):
        before = at_work.heard()
        at_work.on_duty.let_pass(0.5)
        at_work.cinema.watch(3, to=0.01)
        at_work.until_heard(before)
        at_work.on_duty.work()
    assert looks + 1 <= at_work.asked() <= looks + 60 / BETWEEN_LOOKS_S


# What goes wrong on the way

Trouble = Callable[[Listening], object]


def rubbish(work: Listening) -> None:
    work.notices.send(b"\x00\xff\n\n" * 100 + b"data: [[[\n\nevent: playing\ndata: 7\n\n")


def long_lines(work: Listening) -> None:
    work.notices.send(b"data: " + b"x" * 2 * MOST_EVENT_BYTES)


def a_line_without_end(work: Listening) -> None:
    work.notices.send(b"data: {")


def a_cut(work: Listening) -> None:
    work.notices.hang_up()


def a_restart_of_plex(work: Listening) -> None:
    work.desk.plex.stop()
    work.desk.plex.start()


@pytest.mark.usefixtures("hurries")
@pytest.mark.parametrize(
    "trouble", [rubbish, long_lines, a_line_without_end, a_cut, a_restart_of_plex]
)
def test_a_stream_that_breaks_is_opened_again_and_nothing_is_missed(
    at_work: Listening, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    trouble(at_work)
    if trouble is a_line_without_end:
        at_work.notices.send(b"}\n\n")
    elif trouble is not rubbish:
        at_work.until_listened_to(2)
    at = watch_to_the_end(at_work, 3)
    at_work.soon()
    assert at_work.cinema.all_plays() == {3: [at]}
    assert [each for each in caplog.records if each.levelno > logging.INFO] == []


@pytest.mark.parametrize(
    "action", [Reply(401), Reply(403), Reply(404), HTML, Reply(302, headers=(("Location", "/"),))]
)
def test_who_has_no_stream_is_asked_once_and_that_is_told_nobody(
    desk: Desk, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    desk.plex.faults.add(action, STREAM)
    with listening(desk) as work, caplog.at_level(logging.DEBUG):
        work.begin(listens=False)
        desk.rig.until(lambda: work.streams() == 1 and not threads(), "the end of the thread")
        work.on_duty.let_pass(10)
        work.cinema.watch(3)
        for _ in range(5):
            work.on_duty.go_on(POLL_S)
        assert list(work.cinema.all_plays()) == [3]
        assert work.streams() == 1
    lines = [each for each in caplog.records if each.name == listener.__name__]
    assert [each.levelname for each in lines] == ["DEBUG"]


@pytest.mark.usefixtures("hurries")
@pytest.mark.parametrize("action", [Reply(503), Reply(429), Drop(), Truncate(0)])
def test_what_passes_is_waited_for_and_told_once(
    desk: Desk, action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    desk.plex.faults.add(action, STREAM, times=5)
    with listening(desk) as work, caplog.at_level(logging.DEBUG):
        work.begin(listens=False)
        desk.rig.until(lambda: work.streams() == 6 and work.notices.listeners == 1, "a stream")
        watch_to_the_end(work, 3)
        work.soon()
        assert list(work.cinema.all_plays()) == [3]
    assert len([each for each in caplog.records if each.name == listener.__name__]) <= 1


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_that_drips_tells_the_same(at_work: Listening, end: bytes) -> None:
    before = at_work.heard()
    at_work.on_duty.let_pass(10)
    at_work.cinema.activity.tells_stop = False
    at_work.cinema.watch(3)
    notice = b'data: {"PlaySessionStateNotification": {"sessionKey": "1", "state": "stopped"}}'
    for byte in b"event: playing" + end + notice + end + end:
        at_work.notices.send(bytes([byte]))
    at_work.until_heard(before)
    at_work.soon()
    assert list(at_work.cinema.all_plays()) == [3]


def test_the_pauses_grow_until_a_connection_has_held() -> None:
    pauses = [0.0]
    for _ in range(9):
        pauses.append(pause_after_s(pauses[-1], has_held=False))
    assert pauses[1:] == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert pause_after_s(300, has_held=True) == 5


def test_a_stream_that_is_held_back_on_the_way_costs_the_wait_alone(at_work: Listening) -> None:
    at_work.notices.holds_back = True
    at_work.on_duty.let_pass(10)
    play_film(at_work.cinema.activity, at_work.desk.item(3))
    at_work.on_duty.go_on(POLL_S)
    assert list(at_work.cinema.all_plays()) == [3]


# Whom it follows, and how it ends


def test_the_token_goes_in_a_header_and_in_no_address(at_work: Listening) -> None:
    plex = at_work.desk.plex
    (asked,) = plex.requests.matching("GET", STREAM)
    assert asked.line == f"GET {PATH}"
    assert asked.headers["x-plex-token"] == plex.token
    assert asked.headers["x-plex-client-identifier"] in plex.devices
    assert len(plex.devices) == 1


def test_with_all_three_off_nothing_is_opened(desk: Desk) -> None:
    desk.configure()
    with listening(desk, reconcile_hours=0) as work:
        work.worker.refresh_settings()
        work.on_duty.event(1)
        work.on_duty.go_on(POLL_S)
        assert (work.streams(), work.asked(), threads()) == (0, 0, [])


def test_a_task_opens_none(desk: Desk) -> None:
    desk.configure(import_plays=True)
    desk.sync()
    assert desk.plex.calls["history"] == 1
    assert (desk.plex.calls["notifications"], threads()) == (0, [])


def test_it_ends_with_the_switch_and_begins_with_it(desk: Desk, at_work: Listening) -> None:
    desk.configure()
    at_work.worker.refresh_settings()
    until_no_thread(desk)
    at_work.on_duty.go_on(POLL_S)
    assert at_work.streams() == 1
    desk.configure(import_ratings=True)
    at_work.worker.refresh_settings()
    at_work.on_duty.go_on(POLL_S)
    at_work.until_listened_to(2)
    assert at_work.streams() == 2


def test_another_token_opens_another(desk: Desk, at_work: Listening) -> None:
    desk.plex.guests["another-token"] = GUEST
    desk.configure(import_resume=True, plex_token="another-token")
    at_work.worker.refresh_settings()
    at_work.on_duty.go_on(POLL_S)
    at_work.until_listened_to(2)
    tokens = [each.headers["x-plex-token"] for each in desk.plex.requests.matching("GET", STREAM)]
    assert tokens == [desk.plex.token, "another-token"]
    desk.rig.until(lambda: len(threads()) == 1, "the end of the former thread")


@pytest.mark.usefixtures("hurries")
def test_another_plex_at_the_address_is_sent_nothing(desk: Desk, at_work: Listening) -> None:
    """Neither our token nor a question."""
    desk.plex.library.machine_identifier = "another"
    at_work.notices.hang_up()
    until_no_thread(desk)
    assert at_work.streams() == 1


def test_it_ends_while_the_worker_stands_still(desk: Desk, at_work: Listening) -> None:
    desk.plex.quirks.maintenance = True
    desk.edit(1, title="During an outage")
    at_work.on_duty.event(1)
    at_work.on_duty.go_on(1)
    assert at_work.worker.pause
    until_no_thread(desk)
    desk.plex.quirks.maintenance = False
    at_work.on_duty.go_on(POLL_S)
    at_work.on_duty.go_on(POLL_S)
    at_work.until_listened_to(2)


def test_it_ends_while_a_person_has_us_pause(desk: Desk, at_work: Listening) -> None:
    database = at_work.on_duty.store.database
    begin_hold(database, at_work.on_duty.now, None)
    at_work.on_duty.go_on(1)
    until_no_thread(desk)
    end_hold(database)
    at_work.on_duty.go_on(1)
    at_work.until_listened_to(2)


def test_it_ends_with_settings_that_will_not_do(desk: Desk, at_work: Listening) -> None:
    desk.configure(import_plays=True, plex_url="no address")
    with pytest.raises(SettingsError):
        at_work.worker.refresh_settings()
    at_work.on_duty.go_on(1)
    until_no_thread(desk)
    desk.configure(import_plays=True)
    at_work.worker.refresh_settings()
    at_work.on_duty.go_on(POLL_S)
    at_work.until_listened_to(2)


@pytest.mark.parametrize("has_answered", [True, False])
def test_the_worker_ends_without_waiting_for_it(desk: Desk, has_answered: bool) -> None:
    if not has_answered:
        desk.plex.faults.add(Hang(), STREAM)
    with listening(desk) as work:
        work.begin(listens=has_answered)
        desk.rig.until(lambda: work.streams() == 1, "the question")
        joined = [each for each in threads() if not each.daemon]
        work.worker.close()
        assert joined == []
    desk.plex.faults.clear()
    until_no_thread(desk)
    desk.rig.until(lambda: work.notices.listeners == 0, "the end of the connection")


class Waits(threading.Event):
    """What a worker waits by, which takes no time."""

    def __init__(self, work: Listening) -> None:
        super().__init__()
        self.waited_s = 0.0
        self._work = work

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s += timeout or 0.0
        self._work.on_duty.let_pass(timeout or 0.0)
        return False


def test_it_wakes_a_worker_that_waits(at_work: Listening) -> None:
    """Once: then its clock says when to look."""
    worker, waits = at_work.worker, Waits(at_work)
    worker.stop = waits
    news = worker._news()
    watch_to_the_end(at_work, 3)
    worker._rest(POLL_S, news)
    assert waits.waited_s == 0
    worker._rest(2.0, worker._news())
    assert waits.waited_s >= 2.0


def test_a_certificate_of_ca_file_is_trusted_here_too(
    desk: Desk, authority: tuple[ssl.SSLContext, str]
) -> None:
    context, certificate = authority
    desk.plex.encrypt(context)
    for settings in ({"ca_file": certificate}, {"insecure_tls": True}):
        with listening(desk, import_plays=True, **settings) as work:
            work.begin()
            watch_to_the_end(work, 3)
            work.soon()
            assert list(work.cinema.all_plays()) == [3]


def test_nothing_of_it_reaches_a_database(at_work: Listening) -> None:
    """Its thread has no way to one: what it knows is whom to tell."""
    (thread,) = threads()
    seen: set[int] = set()
    found: list[Any] = [thread]
    names = set()
    while found:
        each = found.pop()
        if id(each) in seen or isinstance(each, type):
            continue
        seen.add(id(each))
        names.add(type(each).__module__.partition(".")[0])
        found += [x for x in gc.get_referents(each) if type(x).__module__.startswith("playback")]
    assert names <= {"playback"}
