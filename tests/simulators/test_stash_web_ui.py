"""What a browser gets of the simulated Stash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from simulators.stash import StashSimulator
from simulators.stash.web_ui import EMPTY_PAGE, POLICY


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    ui = tmp_path / "ui"
    ui.mkdir()
    (ui / "index.html").write_text('<base href="/" /><p>a page</p>')
    (ui / "host.js").write_text("1;")
    (tmp_path / "secret.js").write_text("2;")
    with StashSimulator(config_dir=tmp_path, ui_folder=ui) as simulator:
        yield simulator


def test_every_address_without_an_ending_is_the_page_with_the_content_policy(
    sim: StashSimulator,
) -> None:
    for path in ("/", "/scenes/1", "/plugins/plexsync?tab=log"):
        with urlopen(sim.url + path) as response:
            assert b"a page" in response.read()
            assert response.headers["Content-Security-Policy"] == POLICY


def test_behind_a_proxy_the_page_knows_its_prefix(sim: StashSimulator) -> None:
    asked = Request(f"{sim.url}/scenes", headers={"X-Forwarded-Prefix": "/films/"})
    with urlopen(asked) as response:
        assert b'<base href="/films/"' in response.read()


def test_its_files_are_served_and_no_others(sim: StashSimulator) -> None:
    with urlopen(f"{sim.url}/assets/host.js") as response:
        assert response.read() == b"1;"
    for path in ("/assets/other.js", "/assets/../secret.js", "/assets/%2e%2e/secret.js"):
        with pytest.raises(HTTPError, match="404"):
            urlopen(sim.url + path)


def test_without_a_user_interface_the_pages_are_empty(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path) as sim, urlopen(sim.url) as response:
        assert response.read() == EMPTY_PAGE
