"""Every setting as a user may type it, and as Stash may store it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from errors import SettingsError
from validation.config import (
    FIELDS,
    PathMapping,
    PlexSyncConfig,
    check_token,
    load_config,
    problems_of,
)

TOKEN = "s3cret-Pl3x_T0ken"
REQUIRED: dict[str, Any] = {"plex_url": "http://plex:32400", "plex_token": TOKEN}


def load(**settings: Any) -> tuple[PlexSyncConfig, list[str]]:
    return load_config({**REQUIRED, **settings})


def refused(settings: dict[str, Any]) -> SettingsError:
    with pytest.raises(SettingsError) as error:
        load_config(settings)
    return error.value


# Values


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("plex_libraries", "Films", ("Films",)),
        ("plex_libraries", " Films ,Home Videos,, ", ("Films", "Home Videos")),
        ("path_map", "/data => /media", (PathMapping(stash="/data", plex="/media"),)),
        (
            "path_map",
            "/a=>/b ; C:\\Films => /films;",
            (PathMapping(stash="/a", plex="/b"), PathMapping(stash="C:\\Films", plex="/films")),
        ),
        ("skip_fields", "poster, tagline", frozenset({"poster", "tagline"})),
        ("skip_fields", "Sort Title,GENRES", frozenset({"sort_title", "genres"})),
        ("keep_plex_edits", True, True),
        ("keep_plex_edits", False, False),
        ("only_organized", True, True),
        ("title_template", "{studio} - {title}", "{studio} - {title}"),
        ("tagline_template", "{performers}", "{performers}"),
        ("tags_as", "labels", "labels"),
        ("tags_as", " Both ", "both"),
        ("ignore_tags", "Favourite, To Do", frozenset({"Favourite", "To Do"})),
        ("collections", "studio", ("studio",)),
        (
            "collections",
            "Parent_Studio, groups, tags: Best Of",
            ("parent_studio", "groups", "tags:Best Of"),
        ),
        ("content_rating", "NR", "NR"),
        ("cast_photos", True, True),
        ("poster_style", "fit", "fit"),
        ("poster_style", "Crop", "crop"),
        ("scan_plex", True, True),
        ("reconcile_hours", 24, 24.0),
        ("reconcile_hours", 0.5, 0.5),
        ("reconcile_hours", 0, 0.0),
        ("concurrency", 1, 1),
        ("concurrency", 16, 16),
        ("concurrency", 8.0, 8),
        ("insecure_tls", True, True),
        ("exclude_tags", "Private, To Do", frozenset({"Private", "To Do"})),
        ("exclude_studios", "Home films", frozenset({"Home films"})),
        ("exclude_paths", "/data/a, D:\\b", ("/data/a", "D:\\b")),
        ("partial_paths", "/data/a, Films", ("/data/a", "Films")),
        ("import_plays", True, True),
        ("import_resume", True, True),
        ("import_ratings", True, True),
        ("plex_accounts", "Ada, Grace ,", ("Ada", "Grace")),
    ],
)
def test_a_setting_has_its_value(key: str, typed: object, value: object) -> None:
    config, problems = load(**{key: typed})
    assert getattr(config, key) == value
    assert problems == []


@pytest.mark.parametrize("empty", ["", "   ", None], ids=["empty", "blank", "null"])
@pytest.mark.parametrize("key", sorted(set(PlexSyncConfig.model_fields) - set(REQUIRED)))
def test_an_empty_setting_means_its_default(key: str, empty: object) -> None:
    config, problems = load(**{key: empty})
    assert getattr(config, key) == getattr(load()[0], key)
    assert problems == []


def test_a_number_that_was_never_touched_means_its_default() -> None:
    """Stash's page shows it as 0, and stores that once something else is changed."""
    config, problems = load(concurrency=0, reconcile_hours=0)
    assert (config.concurrency, config.reconcile_hours, problems) == (4, 0.0, [])


def test_every_switch_is_off_by_default() -> None:
    """Stash shows a switch that was never touched as off."""
    config = PlexSyncConfig(**REQUIRED)
    switches = {
        name: getattr(config, name)
        for name, field in PlexSyncConfig.model_fields.items()
        if field.annotation is bool
    }
    assert len(switches) == 8
    assert not any(switches.values())


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("keep_plex_edits", "perhaps"),
        ("tags_as", "genre"),
        ("poster_style", "stretch"),
        ("reconcile_hours", -1),
        ("reconcile_hours", "often"),
        ("reconcile_hours", float("inf")),
        ("reconcile_hours", float("nan")),
        ("concurrency", 17),
        ("concurrency", -1),
        ("concurrency", 2.5),
        ("concurrency", "many"),
        ("plex_libraries", 7),
        ("title_template", ["{title}"]),
        ("content_rating", {"a": 1}),
    ],
)
def test_a_wrong_optional_setting_is_reported_and_its_default_used(key: str, typed: object) -> None:
    config, problems = load(**{key: typed, "only_organized": True})
    assert getattr(config, key) == getattr(load()[0], key)
    assert config.only_organized  # the others are not affected
    (problem,) = problems
    assert problem.startswith(f"setting {key}: {typed!r} is not valid; ")
    assert problem.endswith("; the default is used instead")


@pytest.mark.parametrize(
    ("key", "typed", "kept", "told"),
    [
        (
            "skip_fields",
            "poster, colour, tagline",
            frozenset({"poster", "tagline"}),
            f"'colour' is ignored; expected any of {', '.join(FIELDS)}",
        ),
        (
            "path_map",
            "/a => /b; /c -> /d; => /e",
            (PathMapping(stash="/a", plex="/b"),),
            "'/c -> /d' is ignored; expected /stash/prefix => /plex/prefix",
        ),
        (
            "collections",
            "studio, year, tags:",
            ("studio",),
            "'year' is ignored; expected any of studio, parent_studio, groups, tags:<name>",
        ),
    ],
    ids=["skip_fields", "path_map", "collections"],
)
def test_of_a_partly_wrong_list_the_rest_is_kept(
    key: str, typed: str, kept: object, told: str
) -> None:
    config, problems = load(**{key: typed})
    assert getattr(config, key) == kept
    assert problems[0] == f"setting {key}: {told}"


def test_an_unknown_setting_is_named_and_ignored() -> None:
    config, problems = load(plex_library="Films", concurrency=2)
    assert config.concurrency == 2
    (problem,) = problems
    assert problem.startswith("setting 'plex_library' is not one of PlexSync's")
    assert "plex_libraries" in problem


def test_several_problems_are_all_reported() -> None:
    _, problems = load(tags_as="x", concurrency=99, colour="red", skip_fields="x,y")
    assert len(problems) == 5


# The address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://192.168.1.10:32400", "http://192.168.1.10:32400"),
        (" http://192.168.1.10:32400/ ", "http://192.168.1.10:32400"),
        ("https://plex.example.org", "https://plex.example.org"),
        ("HTTP://Plex:32400", "http://Plex:32400"),
        ("http://[fe80::1]:32400", "http://[fe80::1]:32400"),
        ("https://example.org/plex/", "https://example.org/plex"),
        ("http://plex:32400/web", "http://plex:32400"),
        ("http://plex:32400/web/index.html#!/settings/web", "http://plex:32400"),
        ("https://example.org/plex/web/index.html", "https://example.org/plex"),
        ("https://example.org/webplex", "https://example.org/webplex"),
    ],
)
def test_an_address_is_taken_as_people_copy_it(typed: str, address: str) -> None:
    assert load_config({**REQUIRED, "plex_url": typed})[0].plex_url == address


@pytest.mark.parametrize(
    "typed",
    [
        "192.168.1.10:32400",
        "plex",
        "ftp://plex",
        "http://",
        "http://:32400",
        "http://plex:port",
        "http://plex:99999",
        "http://[::1",
        f"http://plex:32400/?X-Plex-Token={TOKEN}",
        f"http://plex:{TOKEN}",
        f"http://user:{TOKEN}@plex:32400",
        f"http://:{TOKEN}@plex:32400",
        TOKEN,
        7,
        [TOKEN],
    ],
    ids=repr,
)
def test_a_wrong_address_is_explained_without_repeating_it(typed: object) -> None:
    error = refused({**REQUIRED, "plex_url": typed})
    assert str(error).startswith("setting plex_url: ")
    assert TOKEN not in str(error)
    assert "Settings > Plugins" in error.advice


# The token


@pytest.mark.parametrize("typed", [TOKEN, f" {TOKEN}\n", f"\t{TOKEN}"], ids=repr)
def test_a_token_may_be_pasted_with_blanks_around_it(typed: str) -> None:
    config, _ = load_config({**REQUIRED, "plex_token": typed})
    assert config.plex_token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    "typed",
    [f"{TOKEN} {TOKEN}", f"{TOKEN}\r\nHost: evil", f"{TOKEN}é", [TOKEN], {"token": TOKEN}, 7],
    ids=repr,
)
def test_a_wrong_token_is_explained_without_repeating_it(typed: object) -> None:
    error = refused({**REQUIRED, "plex_token": typed})
    assert str(error).startswith("setting plex_token: ")
    assert TOKEN not in f"{error} {error!r} {error.advice}"
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("empty", ["", "  ", None], ids=["empty", "blank", "null"])
@pytest.mark.parametrize("key", REQUIRED)
def test_a_required_setting_that_is_missing_is_named(key: str, empty: object) -> None:
    assert str(refused({**REQUIRED, key: empty})) == f"setting {key} is missing"


def test_all_that_is_missing_is_told_at_once() -> None:
    assert str(refused({})) == "setting plex_url is missing; setting plex_token is missing"


def test_the_token_is_not_shown_by_the_config_itself() -> None:
    config, _ = load()
    assert TOKEN not in f"{config} {config!r} {config.model_dump()} {config.model_dump_json()}"


# The model itself


def test_a_config_made_from_values_forgives_nothing() -> None:
    with pytest.raises(ValidationError):
        PlexSyncConfig(**REQUIRED, concurrency=99)
    with pytest.raises(ValidationError):
        PlexSyncConfig.model_validate({**REQUIRED, "colour": "red"})
    with pytest.raises(ValidationError):
        PlexSyncConfig.model_validate({**REQUIRED, "skip_fields": "colour"})


def test_a_config_does_not_change() -> None:
    config, _ = load()
    with pytest.raises(ValidationError, match="frozen"):
        config.concurrency = 8


# For whoever saves them


def test_what_is_wrong_is_told_by_setting_whatever_is_missing() -> None:
    given = {"tags_as": "tags", "path_map": "/a; /b => /c; /d", "concurrency": 4, "x": 1}
    assert problems_of(given) == {
        "tags_as": "'tags' is not valid; input should be 'genres', 'labels' or 'both'",
        "path_map": "'/a': expected /stash/prefix => /plex/prefix; "
        "'/d': expected /stash/prefix => /plex/prefix",
    }
    assert problems_of({"plex_url": None, "plex_token": ""}) == {}


def test_a_token_is_checked_without_being_repeated() -> None:
    assert check_token(f" {TOKEN} ") == TOKEN
    with pytest.raises(SettingsError) as error:
        check_token("two words")
    assert "two words" not in str(error.value)
