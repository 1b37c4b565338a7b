"""The folders that Stash tells of."""

from __future__ import annotations

import ntpath
import os

import pytest

from stash.folders import make_absolute


def test_they_lead_to_the_same_place_from_anywhere() -> None:
    told = {"Dir": ".", "PluginDir": "plugins/plex_sync", "Scheme": "http"}
    make_absolute(told)
    here = os.getcwd()
    plugins = os.path.join(here, "plugins", "plex_sync")
    assert told == {"Dir": here, "PluginDir": plugins, "Scheme": "http"}


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("C:\\Users\\jo\\.stash", "C:\\Users\\jo\\.stash"),
        ("C:/Users/jo/.stash/", "C:\\Users\\jo\\.stash"),
        ("\\\\nas\\config\\stash", "\\\\nas\\config\\stash"),
        ("D:\\stash\\..\\other", "D:\\other"),
    ],
)
def test_a_windows_folder_keeps_its_drive_and_its_share(
    monkeypatch: pytest.MonkeyPatch, told: str, meant: str
) -> None:
    connection = {"Dir": told, "PluginDir": told}
    with monkeypatch.context() as windows:
        windows.setattr(os, "path", ntpath)
        make_absolute(connection)
    assert connection == {"Dir": meant, "PluginDir": meant}
