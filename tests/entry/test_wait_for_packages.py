"""The worker's patience while its packages are missing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from entry import bootstrap, wait_for_packages
from entry.wait_for_packages import FIRST_PAUSE_S, LONGEST_PAUSE_S, keep_trying
from install import packages
from install.installer import InstallFailed
from install.packages import REQUIRED
from jobs.store import JobStore, open_job_database
from stash.protocol import Invocation


class Story:
    """Attempts that fail until told otherwise, in a time that passes by waiting only."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.attempts: list[float] = []
        self.there_at_s = float("inf")
        self.wanted_until_s = float("inf")
        self.works_at_s = float("inf")
        self.outdated_at_s = float("inf")
        self.stop = _Stop(self)

    def attempt(self) -> None:
        self.attempts.append(self.now_s)
        if self.now_s < self.works_at_s:
            raise InstallFailed("The index is down.", "Wait.")

    def run(self) -> bool:
        return keep_trying(
            self.attempt,
            lambda: self.now_s >= self.there_at_s,
            lambda: self.now_s < self.wanted_until_s,
            self.stop,
            lambda: self.now_s >= self.outdated_at_s,
        )


class _Stop(threading.Event):
    def __init__(self, story: Story) -> None:
        super().__init__()
        self._story = story
        self.at_s = float("inf")

    def wait(self, timeout: float | None = None) -> bool:
        self._story.now_s += timeout or 0.0
        return self._story.now_s >= self.at_s


@pytest.fixture
def story() -> Story:
    return Story()


def test_it_tries_again_with_growing_pauses_up_to_a_limit(story: Story) -> None:
    story.works_at_s = 5 * LONGEST_PAUSE_S
    assert story.run()
    pauses = [b - a for a, b in zip(story.attempts[:-1], story.attempts[1:], strict=True)]
    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_the_same_reason_is_told_once(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    story.works_at_s = 1000.0
    with caplog.at_level(logging.ERROR):
        story.run()
    assert len(story.attempts) > 2
    assert [record.getMessage() for record in caplog.records] == [
        "The index is down. Changes wait meanwhile, and PlexSync tries again by itself. Wait."
    ]


def test_what_somebody_has_installed_is_noticed_between_attempts(story: Story) -> None:
    story.there_at_s = 20.0
    assert story.run()
    assert (story.now_s, len(story.attempts)) == (20.0, 1)


@pytest.mark.parametrize(
    "give_up",
    [
        lambda story: setattr(story, "wanted_until_s", 30.0),
        lambda story: setattr(story.stop, "at_s", 30.0),
        lambda story: setattr(story, "outdated_at_s", 30.0),
    ],
    ids=["the plugin is disabled", "told to stop", "the plugin was replaced"],
)
def test_it_ends_when_nobody_needs_it(story: Story, give_up: Callable[[Story], None]) -> None:
    give_up(story)
    assert not story.run()
    assert len(story.attempts) == 1


def test_a_list_of_packages_that_is_being_replaced_is_no_reason_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = REQUIRED._replace(locked=str(tmp_path / "requirements-locked.txt"))
    monkeypatch.setattr(wait_for_packages, "REQUIRED", missing)
    assert not wait_for_packages._are_there(str(tmp_path), own_only=False)


def test_a_second_manifest_is_told_before_anybody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root_handlers: None
) -> None:
    """And not as a bug: Stash loads it as another plugin."""
    monkeypatch.setattr(packages, "activate", lambda *_, **__: False)
    plugin_dir = tmp_path / "plugins"
    plugin_dir.mkdir()
    for name in ("plex_sync.yml", "other.yml"):
        (plugin_dir / name).touch()
    invocation = Invocation({"Dir": str(tmp_path), "PluginDir": str(plugin_dir)}, {})
    assert bootstrap.run_worker(invocation) == 1
    with closing(open_job_database(invocation.data_dir)) as database:
        ((letter, line),) = JobStore(database).take_log_lines()
    assert letter == "e"
    assert line.startswith("the worker cannot work: expected exactly one .yml file in ")
