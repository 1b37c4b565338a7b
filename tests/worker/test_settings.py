"""Settings that are read again and again, and told about once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from errors import SettingsError
from stash.exceptions import StashUnavailable
from storage.token_file import TokenFile
from validation.config import PlexSyncConfig
from worker.settings import Settings


class Stored:
    """What Stash has stored; change it as a user does."""

    def __init__(self, **settings: Any) -> None:
        self.settings = {"plex_url": "http://plex:32400", "plex_token": "token", **settings}
        self.outage = False

    def read(self) -> dict[str, Any]:
        if self.outage:
            raise StashUnavailable("down")
        return dict(self.settings)

    def write(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)


def test_a_fixed_configuration_is_never_read() -> None:
    config = PlexSyncConfig.model_validate({"plex_url": "http://plex", "plex_token": "token"})
    settings = Settings(config)
    assert not settings.refresh()
    assert settings.config is config


def test_before_the_first_look_there_is_no_configuration() -> None:
    with pytest.raises(SettingsError):
        _ = Settings(read=Stored().read).config


def test_a_change_is_noticed_once() -> None:
    stored = Stored()
    settings = Settings(read=stored.read)
    assert [settings.refresh(), settings.refresh()] == [True, False]
    stored.settings["concurrency"] = 8
    assert [settings.refresh(), settings.refresh()] == [True, False]
    assert settings.config.concurrency == 8


def test_problems_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    stored = Stored(tags_as="both ways")
    settings = Settings(read=stored.read)
    with caplog.at_level(logging.WARNING, "worker.settings"):
        for _ in range(3):
            settings.refresh()
            stored.settings["concurrency"] = stored.settings.get("concurrency", 1) + 1
    assert len(caplog.messages) == 1
    assert "tags_as" in caplog.messages[0]


def test_wrong_settings_are_an_error_each_time_until_they_are_corrected() -> None:
    stored = Stored(plex_url="nowhere")
    settings = Settings(read=stored.read)
    for _ in range(2):
        with pytest.raises(SettingsError, match="plex_url"):
            settings.refresh()
    with pytest.raises(SettingsError):
        _ = settings.config
    stored.settings["plex_url"] = "http://plex:32400"
    assert settings.refresh()


def test_settings_that_become_wrong_are_not_used_any_more() -> None:
    stored = Stored()
    settings = Settings(read=stored.read)
    settings.refresh()
    stored.settings["plex_token"] = ""
    with pytest.raises(SettingsError):
        settings.refresh()
    with pytest.raises(SettingsError):
        _ = settings.config


def test_settings_that_cannot_be_read_stay_as_they_were() -> None:
    stored = Stored(concurrency=8)
    settings = Settings(read=stored.read)
    settings.refresh()
    stored.outage = True
    with pytest.raises(StashUnavailable):
        settings.refresh()
    assert settings.config.concurrency == 8


def test_what_overrides_counts_and_is_never_stored() -> None:
    stored = Stored(concurrency=2)
    settings = Settings(
        read=stored.read, write=stored.write, overrides={"plex_url": "http://other:32400"}
    )
    settings.refresh()
    assert (settings.config.plex_url, settings.config.concurrency) == ("http://other:32400", 2)
    assert settings.stored()["plex_url"] == "http://other:32400"
    settings.change({"plex_token": "another"})
    assert stored.settings == {
        "plex_url": "http://plex:32400",
        "plex_token": "another",
        "concurrency": 2,
    }


def test_a_change_that_is_not_kept_is_an_error_that_names_the_setting() -> None:
    settings = Settings(read=Stored().read, write=lambda _settings: None)
    with pytest.raises(SettingsError, match="did not keep the settings plex_token"):
        settings.change({"plex_token": "another"})


def test_a_fixed_configuration_cannot_be_changed() -> None:
    config = PlexSyncConfig.model_validate({"plex_url": "http://plex", "plex_token": "token"})
    with pytest.raises(SettingsError, match="fixed"):
        Settings(config).change({"plex_token": "another"})


def test_a_token_in_another_setting_is_not_repeated() -> None:
    token = "abcdefghij0123456789"
    stored = {"plex_url": "http://p:1", "plex_token": token, "tags_as": token}
    settings = Settings(read=lambda: stored)
    settings.refresh()
    assert settings.problems
    assert token not in str(settings.problems)


def with_file(stored: Stored, folder: Path, **overrides: Any) -> Settings:
    return Settings(
        read=stored.read, write=stored.write, overrides=overrides, token_file=TokenFile(str(folder))
    )


def token_of(settings: Settings) -> str:
    settings.refresh()
    return settings.config.plex_token.get_secret_value()


def test_the_token_is_what_was_given_else_what_was_typed_else_what_is_kept(tmp_path: Path) -> None:
    stored = Stored()
    TokenFile(str(tmp_path)).write("kept")
    given = with_file(stored, tmp_path, plex_token="given")
    assert (token_of(given), given.token_source) == ("given", "given")
    settings = with_file(stored, tmp_path)
    assert (token_of(settings), settings.token_source) == ("token", "settings")
    stored.settings["plex_token"] = ""
    assert (token_of(settings), settings.token_source) == ("kept", "file")


def test_another_kept_token_is_a_change_that_is_noticed(tmp_path: Path) -> None:
    stored = Stored(plex_token="")
    settings = with_file(stored, tmp_path)
    with pytest.raises(SettingsError, match="plex_token is missing"):
        settings.refresh()
    TokenFile(str(tmp_path)).write("kept")
    assert settings.refresh()
    first = settings.digest
    assert not settings.refresh()
    TokenFile(str(tmp_path)).write("another")
    assert settings.refresh()
    assert settings.digest != first


def test_a_token_is_in_its_file_before_it_leaves_the_settings(tmp_path: Path) -> None:
    stored = Stored(concurrency=2)
    seen: list[str] = []

    def write(settings: Mapping[str, Any]) -> None:
        seen.append(TokenFile(str(tmp_path)).read())
        stored.write(settings)

    settings = Settings(read=stored.read, write=write, token_file=TokenFile(str(tmp_path)))
    assert settings.move_token()
    assert seen == ["token"]
    assert stored.settings["plex_token"] == ""
    assert stored.settings["concurrency"] == 2
    assert not settings.move_token()
    assert token_of(settings) == "token"


def test_a_stash_that_does_not_let_go_of_the_token_is_told(tmp_path: Path) -> None:
    stored = Stored()
    settings = Settings(
        read=stored.read, write=lambda _settings: None, token_file=TokenFile(str(tmp_path))
    )
    with pytest.raises(SettingsError, match="did not keep the settings plex_token"):
        settings.move_token()
    assert token_of(settings) == "token"


def test_a_setting_can_be_unset() -> None:
    stored = Stored(tags_as="labels")
    Settings(read=stored.read, write=stored.write).change({"tags_as": None, "scan_plex": True})
    assert stored.settings == {
        "plex_url": "http://plex:32400",
        "plex_token": "token",
        "scan_plex": True,
    }
