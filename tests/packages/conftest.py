"""Pythons without our packages, an index of wheels to install from, and the plugin's own source."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import venv
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from install import packages
from simulators.rig import Rig
from tools import package

Make = Callable[..., Rig]


@pytest.fixture(scope="session")
def wheels() -> Path:
    """All pinned packages for this Python, fetched once and kept in its virtual environment."""
    bundles = (packages.REQUIRED, packages.PILLOW)
    pinned = b"".join(Path(each.locked).read_bytes() for each in bundles)
    digest = hashlib.sha256(pinned).hexdigest()[:12]
    folder = Path(sys.prefix) / f"plexsync-wheels-{packages.python_tag()}-{digest}"
    names = {name for each in bundles for name, _ in packages.pins(each)}
    if len(list(folder.glob("*.whl"))) < len(names):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
        command += ["--dest", str(folder)]
        for each in bundles:
            command += ["-r", each.locked]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no wheels to install from: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has pip and nothing else."""
    return new_environment(tmp_path_factory.mktemp("bare"), with_pip=True)


@pytest.fixture(scope="session")
def python_without_pip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return new_environment(tmp_path_factory.mktemp("no pip"), with_pip=False)


def new_environment(folder: Path, *, with_pip: bool) -> str:
    """A virtual environment without packages; its Python."""
    venv.create(folder, with_pip=with_pip, symlinks=os.name != "nt")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    return str(programs / ("python.exe" if os.name == "nt" else "python"))


@pytest.fixture
def offline(wheels: Path) -> dict[str, str]:
    """The environment in which pip finds the wheels, and nothing else."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture
def nowhere() -> dict[str, str]:
    """The environment in which pip finds nothing."""
    return {
        "PIP_INDEX_URL": "http://somebody:password@127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_FIND_LINKS": "",
        "PIP_CONFIG_FILE": os.devnull,
    }


class Source:
    """A host for `dist/`: `build` makes a release there."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}/{package.INDEX_NAME}"

    def build(self, date_s: int = 1_700_000_000) -> Path:
        """Both files, dated as said (epoch seconds); the zip's path."""
        made = package.build(self.folder)
        index = package.write_index(made, package.release_date(environment=_dated(date_s)))
        # Stash keeps an index that isn't served as newer than the last.
        os.utime(index, (date_s, date_s))
        return made

    def add_to(self, rig: Rig) -> None:
        rig.stash.config.package_sources = {self.url: "plexsync"}

    def order(self, rig: Rig, mutation: str, *, named: bool = True) -> None:
        """installPackages, updatePackages or uninstallPackages, until Stash has done it."""
        query = (
            "mutation($packages: [PackageSpecInput!]) { job: updatePackages(type: Plugin, "
            "packages: $packages) }"
        ).replace("updatePackages", mutation)
        if mutation != "updatePackages":
            query = query.replace("PackageSpecInput!]", "PackageSpecInput!]!")
        given = [{"id": "plex_sync", "sourceURL": self.url}] if named else None
        rig.stash.wait_for_job(rig.stash.http_graphql(query, {"packages": given})["job"])


def _dated(date_s: int) -> Mapping[str, str]:
    return {package.DATE_VARIABLE: str(date_s)}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    folder = tmp_path / "dist"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Source(folder, server.server_port)
    server.shutdown()
    server.server_close()
    thread.join()
