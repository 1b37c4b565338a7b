"""cast_photos: Plex gets addresses of pictures only where Stash shows them to anybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from commands import tasks
from commands.diagnosis import Problem
from commands.doctor import examine
from commands.explain import explain
from commands.preview import preview_scenes
from commands.preview_text import ItemPreview
from jobs.registry import TASK_ROLE
from simulators.faults import Reply
from simulators.rig import PLUGIN_ID
from stash.connection import StashConnection
from tests.harness.sync import Desk, picture
from worker.connect import plex_client
from worker.context import Context, open_context

MakeDesk = Callable[..., Desk]
KEY = "the-api-key"


@contextmanager
def let_in(desk: Desk) -> Iterator[Context]:
    """A context with a key to Stash."""
    connection = StashConnection(desk.rig.stash.url, api_key=KEY if _is_closed(desk) else "")
    with open_context(str(desk.rig.data_dir), connection, PLUGIN_ID, TASK_ROLE) as opened:
        yield opened


def _is_closed(desk: Desk) -> bool:
    return bool(desk.rig.stash.config.username)


def pictured(make_desk: MakeDesk, *, closed: bool) -> Desk:
    desk = make_desk(**({"username": "ada", "password": "secret-word"} if closed else {}))
    if closed:
        desk.rig.stash.config.api_key = KEY
    desk.configure(cast_photos=True)
    for performer in desk.rig.stash.library.performers.values():
        performer.image = picture("red")
    return desk


def sync(desk: Desk) -> None:
    desk.reset()
    with let_in(desk) as context:
        tasks.sync_all(context, lambda _fraction: None)


def photos(desk: Desk) -> set[str]:
    return {tag.thumb for item in desk.plex.library.items() for tag in item.tags.get("actor", ())}


def asked_for(desk: Desk) -> int:
    return desk.rig.stash.requests.count("GET", "/performer/")


def test_photos_are_given_where_stash_needs_no_login(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = pictured(make_desk, closed=False)
    sync(desk)
    assert asked_for(desk) == 1
    assert all("/performer/" in address for address in photos(desk))
    assert "cast_photos" not in caplog.text


def test_photos_follow_once_stash_asks_for_no_login_any_more(make_desk: MakeDesk) -> None:
    """What was written without photos isn't in step with a sync that may give them."""
    desk = pictured(make_desk, closed=True)
    desk.date_plex(time.time() - 50_000)
    sync(desk)
    sync(desk)
    sync(desk)
    assert (photos(desk), desk.looks()) == ({""}, [])
    desk.rig.stash.config.username = ""
    sync(desk)
    assert all("/performer/" in address for address in photos(desk))


def test_no_photos_where_stash_asks_for_a_login(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    """Told once, however many batches there are; everything else is synced."""
    desk = pictured(make_desk, closed=True)
    with let_in(desk) as context:
        context.stores.store.enqueue("scene", [1], 0, 0.0)
        tasks.sync_all(context, lambda _fraction: None)
    assert photos(desk) == {""}
    assert desk.item(2).title == desk.scene(2).title
    assert asked_for(desk) == 1
    told = [each for each in caplog.records if "cast_photos" in each.getMessage()]
    assert [each.levelname for each in told] == ["WARNING"]
    assert "Stash asks for a login" in told[0].getMessage()
    # The question itself carried no credentials.
    (asked,) = desk.rig.stash.requests.matching("GET", "/performer/")
    assert not {"apikey", "cookie"} & asked.headers.keys()


def test_preview_and_explain_say_what_the_sync_will_do(make_desk: MakeDesk) -> None:
    desk = pictured(make_desk, closed=True)
    sync(desk)
    with let_in(desk) as context:
        context.settings.refresh()
        assert [each.changes for each in explain(context, 2).previews] == [()]
        plex = plex_client(context.settings.config, "client-id")
        (page,) = preview_scenes(context, plex, [[1, 2, 3]])
        plex.close()
    assert [each.changes for each in page if isinstance(each, ItemPreview)] == [()] * 3


def test_what_is_no_picture_is_not_taken_for_one(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = pictured(make_desk, closed=False)
    desk.rig.stash.faults.add(Reply(200, b"<html>", "text/html"), "GET /performer/")
    sync(desk)
    assert photos(desk) == {""}
    assert "since Stash answers 200 text/html" in caplog.text


@pytest.mark.parametrize("closed", [False, True])
def test_the_check_of_the_set_up_says_so(make_desk: MakeDesk, *, closed: bool) -> None:
    desk = pictured(make_desk, closed=closed)
    with let_in(desk) as context:
        found = [each for each in examine(context) if "login" in each.text]
    assert [isinstance(each, Problem) for each in found] == [closed]


def test_nothing_is_asked_with_the_setting_off(make_desk: MakeDesk) -> None:
    desk = pictured(make_desk, closed=False)
    desk.configure()
    sync(desk)
    assert asked_for(desk) == 0
