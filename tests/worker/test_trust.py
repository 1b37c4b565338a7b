"""A household's own certificate authority: trusted where it is named, for whoever we talk to."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from commands.diagnosis import finding_lines
from commands.doctor import examine
from net.session import CarefulSession
from net.trust import also_trust
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable
from stash.stdlib_client import PlainStash
from tests.harness.sync import Desk
from worker.context import open_context


@pytest.fixture
def home(desk: Desk, authority: tuple[ssl.SSLContext, str]) -> tuple[Desk, str]:
    desk.plex.encrypt(authority[0])
    desk.configure()
    return desk, authority[1]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_by_a_variable_that_others_go_by(
    home: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    desk, certificate = home
    monkeypatch.setenv(variable, certificate)
    assert "10 synced" in desk.sync()


def test_by_the_setting(home: tuple[Desk, str]) -> None:
    desk, certificate = home
    desk.configure(ca_file=certificate)
    assert "10 synced" in desk.sync()


def checked(desk: Desk) -> str:
    with desk.context() as opened:
        return "\n".join(finding_lines(examine(opened)))


def test_the_check_says_what_is_trusted(home: tuple[Desk, str]) -> None:
    desk, certificate = home
    desk.configure(ca_file=certificate)
    assert f"is checked by the system's certificates, {certificate} (ca_file)" in checked(desk)
    desk.configure(insecure_tls=True)
    assert "the certificate of Plex isn't checked, as insecure_tls says" in checked(desk)


def test_the_check_says_what_cannot_be_read(desk: Desk, tmp_path: Path) -> None:
    desk.configure(ca_file=str(tmp_path / "gone.pem"))
    assert "PROBLEM: ca_file: no certificate could be read from" in checked(desk)
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("nothing", encoding="utf-8")
    desk.configure(ca_file=str(no_pem))
    assert "not PEM" in checked(desk)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_stash_as_well(
    desk: Desk,
    authority: tuple[ssl.SSLContext, str],
    monkeypatch: pytest.MonkeyPatch,
    is_trusted: bool,
) -> None:
    desk.rig.stash.encrypt(authority[0])
    connection = StashConnection(desk.rig.stash.url, verify_tls=True)
    if is_trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority[1])
        PlainStash(connection).check_plugin("plex_sync")
        with open_context(str(desk.rig.data_dir), connection, "plex_sync", "task") as opened:
            assert opened.stash.version() == "v0.30.0"
    else:
        with pytest.raises(StashUnavailable):
            PlainStash(connection).check_plugin("plex_sync")
        with open_context(str(desk.rig.data_dir), connection, "plex_sync", "task") as opened:
            with pytest.raises(StashUnavailable, match="certificate verify failed") as refused:
                opened.stash.version()
            assert "ca_file" in refused.value.advice


def test_what_the_public_trusts_is_trusted_still() -> None:
    session = CarefulSession(read_timeout_s=1.0)
    assert str(session.verify).endswith(".pem")
    session.close()


def test_the_setting_holds_for_stash_once_it_was_read(
    desk: Desk, authority: tuple[ssl.SSLContext, str]
) -> None:
    desk.configure(ca_file=authority[1])
    with desk.context() as opened:
        opened.settings.refresh()
    also_trust("")  # as in another process
    desk.rig.stash.encrypt(authority[0])
    connection = StashConnection(desk.rig.stash.url, verify_tls=True)
    with open_context(str(desk.rig.data_dir), connection, "plex_sync", "task") as opened:
        assert opened.stash.version() == "v0.30.0"
