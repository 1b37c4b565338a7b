"""Pictures, placeholders, and the files of plugins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulators.stash import StashLibrary, StashSimulator
from simulators.stash.images import PERFORMER_PLACEHOLDERS, PLACEHOLDER, content_type
from simulators.stash.sample_plugins import write_plugin

JPEG = b"\xff\xd8\xff\xe0 a cover"
PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    library = StashLibrary()
    library.add_scene("with", cover=JPEG)
    library.add_scene("without")
    library.add_performer("with", image=PNG)
    library.add_performer("without")
    library.add_studio("s")
    library.add_tag("t")
    library.add_group("g", front_image=JPEG, back_image=PNG)
    with StashSimulator(library, config_dir=tmp_path / "config") as sim:
        yield sim


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=10)


def test_a_cover_and_the_placeholder_both_answer_200(sim: StashSimulator) -> None:
    cover = get(f"{sim.url}/scene/1/screenshot")
    placeholder = get(f"{sim.url}/scene/2/screenshot?t=1")

    assert (cover.status_code, cover.headers["Content-Type"]) == (200, "image/jpeg")
    assert cover.content == JPEG
    assert cover.headers["Cache-Control"] == "no-cache"
    assert (placeholder.status_code, placeholder.headers["Content-Type"]) == (200, "image/svg+xml")
    assert placeholder.headers["Cache-Control"].endswith("immutable")
    assert get(f"{sim.url}/scene/3/screenshot").status_code == 404


def test_the_etag_tells_whether_the_picture_changed(sim: StashSimulator) -> None:
    url = f"{sim.url}/scene/1/screenshot"
    etag = get(url).headers["ETag"]
    sim.update_scene({"id": 1, "title": "another"})
    unchanged = get(url, **{"If-None-Match": f"W/{etag}"})
    sim.library.update(sim.library.scene(1), cover=PNG)
    changed = get(url, **{"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert not {"Content-Type", "Content-Length"} & unchanged.headers.keys()
    assert (changed.status_code, changed.content) == (200, PNG)


def test_addresses_of_placeholders_are_marked_except_for_scenes(sim: StashSimulator) -> None:
    data = sim.graphql("""{
        a: findPerformer(id: 1) { image_path } b: findPerformer(id: 2) { image_path }
        c: findStudio(id: 1) { image_path } d: findTag(id: 1) { image_path }
        e: findGroup(id: 1) { front_image_path back_image_path }
        f: findScene(id: 2) { paths { screenshot } }
    }""")
    group = data["e"]

    assert "default" not in data["a"]["image_path"] + data["f"]["paths"]["screenshot"]
    for key, content in (("b", PERFORMER_PLACEHOLDERS[0]), ("c", PLACEHOLDER), ("d", PLACEHOLDER)):
        assert data[key]["image_path"].endswith("&default=true")
        assert get(data[key]["image_path"]).content == content
    assert get(data["a"]["image_path"]).content == PNG
    assert get(group["front_image_path"]).content == JPEG
    assert get(group["back_image_path"]).content == PNG


def test_a_data_url_sets_a_cover_and_null_leaves_it(sim: StashSimulator) -> None:
    sim.update_scene({"id": 2, "cover_image": "data:image/png;base64,iVBORw0KGgo="})
    assert get(f"{sim.url}/scene/2/screenshot").content == b"\x89PNG\r\n\x1a\n"

    sim.update_scene({"id": 2, "cover_image": None})
    assert sim.library.scene(2).cover == b"\x89PNG\r\n\x1a\n"


def test_pictures_take_only_get_and_numbers(sim: StashSimulator) -> None:
    url = f"{sim.url}/scene/1/screenshot"
    for refused in (requests.head(url, timeout=10), requests.post(url, timeout=10)):
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET")
    assert get(f"{sim.url}/scene/x/screenshot").status_code == 400
    assert get(f"{sim.url}/performer/1/image?default=true").headers["Content-Type"] == "image/png"


def test_generated_media_are_not_there(sim: StashSimulator) -> None:
    for name in ("preview", "webp", "stream"):
        assert get(f"{sim.url}/scene/1/{name}").status_code == 404


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg/>", "image/svg+xml"),
        (b"\x00\x01\x02", "application/octet-stream"),
    ],
)
def test_types_are_sniffed(image: bytes, name: str) -> None:
    assert content_type(image) == name


def test_files_of_a_plugin(sim: StashSimulator, tmp_path: Path) -> None:
    ui = {
        "javascript": ["a.js", "https://elsewhere/x.js", "b.js"],
        "css": ["a.css"],
        "assets": {"/": "public"},
    }
    source = write_plugin(tmp_path / "s", ui=ui)
    for name in ("a.js", "b.js", "a.css", "secret.txt", "public/page.html"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(name)
    sim.install_plugin(source, "ui")
    base = f"{sim.url}/plugin/ui"

    assert get(f"{base}/javascript").text == "a.js\nb.js"
    assert get(f"{base}/css").text == "a.css"
    assert get(f"{base}/assets/page.html").text == "public/page.html"
    assert get(f"{base}/assets/%2e%2e/secret.txt").status_code == 404
    sim.graphql("mutation { setPluginsEnabled(enabledMap: {ui: false}) }")
    assert get(f"{base}/javascript").status_code == 404
