"""Stash without any package: what the worker asks while it waits for them."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.faults import Reply
from simulators.rig import TREE
from simulators.stash import StashSimulator
from simulators.stash.sample_plugins import write_plugin
from simulators.stash.sessions import Session
from stash.connection import StashConnection
from stash.exceptions import PluginDisabled, StashUnauthorized, StashUnavailable
from stash.stdlib_client import MOST_BYTES, PlainStash


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(
        config_dir=tmp_path / "config", username="keeper", password="a password"
    ) as sim:
        sim.install_plugin(write_plugin(tmp_path / "source"), "sample")
        yield sim


def asked_with(sim: StashSimulator, cookie: str) -> PlainStash:
    return PlainStash(StashConnection(sim.url, cookie=cookie))


@pytest.fixture
def plain(sim: StashSimulator) -> PlainStash:
    return asked_with(sim, sim.stash.sessions.cookie_value(Session("keeper")))


def test_an_operation_is_run(sim: StashSimulator, plain: PlainStash) -> None:
    plain.run_operation("sample", {"mode": "relay_log"})
    (run,) = sim.plugin_runs
    assert (run.kind, run.args) == ("operation", {"mode": "relay_log"})


def test_the_plugin_is_asked_for_and_the_session_stays_fresh(
    sim: StashSimulator, plain: PlainStash
) -> None:
    first = plain.cookie
    sim.library.clock = lambda: 4_000_000_000.0
    with pytest.raises(StashUnauthorized):
        plain.check_plugin("sample")
    sim.library.clock = lambda: 3_000_000_000.0
    newer = asked_with(sim, sim.stash.sessions.cookie_value(Session("keeper")))
    newer.check_plugin("sample")
    assert newer.cookie not in ("", first)


def test_a_disabled_plugin_is_told(sim: StashSimulator, plain: PlainStash) -> None:
    sim.config.disabled_plugins = ["sample"]
    with pytest.raises(PluginDisabled):
        plain.check_plugin("sample")


def test_a_wrong_session_is_refused(sim: StashSimulator) -> None:
    with pytest.raises(StashUnauthorized):
        asked_with(sim, "not a session").check_plugin("sample")


@pytest.mark.parametrize("reply", [Reply(502, b"<html>"), Reply(200, b"<html>"), Reply(302)])
def test_anything_but_data_is_stashs_matter(
    sim: StashSimulator, plain: PlainStash, reply: Reply
) -> None:
    sim.faults.add(reply, "POST")
    with pytest.raises(StashUnavailable):
        plain.check_plugin("sample")


def test_a_stash_that_is_off_is_told(sim: StashSimulator, plain: PlainStash) -> None:
    sim.stop()
    with pytest.raises(StashUnavailable):
        plain.check_plugin("sample")


def test_an_unknown_certificate_will_do_only_where_none_is_verified(
    sim: StashSimulator, self_signed: ssl.SSLContext
) -> None:
    sim.encrypt(self_signed)
    cookie = sim.stash.sessions.cookie_value(Session("keeper"))
    given = {"Scheme": "https", "Host": "0.0.0.0", "Port": sim.port}
    connection = StashConnection.from_plugin_input({**given, "SessionCookie": {"Value": cookie}})
    PlainStash(connection).check_plugin("sample")
    sim.requests.clear()
    with pytest.raises(StashUnavailable, match="SSLCertVerificationError"):
        PlainStash(replace(connection, verify_tls=True)).check_plugin("sample")
    assert sim.requests.count() == 0


def test_nothing_of_what_installs_the_packages_needs_them() -> None:
    """In a process of its own, which finds the standard library and us, and nothing else."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import entry.bootstrap, entry.dispatch"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(TREE)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_of_an_answer_that_is_too_large_nothing_is_believed(
    sim: StashSimulator, plain: PlainStash
) -> None:
    padding = b" " * MOST_BYTES
    answer = b'{"data": {"plugins": [{"id": "sample", "enabled": true}]}}'
    plugins = Reply(200, answer + padding, "application/json")
    sim.faults.add(plugins, "POST /graphql")
    with pytest.raises(StashUnavailable):
        plain.check_plugin("sample")
