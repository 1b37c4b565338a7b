"""A scene's cover: from our Stash only, with our credentials, and only if it is a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.faults import Drop, Reply
from simulators.stash import StashLibrary, StashSimulator
from stash import pictures
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashPictureError, StashUnauthorized, StashUnavailable
from stash.pictures import Cover, NoCover, NotModified

JPEG = b"\xff\xd8\xff" + b"picture" * 100


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashSimulator]:
    library = StashLibrary()
    library.add_scene("With", cover=JPEG)
    library.add_scene("Without")
    with StashSimulator(
        library, config_dir=tmp_path, username="ada", password="secret-word", api_key="the-api-key"
    ) as simulator:
        yield simulator


@pytest.fixture
def client(stash: StashSimulator) -> Iterator[StashClient]:
    made = StashClient(StashConnection(stash.url, api_key="the-api-key"))
    yield made
    made.close()


def test_a_cover_comes_with_its_etag_and_only_once(client: StashClient) -> None:
    cover = client.cover(1)
    assert isinstance(cover, Cover)
    assert cover.content == JPEG
    assert client.cover(1, cover.etag) == NotModified()
    assert client.cover(1, '"other"') == cover


def test_the_placeholder_is_no_cover(client: StashClient) -> None:
    assert client.cover(2) == NoCover()


def test_the_login_page_is_not_followed(stash: StashSimulator) -> None:
    stranger = StashClient(StashConnection(stash.url))
    with pytest.raises(StashUnauthorized):
        stranger.cover(1)
    assert stash.requests.count("GET", "/login") == 0
    stranger.close()


def test_a_redirect_to_another_host_gets_no_key(
    stash: StashSimulator, client: StashClient, tmp_path: Path
) -> None:
    with StashSimulator(config_dir=tmp_path / "other") as other:
        target = Reply(302, headers=(("Location", f"{other.url}/scene/1/screenshot"),))
        stash.faults.add(target, "/scene/1/")
        with pytest.raises(StashUnauthorized):
            client.cover(1)
        assert other.requests.count() == 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>log in</html>", "text/html"),
        Reply(200, b"", "image/jpeg"),
        Reply(404, b"Not Found", "text/plain"),
        Reply(500, b"oops", "text/plain"),
    ],
    ids=["html", "empty", "gone", "broken"],
)
def test_what_is_no_picture_is_an_error_of_the_picture(
    stash: StashSimulator, client: StashClient, reply: Reply
) -> None:
    stash.faults.add(reply, "/scene/1/")
    with pytest.raises(StashPictureError):
        client.cover(1)


def test_a_lost_connection_is_stashs_matter(stash: StashSimulator, client: StashClient) -> None:
    stash.faults.add(Drop(), "/scene/1/")
    with pytest.raises(StashUnavailable):
        client.cover(1)


def test_a_cover_without_end_is_cut_off(
    client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_COVER_BYTES", 100)
    with pytest.raises(StashPictureError, match="larger"):
        client.cover(1)


@pytest.mark.parametrize("kind", ["studio", "tag", "group"])
def test_other_objects_have_pictures_too(
    stash: StashSimulator, client: StashClient, kind: str
) -> None:
    name = "front_image" if kind == "group" else "image"
    getattr(stash.library, f"add_{kind}")("With", **{name: JPEG})
    getattr(stash.library, f"add_{kind}")("Without")
    found = client.picture(kind, 1)
    assert isinstance(found, Cover)
    assert found.content == JPEG
    assert client.picture(kind, 1, found.etag) == NotModified()
    assert client.picture(kind, 2) == NoCover()
    told = client.descriptions([(kind, 1), (kind, 2), (kind, 99)])
    assert [each and each.has_picture for each in told] == [True, False, None]


def test_objects_are_described_in_one_request(stash: StashSimulator, client: StashClient) -> None:
    stash.library.add_studio("A", details="about A")
    stash.library.add_group("B", synopsis="about B")
    stash.library.add_tag("C", description="about C")
    stash.requests.clear()
    told = client.descriptions([("studio", 1), ("group", 1), ("tag", 1)])
    assert [each and each.text for each in told] == ["about A", "about B", "about C"]
    assert all(each and each.updated_at for each in told)
    assert stash.requests.count() == 1
    assert client.descriptions([]) == []


def test_a_groups_numbers_are_by_scene(stash: StashSimulator, client: StashClient) -> None:
    one, other = stash.library.add_group("One"), stash.library.add_group("Other")
    stash.library.add_scene("A", groups=[(other, 5), (one, 2)])
    stash.library.add_scene("B", groups=[(one, None)])
    stash.library.add_scene("C", groups=[(one, 1)])
    assert client.group_numbers(one.id) == {3: 2, 5: 1}
