"""What a resting worker asks Plex, and what it makes of the answer."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.hold import begin_hold
from playback.at_rest.ask import has_news
from playback.at_rest.question import question
from simulators.faults import Hang, Reply
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


@pytest.fixture
def on_duty(desk: Desk) -> Iterator[Shift]:
    """A worker that has met a play and looks at Plex for others."""
    desk.configure(import_plays=True)
    with shift(desk) as begun:
        desk.plex.library.clock = lambda: begun.now
        begun.worker.refresh_settings()
        begun.go_on(61)
        desk.plex.library.activity.watch(desk.item(1))
        begun.go_on(61)
        yield begun


def asked(on_duty: Shift) -> dict[str, Any]:
    found = on_duty.worker.question_at_rest()
    assert found is not None
    return found


def test_a_new_play_is_news_and_a_known_one_is_none(on_duty: Shift) -> None:
    asking = asked(on_duty)
    on_duty.desk.reset()
    assert not has_news(asking)
    assert on_duty.desk.plex.calls == {"history": 1}
    assert on_duty.desk.plex.devices == {on_duty.worker._stores.client_id}
    on_duty.rig.plex.library.activity.watch(on_duty.desk.item(2))
    assert has_news(asking)
    on_duty.go_on(61)
    assert not has_news(asked(on_duty))


def test_another_play_in_the_same_second_is_news(on_duty: Shift) -> None:
    asking = asked(on_duty)
    newest = on_duty.rig.plex.library.activity.plays[-1].viewed_at
    on_duty.rig.plex.library.activity.add(on_duty.desk.item(2), at=newest)
    assert has_news(asking)


def test_what_is_no_play_of_a_film_wakes_nobody(on_duty: Shift) -> None:
    """Nobody notes a piece of music as known, so it would be news at every look."""
    activity = on_duty.rig.plex.library.activity
    activity.add(on_duty.desk.item(2), at=on_duty.now + 1).type = "track"
    activity.add(on_duty.desk.item(2), at=None)
    on_duty.go_on(61)
    assert not has_news(asked(on_duty))
    activity.add(on_duty.desk.item(2), at=on_duty.now + 2)
    assert has_news(asked(on_duty))


@pytest.mark.parametrize("fault", [Reply(503), Reply(401), Hang()], ids=repr)
def test_no_answer_is_no_news(on_duty: Shift, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playback.at_rest.ask.TIMEOUT_S", 0.2)
    asking = asked(on_duty)
    on_duty.rig.plex.library.activity.watch(on_duty.desk.item(2))
    on_duty.rig.plex.faults.add(fault, "/status/sessions/history", times=1)
    assert not has_news(asking)
    assert not has_news({**asking, "port": 1})


def test_a_certificate_is_checked_unless_that_is_switched_off(
    on_duty: Shift, self_signed: ssl.SSLContext
) -> None:
    asking = asked(on_duty)
    plex = on_duty.rig.plex
    plex.library.activity.watch(on_duty.desk.item(2))
    plex.encrypt(self_signed)
    asking["tls"] = True
    assert not has_news(asking)
    assert has_news({**asking, "verify": False})


def test_whom_the_worker_trusts_is_trusted_at_rest(
    on_duty: Shift,
    authority: tuple[ssl.SSLContext, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a Plex with a public certificate, on a system that has none of its own."""
    context, certificate = authority
    plex = on_duty.rig.plex
    plex.library.activity.watch(on_duty.desk.item(2))
    asking = {**asked(on_duty), "tls": True}
    with monkeypatch.context() as patch:
        patch.setattr("certifi.where", lambda: certificate)
        trusting = {**asked(on_duty), "tls": True}
    plex.encrypt(context)
    assert not has_news(asking)
    assert has_news(trusting)
    assert not has_news({**asking, "bundle": "/nowhere/cacert.pem"})


def test_nothing_is_asked_while_plays_are_not_imported(on_duty: Shift) -> None:
    on_duty.desk.configure(import_resume=True)
    on_duty.worker.refresh_settings()
    assert on_duty.worker.question_at_rest() is None


def test_nothing_is_asked_while_a_person_has_paused_it(on_duty: Shift) -> None:
    """What was found would have to wait, and would be found again and again."""
    begin_hold(on_duty.store.database, on_duty.now, None)
    assert on_duty.worker.question_at_rest() is None


def test_nothing_is_asked_of_a_plex_that_refuses_its_history(on_duty: Shift) -> None:
    on_duty.rig.plex.faults.add(Reply(401), "/status/sessions/history")
    on_duty.go_on(61)
    assert on_duty.worker.question_at_rest() is None


def test_of_a_plex_that_was_away_it_is_asked_what_was_played_since(
    on_duty: Shift, desk: Desk
) -> None:
    with shift(desk) as next_worker:
        desk.plex.faults.add(Reply(503))
        next_worker.worker.refresh_settings()
        next_worker.work()
        desk.plex.faults.clear()
        asking = asked(next_worker)
        assert not has_news(asking)
        desk.plex.library.activity.watch(desk.item(2))
        assert has_news(asking)


def test_before_the_first_look_it_is_news_that_plex_is_back(desk: Desk) -> None:
    """Else what is played before it would count as there before."""
    desk.configure(import_plays=True)
    with shift(desk) as begun:
        desk.plex.faults.add(Reply(503))
        begun.worker.refresh_settings()
        begun.work()
        asking = asked(begun)
        assert not has_news(asking)
        desk.plex.faults.clear()
        desk.plex.faults.add(Reply(200, b"<html/>"), times=1)
        assert not has_news(asking)
        assert has_news(asking)


def test_what_is_known_and_could_not_be_brought_keeps_it_awake(on_duty: Shift) -> None:
    """At rest it would ask for what is new, and this isn't."""
    on_duty.rig.stash.faults.add(Reply(503), "POST /graphql")
    on_duty.rig.plex.library.activity.watch(on_duty.desk.item(2))
    on_duty.go_on(61)
    imports = on_duty.worker.imports
    found = [imports.is_unfinished, has_news(asked(on_duty))]
    on_duty.rig.stash.faults.clear()
    on_duty.go_on(61)
    assert [*found, imports.is_unfinished] == [True, False, False]
    assert on_duty.desk.scene(2).play_count == 1


# How answers come


ROW = b'<Video type="movie" historyKey="/h/9" viewedAt="2000000000"/>'
WHOLE = b"<MediaContainer>" + ROW + b"</MediaContainer>"


def chunks(content: bytes) -> bytes:
    parts = [content[n : n + 7] for n in range(0, len(content), 7)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(each), each) for each in [*parts, b""])


@pytest.mark.parametrize(
    ("answer", "is_news"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + WHOLE, True),
        (b"HTTP/1.1 200\r\ncontent-length: %d\r\n\r\n" % len(WHOLE) + WHOLE, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(WHOLE), True),
        (b"HTTP/1.1 200 OK\r\n\r\n" + WHOLE[:-3], False),
        (b"HTTP/1.1 200 OK\r\n\r\n" + ROW, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + WHOLE, False),
        (b"HTTP/1.1 204 No\r\n\r\n" + WHOLE, False),
        (b"no HTTP", False),
        (b"", False),
    ],
)
def test_however_it_comes(answer: bytes, is_news: bool) -> None:
    """By bytes, since the simulator speaks HTTP in one of the ways only."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reply() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        replying = threading.Thread(target=reply)
        replying.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert has_news(question(url, "a token", "a client", 5, (), verify=True)) is is_news
        replying.join()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://plex", ("plex", 80, False, "plex", "/status")),
        ("https://plex.example/base", ("plex.example", 443, True, "plex.example", "/base/status")),
        ("http://[::1]:32400", ("::1", 32400, False, "[::1]:32400", "/status")),
    ],
)
def test_where_it_goes(url: str, place: tuple[object, ...]) -> None:
    found = question(url, "a token", "a client", 5, (), verify=True)
    line, host, *_ = found["request"].split("\r\n")
    path = line.split()[1].partition("/sessions/")[0]
    shown = (found["host"], found["port"], found["tls"], host.removeprefix("Host: "), path)
    assert shown == place
