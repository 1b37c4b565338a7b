"""The settings and the token, as a page shows and saves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from page.setup.settings import GROUPS
from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import GraphQLErrors
from storage.token_file import SETTING
from tests.harness.rig import act, ask, command_line, imported_by, run_task
from validation.config import PlexSyncConfig


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig(count=2, link=False)


def stored(rig: Rig) -> dict[str, Any]:
    return dict(rig.stash.config.plugin_settings[PLUGIN_ID])


def row(answer: Any, key: str) -> dict[str, Any]:
    (found,) = [each for each in answer["settings"] if each["key"] == key]
    return dict(found)


def test_every_setting_has_one_place_and_the_token_has_none() -> None:
    shown = [key for keys in GROUPS.values() for key in keys]
    assert sorted([*shown, SETTING]) == sorted(PlexSyncConfig.model_fields)


def test_settings_come_with_what_they_take_and_what_is_wrong(rig: Rig) -> None:
    rig.configure(tags_as="tags", skip_fields="poster", concurrency=40, keep_plex_edits=True)
    answer = ask(rig, "settings")
    assert row(answer, "tags_as") == {
        "key": "tags_as",
        "group": "tags",
        "type": "choice",
        "value": "tags",
        "default": "genres",
        "choices": ["genres", "labels", "both"],
        "separator": "",
        "least": None,
        "most": None,
        "is_required": False,
        "problem": "'tags' is not valid; input should be 'genres', 'labels' or 'both'",
    }
    assert row(answer, "skip_fields")["value"] == "poster"
    assert row(answer, "skip_fields")["choices"][:2] == ["title", "sort_title"]
    assert row(answer, "concurrency")["problem"].startswith("40 is not valid")
    assert (row(answer, "concurrency")["least"], row(answer, "concurrency")["most"]) == (1, 16)
    assert row(answer, "keep_plex_edits")["value"] is True
    assert row(answer, "plex_url") == {
        **row(answer, "plex_url"),
        "value": rig.plex.url,
        "is_required": True,
        "problem": "",
    }
    assert answer["token"] == {"source": "settings", "problem": ""}
    assert answer["is_complete"] is True
    assert rig.plex.token not in json.dumps(answer)


def test_without_anything_set_it_says_what_is_missing(make_rig: Callable[..., Rig]) -> None:
    answer = ask(make_rig(count=1, settings={}), "settings")
    assert answer["token"]["source"] == "none"
    assert answer["is_complete"] is False
    assert row(answer, "reconcile_hours")["value"] == 0


def test_what_is_saved_leaves_all_else_as_it_is(rig: Rig) -> None:
    rig.configure(path_map="/a => /b", of_the_future="x", tags_as="labels")
    answer = act(rig, "save", values={"tags_as": None, "skip_fields": ["poster", "rating"]})
    assert (answer["saved"], answer["needs"]) == (True, "sync")
    assert row(answer, "skip_fields")["value"] == "poster, rating"
    assert stored(rig) == {
        "plex_url": rig.plex.url,
        "plex_token": rig.plex.token,
        "path_map": "/a => /b",
        "of_the_future": "x",
        "skip_fields": "poster, rating",
    }


@pytest.mark.parametrize(
    ("values", "needs"),
    [
        ({"concurrency": 2, "scan_plex": True}, ""),
        ({"partial_paths": "/data"}, ""),
        ({"cast_photos": True}, "sync"),
        ({"tags_as": "genres", "keep_plex_edits": False}, ""),  # as it was
        ({"exclude_tags": "private"}, ""),  # what was left alone by it is queued
    ],
    ids=str,
)
def test_a_sync_is_needed_for_what_plex_shows(
    rig: Rig, values: dict[str, object], needs: str
) -> None:
    assert act(rig, "save", values=values)["needs"] == needs


def test_what_is_wrong_is_told_by_setting_and_nothing_is_saved(rig: Rig) -> None:
    before = stored(rig)
    wrong = {"plex_url": "plex:32400", "collections": "studio, series", "tags_as": "labels"}
    answer = act(rig, "save", values=wrong, token="two words")
    assert (answer["saved"], answer["needs"], stored(rig)) == (False, "", before)
    assert row(answer, "plex_url")["problem"].startswith("expected an address")
    assert row(answer, "collections")["problem"].startswith("'series': expected any of studio")
    assert row(answer, "tags_as")["problem"] == ""
    assert row(answer, "tags_as")["value"] == "labels"
    assert "the token alone" in answer["token"]["problem"]
    assert not (rig.data_dir / "plex-token").exists()


def test_a_typed_token_travels_one_way_and_goes_to_its_file(rig: Rig) -> None:
    rig.configure(plex_token="one-of-former-days")
    answer = act(rig, "save", token=f" {rig.plex.token} ")
    assert answer["token"]["source"] == "file"
    assert rig.plex.token not in json.dumps(answer)
    assert stored(rig)["plex_token"] == ""
    kept = rig.data_dir / "plex-token"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (rig.plex.token, 0o600)
    assert "2 synced" in command_line(rig, "sync").stdout


def test_a_token_in_another_setting_is_hidden(rig: Rig) -> None:
    rig.configure(content_rating=rig.plex.token, tags_as=rig.plex.token)
    assert rig.plex.token not in json.dumps(ask(rig, "settings"))
    assert rig.plex.token not in json.dumps(act(rig, "save", values={"collections": "x"}))


def test_the_token_is_moved_and_everything_goes_on(rig: Rig) -> None:
    assert "note: the Plex token is in Stash's settings" in command_line(rig, "doctor").stdout
    rig.stash.update_scene({"id": 1, "title": "Before"})
    rig.until(lambda: rig.title(1) == "Before", "the edit in Plex")
    assert act(rig, "move_token") == {"moved": True, "token": {"source": "file"}}
    assert act(rig, "move_token") == {"moved": False, "token": {"source": "file"}}
    assert stored(rig) == {"plex_url": rig.plex.url, "plex_token": ""}
    rig.stash.update_scene({"id": 1, "title": "After"})
    rig.until(lambda: rig.title(1) == "After", "the edit in Plex")
    text = run_task(rig, "Check set-up")
    assert f"ok: the Plex token is in {rig.data_dir}/plex-token" in text


def test_a_token_that_nobody_could_send_is_not_moved(rig: Rig) -> None:
    rig.configure(plex_token="two words")
    with pytest.raises(GraphQLErrors, match="no Plex token: expected the token alone"):
        act(rig, "move_token")
    assert stored(rig)["plex_token"] == "two words"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"values": []}, "values must be an object"),
        ({"values": {"colour": "red"}}, "there is no setting 'colour'"),
        ({"values": {"plex_token": "x"}}, "plex_token is no value. Send it as token"),
        ({"values": {"scan_plex": "yes"}}, "scan_plex is 'yes'. Expected a switch"),
        ({"values": {"concurrency": True}}, "concurrency is True. Expected a number"),
        ({"values": {"tags_as": ["genres"]}}, "tags_as is no list"),
        ({"values": {"ignore_tags": ["a, b"]}}, "ignore_tags can't have the entry 'a, b'"),
        ({"values": {"title_template": "x" * 20_001}}, "title_template has 20001 characters"),
        ({"token": ""}, "token must be a text"),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(rig: Rig, args: dict[str, Any], told: str) -> None:
    with pytest.raises(GraphQLErrors, match=f"PlexSync: {told}"):
        act(rig, "save", **args)


def test_what_a_setting_no_longer_leaves_alone_is_synced_at_once(rig: Rig) -> None:
    rig.configure(exclude_paths="/data/films")
    assert "2 skipped (left alone by exclude_paths)" in command_line(rig, "sync").stdout
    answer = act(rig, "save", values={"exclude_paths": f"/data/films/{rig.films[0].file_name}"})
    assert answer["needs"] == ""
    rig.until(lambda: rig.title(2) == rig.films[1].title, "the scene in Plex")
    assert rig.title(1) != rig.films[0].title


def test_settings_are_shown_without_what_plex_needs(rig: Rig) -> None:
    args = {"mode": "query", "what": "settings"}
    names = imported_by(rig, {"server_connection": rig.server_connection(), "args": args})
    assert names & {"page.setup.settings", "plexapi", "requests"} == {"page.setup.settings"}


def test_entries_are_added_to_what_is_stored_by_then(rig: Rig) -> None:
    """A page that was drawn before somebody else has changed the list takes nothing away."""
    rig.configure(path_map="/a => /b; /c => /d", somebody_elses="kept")
    answer = act(rig, "save", add={"path_map": ["/e => /f", "/a => /b"]})
    assert answer["saved"]
    assert stored(rig)["path_map"] == "/a => /b; /c => /d; /e => /f"
    assert stored(rig)["somebody_elses"] == "kept"
    assert act(rig, "save", add={"exclude_tags": ["Draft"]})["saved"]
    assert stored(rig)["exclude_tags"] == "Draft"
    answer = act(rig, "save", add={"path_map": ["nonsense"]})
    assert not answer["saved"]
    assert "expected /stash/prefix" in row(answer, "path_map")["problem"]
    wrongs: tuple[Any, ...] = (
        {"path_map": "/e => /f"},
        ["path_map"],
        {"tags_as": ["both"]},
        {"other": []},
    )
    for wrong in wrongs:
        with pytest.raises(GraphQLErrors):
            act(rig, "save", add=wrong)
    assert stored(rig)["path_map"] == "/a => /b; /c => /d; /e => /f"
