"""Stash's package manager, by the rules of its pkg/pkg."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from simulators.stash import GraphQLErrors, StashSimulator

MANIFEST = "name: Sample\nexec: [python]\n"
MONDAY, TUESDAY = "2026-01-05 00:00:00", "2026-01-06 00:00:00"


class Host:
    """Serves `files`; `modified` is the Last-Modified of the index, if any."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.modified = ""
        self.requests: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def _answer(self, *, with_body: bool) -> None:
                host.requests.append(f"{self.command} {self.path}")
                content = host.files.get(self.path)
                self.send_response(404 if content is None else 200)
                if host.modified:
                    self.send_header("Last-Modified", host.modified)
                self.end_headers()
                if with_body:
                    self.wfile.write(content or b"")

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/stable/index.yml"

    def offer(self, date: str, files: dict[str, str], sha256: str = "") -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in {"sample.yml": MANIFEST, **files}.items():
                archive.writestr(name, content)
        data = buffer.getvalue()
        self.files["/stable/zips/sample.zip"] = data
        self.files["/stable/index.yml"] = (
            f"- id: sample\n  name: Sample\n  version: 1.0\n  date: {date}\n"
            f"  path: zips/sample.zip\n  sha256: {sha256 or hashlib.sha256(data).hexdigest()}\n"
        ).encode()


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    thread = threading.Thread(target=host.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield host
    host.server.shutdown()
    host.server.server_close()
    thread.join()


@pytest.fixture
def sim(tmp_path: Path, host: Host) -> Iterator[StashSimulator]:
    with StashSimulator(config_dir=tmp_path / "config") as sim:
        sim.config.package_sources = {host.url: "nearby"}
        yield sim


def order(sim: StashSimulator, host: Host, mutation: str, package_id: str = "sample") -> None:
    query = f"""mutation($packages: [PackageSpecInput!]!) {{
        job: {mutation}(type: Plugin, packages: $packages)
    }}"""
    specs = [{"id": package_id, "sourceURL": host.url}]
    job = sim.wait_for_job(sim.graphql(query, {"packages": specs})["job"])
    assert job.status == "FINISHED"


def update_all(sim: StashSimulator) -> None:
    sim.wait_for_job(sim.graphql("mutation { job: updatePackages(type: Plugin) }")["job"])


def folder(sim: StashSimulator) -> Path:
    return sim.config.plugins_path / "nearby" / "sample"


def content(sim: StashSimulator) -> dict[str, str]:
    return {
        each.relative_to(folder(sim)).as_posix(): each.read_text()
        for each in folder(sim).rglob("*")
        if each.is_file() and each.name != "manifest"
    }


def test_installing_unpacks_lists_the_files_and_loads_the_plugin(
    sim: StashSimulator, host: Host
) -> None:
    host.offer(MONDAY, {"lib/a.py": "1"})
    order(sim, host, "installPackages")
    assert content(sim) == {"sample.yml": MANIFEST, "lib/a.py": "1"}
    assert "lib/a.py" in (folder(sim) / "manifest").read_text()
    assert [plugin.id for plugin in sim.stash.plugins.loaded] == ["sample"]
    query = "{ found: installedPackages(type: Plugin) { package_id version date sourceURL } }"
    assert sim.graphql(query)["found"] == [
        {
            "package_id": "sample",
            "version": "1.0",
            "date": "2026-01-05T00:00:00Z",
            "sourceURL": host.url,
        }
    ]


def test_a_checksum_that_differs_changes_nothing(sim: StashSimulator, host: Host) -> None:
    host.offer(MONDAY, {}, sha256="0" * 64)
    order(sim, host, "installPackages")
    assert "does not match expected SHA256" in sim.log_text()
    assert not folder(sim).exists()


@pytest.mark.parametrize(("date", "arrives"), [(MONDAY, False), (TUESDAY, True)], ids=str)
def test_only_a_later_date_is_an_update(
    sim: StashSimulator, host: Host, date: str, arrives: bool
) -> None:
    host.offer(MONDAY, {"a.py": "old"})
    order(sim, host, "installPackages")
    host.offer(date, {"a.py": "new"})
    update_all(sim)
    assert content(sim)["a.py"] == ("new" if arrives else "old")


def test_an_update_removes_what_was_listed_and_nothing_else(
    sim: StashSimulator, host: Host
) -> None:
    host.offer(MONDAY, {"gone.py": "old"})
    order(sim, host, "installPackages")
    (folder(sim) / "made by the plugin").write_text("mine")
    host.offer(TUESDAY, {"a.py": "new"})
    update_all(sim)
    assert set(content(sim)) == {"sample.yml", "a.py", "made by the plugin"}


@pytest.mark.parametrize("extra", [{}, {"lib/a.py": "1"}], ids=["flat", "with a folder"])
def test_uninstalling_leaves_a_folder_that_is_not_empty(
    sim: StashSimulator, host: Host, extra: dict[str, str]
) -> None:
    host.offer(MONDAY, extra)
    order(sim, host, "installPackages")
    order(sim, host, "uninstallPackages")
    assert sim.stash.plugins.loaded == []
    assert folder(sim).exists() == bool(extra)
    assert [each for each in folder(sim).rglob("*") if each.is_file()] == []


def test_an_index_is_read_again_only_if_it_is_newer(sim: StashSimulator, host: Host) -> None:
    host.modified = "Mon, 05 Jan 2026 00:00:00 GMT"
    host.offer(MONDAY, {"a.py": "old"})
    order(sim, host, "installPackages")
    host.offer(TUESDAY, {"a.py": "new"})
    update_all(sim)
    assert content(sim)["a.py"] == "old"
    host.modified = "Tue, 06 Jan 2026 00:00:00 GMT"
    update_all(sim)
    assert content(sim)["a.py"] == "new"


def test_a_source_that_does_not_answer_is_an_error(sim: StashSimulator, host: Host) -> None:
    query = "query($url: String!) { availablePackages(type: Plugin, source: $url) { name } }"
    with pytest.raises(GraphQLErrors, match="failed to get package list"):
        sim.graphql(query, {"url": host.url})


def test_an_unknown_package_is_an_error_in_the_log(sim: StashSimulator, host: Host) -> None:
    host.offer(MONDAY, {})
    order(sim, host, "installPackages", "another")
    assert "Error installing package another" in sim.log_text()
