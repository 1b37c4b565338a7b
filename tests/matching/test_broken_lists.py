"""A list that Plex can't give: the item, the library or the character at fault is left out and
named, and all else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from commands.status import status_lines, status_of
from matching.libraries import FAILING_PAUSE_S, LEFT_OUT_PAUSE_S
from plex.readable import REPLACEMENT, readable_xml
from simulators.faults import Reply
from simulators.http import Request, Response
from simulators.plex import PlexSimulator
from simulators.rig import FOLDER
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift

LISTING = r"GET /library/sections/{}/all"


class Broken:
    """Has Plex answer `status` to each listing that holds one of `keys`."""

    def __init__(self, plex: PlexSimulator, *keys: int, answer: Response) -> None:
        self.keys = set(keys)
        self._handle = plex.handle
        self._answer = answer
        plex.handle = self.handle  # type: ignore[method-assign]

    def handle(self, request: Request) -> Response:
        response = self._handle(request)
        is_list = request.method == "GET" and request.path.endswith("/all")
        if is_list and any(f'ratingKey="{key}"'.encode() in response.body for key in self.keys):
            return self._answer
        return response


@pytest.fixture
def on_large_shift(make_desk: Callable[..., Desk]) -> Iterator[Shift]:
    desk = make_desk(count=300)
    desk.configure(skip_fields="poster, background")
    with shift(desk) as begun:
        yield begun


def synced(on_shift: Shift) -> list[int]:
    desk, numbers = on_shift.desk, range(1, len(on_shift.rig.films) + 1)
    return [n for n in numbers if desk.item(n).title == desk.scene(n).title]


def told(desk: Desk) -> str:
    with desk.context() as context:
        return "\n".join(status_lines(status_of(context.stores)))


@pytest.mark.parametrize(
    "answer",
    [Response(500), Response(400), Response(200, b'<MediaContainer size="1"><Video ratingKey="')],
    ids=["500", "400", "unreadable"],
)
@pytest.mark.parametrize("number", [1, 151, 300])
def test_a_broken_item_is_left_out_named_and_looked_at_again(
    on_large_shift: Shift, caplog: pytest.LogCaptureFixture, answer: Response, number: int
) -> None:
    shift_, desk = on_large_shift, on_large_shift.desk
    broken = Broken(desk.plex, desk.item(number).rating_key, answer=answer)
    shift_.store.enqueue("scene", range(1, 301), 0, shift_.now)
    shift_.work()
    assert synced(shift_) == [n for n in range(1, 301) if n != number]
    # Some twenty for the whole list, and as many for each of those of what is new.
    assert desk.plex.requests.count("GET", "/library/sections/1/all") <= 60
    assert shift_.worker.pause is None
    name = f"item {number} of library Films"
    assert [name in each for each in caplog.messages if "can't list" in each] == [True]
    assert f"1 item(s): {name}" in told(desk)
    # A later sync doesn't read the whole list again, and one after a while does.
    desk.reset()
    desk.sync()
    whole = [each for each in desk.plex.requests.matching() if each.arg("sort") == "movie.id"]
    assert len(whole) <= 1
    broken.keys.clear()
    with desk.context() as context, context.stores.index._store.write() as connection:
        connection.execute("UPDATE left_out SET looked_at = looked_at - ?", (LEFT_OUT_PAUSE_S,))
    desk.sync()
    shift_.go_on(7200.0)
    assert len(synced(shift_)) == 300
    assert "can't list" not in told(desk)


def test_several_broken_items_in_a_page(on_large_shift: Shift) -> None:
    desk, numbers = on_large_shift.desk, {3, 4, 150, 299}
    Broken(desk.plex, *(desk.item(n).rating_key for n in numbers), answer=Response(500))
    on_large_shift.store.enqueue("scene", range(1, 301), 0, on_large_shift.now)
    on_large_shift.work()
    assert set(range(1, 301)) - set(synced(on_large_shift)) == numbers
    assert "4 item(s)" in told(desk)


@pytest.mark.parametrize("status", [500, 400, 503])
def test_a_library_whose_list_fails_keeps_its_own_scenes_waiting_only(
    on_shift: Shift, status: int
) -> None:
    desk, library = on_shift.desk, on_shift.rig.plex.library
    desk.configure(skip_fields="poster, background")
    other = library.add_section("Shorts", locations=["/data/shorts"])
    scene = on_shift.new_scene(1, folder="/data/shorts", title="In the other library")
    file = scene.files[0]
    library.add_item(other, file.path, size=file.size, duration_ms=round(file.duration_s * 1000))
    desk.plex.faults.add(Reply(status), LISTING.format(other.key))
    on_shift.event(*range(1, 11), scene.id)
    assert len(synced(on_shift)) == 10
    assert on_shift.worker.pause is None
    (waiting,) = on_shift.waiting()
    assert (waiting.jobs, "library Shorts" in waiting.reason) == (1, True)
    desk.reset()
    for _ in range(10):
        on_shift.go_on(FAILING_PAUSE_S + 1)
    assert desk.plex.requests.count("GET", f"/library/sections/{other.key}/all") <= 10 * 30
    assert on_shift.store.failures() == []
    desk.plex.faults.clear()
    on_shift.go_on(FAILING_PAUSE_S + 1)
    assert on_shift.plex_title(scene) == "In the other library"
    assert on_shift.store.counts() == {}


def test_a_scene_found_in_one_library_is_looked_for_in_the_one_that_fails(on_shift: Shift) -> None:
    """One file in two libraries, the list of one of which can't be had at the moment."""
    desk, library = on_shift.desk, on_shift.rig.plex.library
    desk.configure(skip_fields="poster, background")
    other = library.add_section("Favourites", locations=[FOLDER])
    file = desk.scene(1).files[0]
    again = library.add_item(
        other, file.path, size=file.size, duration_ms=round(file.duration_s * 1000), title="Old"
    )
    desk.plex.faults.add(Reply(500), LISTING.format(other.key))
    on_shift.event(1)
    assert (synced(on_shift), again.title) == ([1], "Old")
    (waiting,) = on_shift.waiting()
    assert "library Favourites" in waiting.reason
    desk.plex.faults.clear()
    on_shift.go_on(FAILING_PAUSE_S + 1)
    assert again.title == desk.scene(1).title
    assert on_shift.store.counts() == {}


@pytest.mark.parametrize("asked", ["sections", "all", "metadata"])
def test_a_character_that_no_xml_may_hold_spoils_nothing(on_shift: Shift, asked: str) -> None:
    plex = on_shift.rig.plex
    handle = plex.handle

    def spoilt(request: Request) -> Response:
        response = handle(request)
        if request.method == "GET" and asked in request.path:
            body = response.body.replace(b' title="', b' title="&#x1;&#0;A & B &nbsp;\x02')
            return Response(response.status, body, response.content_type, response.headers)
        return response

    plex.handle = spoilt  # type: ignore[method-assign]
    on_shift.event(*range(1, 11))
    assert on_shift.worker.pause is None
    assert len(synced(on_shift)) == 10


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("Tom &amp; Jerry &lt;&#38;&#x26;&#xE9;", "Tom &amp; Jerry &lt;&#38;&#x26;&#xE9;"),
        ("&#x1;&#0;&#xFFFE;&#xD800;&#99999999999;", REPLACEMENT * 5),
        ("a\x01b\tc", f"a{REPLACEMENT}b\tc"),
        ("Tom & Jerry &nbsp; &", "Tom &amp; Jerry &amp;nbsp; &amp;"),
        ("&#x1F600;&#x0009;", "&#x1F600;&#x0009;"),
    ],
)
def test_what_a_parser_takes(text: str, readable: str) -> None:
    assert readable_xml(text) == readable
