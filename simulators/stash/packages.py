"""Stash's package manager for plugins: sources, installing, updating, removing (its pkg/pkg).

What fails is logged, and the job that did it ends as FINISHED all the same.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import yaml

from simulators.stash.config import Config
from simulators.stash.jobs import Job, Jobs
from simulators.stash.log import Log
from simulators.stash.plugins import Plugins

MANIFEST = "manifest"
_DATE = "%Y-%m-%d %H:%M:%S"
_NEVER = datetime(1, 1, 1, tzinfo=timezone.utc)

Spec = tuple[str, str]  # id, address of the source


class PackageError(Exception):
    """The text is what Stash would log."""


@dataclass(frozen=True, slots=True)
class Package:
    """An entry of a source's index, or what the manifest of an installed package says.

    `date` is in UTC, None if there is none; `files` are relative to the package's folder.
    """

    id: str
    name: str
    version: str
    date: datetime | None
    source_url: str
    path: str = ""
    sha256: str = ""
    requires: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def is_newer_than(self, other: Package) -> bool:
        """By date alone; the version is for people."""
        return (self.date or _NEVER) > (other.date or _NEVER)


class PackageManager:
    """The packages of one Stash. An index is kept until its Last-Modified is later."""

    def __init__(self, config: Config, log: Log, jobs: Jobs, plugins: Plugins) -> None:
        self._config = config
        self._log = log
        self._jobs = jobs
        self._plugins = plugins
        self._cache: dict[str, tuple[datetime, list[Package]]] = {}

    def available(self, source_url: str) -> dict[Spec, Package]:
        """Raises PackageError."""
        try:
            listed = self._index(source_url)
        except (PackageError, ValueError, yaml.YAMLError) as error:
            raise PackageError(f"failed to get package list: {error}") from error
        newest: dict[Spec, Package] = {}
        for each in listed:
            known = newest.get((each.id, source_url))
            if known is None or not known.is_newer_than(each):
                newest[each.id, source_url] = each
        return newest

    def installed(self) -> list[Package]:
        found = []
        for local_path in self._config.package_sources.values():
            folder = self._config.plugins_path / local_path
            for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
                found.append(_read_manifest(manifest))
        return sorted(found, key=lambda each: each.id.lower())

    def upgradable(self) -> list[Package]:
        """What a source has a later one of, as it is there."""
        offers = []
        for local in self.installed():
            remote = self.available(local.source_url).get((local.id, local.source_url))
            if remote is not None and remote.is_newer_than(local):
                offers.append(remote)
        return offers

    # Jobs

    def install(self, specs: Sequence[Spec]) -> Job:
        return self._queue("Installing packages...", "Install", lambda: specs, self._install)

    def update(self, specs: Sequence[Spec]) -> Job:
        """Those that are named, whatever their dates; without names all that have an update."""

        def named() -> Iterable[Spec]:
            return specs or [(each.id, each.source_url) for each in self.upgradable()]

        return self._queue("Updating packages...", "Updat", named, self._install)

    def uninstall(self, specs: Sequence[Spec]) -> Job:
        return self._queue("Updating packages...", "Uninstall", lambda: specs, self._uninstall)

    def _queue(
        self,
        description: str,
        verb: str,
        specs: Callable[[], Iterable[Spec]],
        work: Callable[[Spec], None],
    ) -> Job:
        def run(job: Job) -> None:
            for spec in specs():
                if job.cancelled.is_set():
                    return
                self._log.add("info", f"{verb}ing package {spec[0]}")
                try:
                    work(spec)
                except PackageError as error:
                    origin = "" if verb == "Uninstall" else f" from {spec[1]}"
                    self._log.add(
                        "error", f"Error {verb.lower()}ing package {spec[0]}{origin}: {error}"
                    )
            self._plugins.reload()

        return self._jobs.add(description, run)

    def _install(self, spec: Spec) -> None:
        package = self.available(spec[1]).get(spec)
        if package is None:
            raise PackageError("runtime error: invalid memory address or nil pointer dereference")
        data, _ = _fetch(urljoin(package.source_url, package.path))
        found = hashlib.sha256(data).hexdigest()
        if found != package.sha256:
            raise PackageError(
                f"package data ({found}) does not match expected SHA256 ({package.sha256})"
            )
        folder = self._folder(spec)
        if (folder / MANIFEST).exists():
            _delete_files(folder)
        _unpack(folder, data, package)

    def _uninstall(self, spec: Spec) -> None:
        folder = self._folder(spec)
        _delete_files(folder)
        # Folders that the zip had are not in its manifest's list, so they keep this one.
        with suppress(OSError):
            folder.rmdir()

    def _folder(self, spec: Spec) -> Path:
        """A source that isn't configured has its packages right in the plugins folder."""
        config = self._config
        return config.plugins_path / config.package_sources.get(spec[1], "") / spec[0]

    def _index(self, url: str) -> list[Package]:
        if url in self._cache:
            _, modified = _fetch(url, method="HEAD")
            if modified is not None and modified <= self._cache[url][0]:
                return self._cache[url][1]
        content, modified = _fetch(url)
        listed = [_package(entry, url) for entry in yaml.load(content, yaml.BaseLoader) or ()]
        self._cache[url] = (modified or _NEVER, listed)
        return listed


def _package(entry: dict[str, Any], source_url: str) -> Package:
    date = entry.get("date")
    return Package(
        id=entry.get("id", ""),
        name=entry.get("name", ""),
        version=entry.get("version", ""),
        date=datetime.strptime(date, _DATE).replace(tzinfo=timezone.utc) if date else None,
        source_url=source_url,
        path=entry.get("path", ""),
        sha256=entry.get("sha256", ""),
        requires=tuple(entry.get("requires") or ()),
        metadata=dict(entry.get("metadata") or {}),
        files=tuple(entry.get("files") or ()),
    )


def _read_manifest(path: Path) -> Package:
    entry = yaml.load(path.read_bytes(), yaml.BaseLoader)
    return _package(entry, entry["source_repository"])


def _delete_files(folder: Path) -> None:
    manifest = folder / MANIFEST
    if not manifest.exists():
        raise PackageError(f"getting manifest: reading manifest file {manifest}: no such file")
    for name in _read_manifest(manifest).files:
        (folder / name).unlink(missing_ok=True)
    manifest.unlink()


def _unpack(folder: Path, data: bytes, package: Package) -> None:
    names = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            name = str(PurePosixPath(info.filename))
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(info))
            target.chmod(info.external_attr >> 16 & 0o777)
            names.append(name)
    content = {
        "id": package.id,
        "name": package.name,
        "metadata": package.metadata,
        "version": package.version,
        "date": package.date.strftime(_DATE) if package.date else "",
        "requires": [],
        "source_repository": package.source_url,
        "files": names,
    }
    (folder / MANIFEST).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _fetch(url: str, method: str = "GET") -> tuple[bytes, datetime | None]:
    """What is there, and since when if the host says so."""
    try:
        with urlopen(Request(url, method=method)) as response:
            since = response.headers.get("Last-Modified")
            return response.read(), parsedate_to_datetime(since) if since else None
    except HTTPError as error:
        error.close()
        raise PackageError(f"failed to get remote file: {error.code} {error.reason}") from error
    except OSError as error:
        raise PackageError(f"failed to get remote file: {error}") from error
