"""From nothing to synced without anybody seeing a token."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from plex.own_identity import PLEX_TV_VARIABLE
from simulators.plex_tv import VALID_S, PlexTvSimulator, owned
from simulators.rig import PLUGIN_ID, Rig

SIGN_IN = "Sign in to Plex"


@pytest.fixture
def rig(make_rig: Callable[..., Rig], plex_tv: PlexTvSimulator) -> Rig:
    """The plugin is installed and nothing is set; the account owns the Plex."""
    made = make_rig(count=3, settings={}, environment={PLEX_TV_VARIABLE: plex_tv.url})
    plex_tv.account.resources = [owned(made.plex)]
    return made


def shown_code(rig: Rig) -> str:
    """What a user reads in Stash's log."""
    rig.until(lambda: "enter the code" in rig.stash.log_text(), "a code in the log")
    found = re.search(r"https://plex\.tv/link .* enter the code (\w+)", rig.stash.log_text())
    assert found
    return found[1]


def run_task(rig: Rig, name: str) -> str:
    before = len(rig.stash.log)
    rig.stash.wait_for_job(rig.stash.run_task(name), 60)
    return "\n".join(line.text for line in rig.stash.log[before:])


def test_sign_in_check_edit_and_plex_is_right(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    assert "plex_url is missing" in run_task(rig, "Check set-up")
    job = rig.stash.run_task(SIGN_IN)
    plex_tv.link(shown_code(rig))
    rig.stash.wait_for_job(job, 60)
    assert "Signed in to the Plex server Home" in rig.stash.log_text()
    assert rig.stash.config.plugin_settings[PLUGIN_ID] == {"plex_url": rig.plex.url}
    kept = rig.data_dir / "plex-token"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (rig.plex.token, 0o600)
    assert "Everything is in order." in run_task(rig, "Check set-up")
    rig.stash.update_scene({"id": 2, "title": "Edited in Stash"})
    rig.until(lambda: rig.title(2) == "Edited in Stash", "the edit in Plex")


def test_a_worker_that_waits_for_the_settings_goes_on_by_itself(
    rig: Rig, plex_tv: PlexTvSimulator
) -> None:
    rig.stash.update_scene({"id": 1, "title": "Edited before"})
    rig.until(lambda: "plex_url is missing" in rig.stash.log_text(), "the worker's message")
    job = rig.stash.run_task(SIGN_IN)
    plex_tv.link(shown_code(rig))
    rig.stash.wait_for_job(job, 60)
    rig.until(lambda: rig.title(1) == "Edited before", "the edit in Plex")


def test_a_task_that_nobody_answers_can_be_stopped(rig: Rig) -> None:
    job = rig.stash.run_task(SIGN_IN)
    shown_code(rig)
    rig.stash.stop_job(job)
    rig.stash.wait_for_job(job, 60)
    assert PLUGIN_ID not in rig.stash.config.plugin_settings


def test_a_code_that_expires_ends_the_task_with_advice(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    job = rig.stash.run_task(SIGN_IN)
    shown_code(rig)
    real = plex_tv.clock
    plex_tv.clock = lambda: real() + VALID_S
    rig.stash.wait_for_job(job, 60)
    text = rig.stash.log_text()
    assert "the code has expired and nobody is signed in. Start it again" in text
    assert "Traceback" not in text + rig.log_file()


def test_without_plex_tv_the_way_by_hand_is_named(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    plex_tv.stop()
    text = run_task(rig, SIGN_IN)
    assert "plex.tv does not answer: Connection refused" in text
    assert "set plex_url and plex_token by hand" in text
    assert "Traceback" not in text + rig.log_file()
