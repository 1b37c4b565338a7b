"""Whose sources decide what is written: after a change in these every scene is compared once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import fingerprint
from pipeline.fingerprint import RULES, own_rules, sources_of
from simulators.rig import TREE
from tools.package import PACKAGES

# What carries, keeps, tells or starts, and decides nothing of what Plex shows.
NO_RULES = (
    *("check", "commands", "entry", "install", "jobs", "ledger", "logs", "net", "page", "rest"),
    *("playback", "storage", "trial", "worker"),
    *("matching/index.py", "matching/index_rows.py", "matching/index_store.py"),
    *("matching/indexing.py", "matching/learned_store.py", "matching/left_out.py"),
    *("matching/libraries.py", "matching/narrowing.py", "matching/overview.py"),
    *("pictures/pillow.py", "pictures/upload_pool.py"),
    *(
        "pipeline/expand.py",
        "pipeline/follow_up.py",
        "pipeline/freshness.py",
        "pipeline/forget_gone.py",
    ),
    *("pipeline/outcome.py", "pipeline/preempt.py", "pipeline/scan.py", "pipeline/scene_sync.py"),
    *("pipeline/sending.py", "pipeline/stores.py", "pipeline/unmanaged.py", "pipeline/writer.py"),
    *("plex/addresses.py", "plex/client.py", "plex/discovery.py", "plex/exceptions.py"),
    *("plex/greeting.py", "plex/own_identity.py", "plex/multiget.py", "plex/plex_tv.py"),
    *("plex/probe.py", "plex/readable.py", "plex/write_limit.py"),
    *("stash/activity.py", "stash/client.py", "stash/connection.py", "stash/exceptions.py"),
    *("stash/folders.py", "stash/log_lines.py", "stash/overview.py", "stash/pictures.py"),
    *("stash/protocol.py", "stash/public_access.py", "stash/task_arguments.py"),
    *("stash/queries.py", "stash/stdlib_client.py", "stash/transport.py"),
)


@pytest.fixture
def digest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forgets the digest of other tests, and this one's afterwards."""
    own_rules.cache_clear()
    yield
    monkeypatch.undo()
    own_rules.cache_clear()


def sources() -> list[str]:
    return [
        path.relative_to(TREE).as_posix()
        for package in PACKAGES
        for path in sorted((TREE / package).rglob("*.py"))
        if path.name != "__init__.py"
    ]


@pytest.mark.parametrize("source", sources())
def test_a_module_decides_or_it_does_not(source: str) -> None:
    """Whoever adds one has to say which."""
    named = [
        each for each in (*RULES, *NO_RULES) if source == each or source.startswith(f"{each}/")
    ]
    assert len(named) == 1


@pytest.mark.parametrize("rule", RULES)
def test_what_is_named_is_there(rule: str) -> None:
    found = sources_of(rule)
    assert found
    assert all(each.is_file() for each in found)


@pytest.mark.usefixtures("digest")
@pytest.mark.parametrize(
    ("changed", "counts"),
    [("sync/merge.py", True), ("plex/matcher.py", True), ("commands/status.py", False)],
)
def test_only_what_decides_makes_every_scene_be_compared(
    changed: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = own_rules()
    for source in sources():
        copy = tmp_path / source
        copy.parent.mkdir(exist_ok=True, parents=True)
        copy.write_bytes((TREE / source).read_bytes())
    for package in PACKAGES:
        (tmp_path / package / "__init__.py").write_bytes(
            (TREE / package / "__init__.py").read_bytes()
        )
    (tmp_path / changed).write_bytes(b"# Another word.\n" + (TREE / changed).read_bytes())
    monkeypatch.setattr(fingerprint, "OWN_FOLDER", str(tmp_path))
    own_rules.cache_clear()
    assert (own_rules() != before) == counts


@pytest.mark.usefixtures("digest")
def test_a_folder_below_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "OWN_FOLDER", str(tmp_path))
    monkeypatch.setattr(fingerprint, "RULES", ("sync",))
    (tmp_path / "sync" / "below").mkdir(parents=True)
    digests = set()
    for content in (b"one", b"two"):
        (tmp_path / "sync" / "below" / "rule.py").write_bytes(content)
        own_rules.cache_clear()
        digests.add(own_rules())
    assert len(digests) == 2
