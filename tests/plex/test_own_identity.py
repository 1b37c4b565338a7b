"""Our version as Plex is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plex import own_identity


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the manifest is looked for."""
    monkeypatch.setattr(own_identity, "_OWN_FOLDER", str(tmp_path))
    own_identity.own_version.cache_clear()
    yield tmp_path
    own_identity.own_version.cache_clear()


@pytest.mark.parametrize(
    ("manifest", "version"),
    [
        ("name: PlexSync\nversion: 1.2.3\nurl: x\n", "1.2.3"),
        ("name: PlexSync\nversion: '1.2'\n", "1.2"),
        ('version: "2"\r\nname: PlexSync\r\n', "2"),
        ("name: version: 3\n", own_identity.UNKNOWN_VERSION),
        ("", own_identity.UNKNOWN_VERSION),
    ],
)
def test_the_version_is_the_manifests(folder: Path, manifest: str, version: str) -> None:
    (folder / "any_name.yml").write_bytes(manifest.encode())
    assert own_identity.own_version() == version


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["gone", "not text"])
def test_without_a_manifest_it_is_unknown(folder: Path, content: bytes | None) -> None:
    """While Stash replaces the files."""
    if content is not None:
        (folder / "plex_sync.yml").write_bytes(content)
    assert own_identity.own_version() == own_identity.UNKNOWN_VERSION
