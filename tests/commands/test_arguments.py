"""The command line's arguments: where they come from, and which make no sense."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from commands.arguments import build_parser, parse
from simulators.rig import TREE

ENVIRONMENT = {
    "STASH_URL": "http://stash:9999",
    "STASH_API_KEY": "key-of-the-environment",
    "PLEX_URL": "http://plex:32400",
    "PLEX_TOKEN": "token-of-the-environment",
    "STASH_CONFIG_DIR": "/config",
}


def test_the_environment_counts_where_no_argument_is_given() -> None:
    found = parse(build_parser(ENVIRONMENT), ["status"])
    assert found.stash_url == "http://stash:9999"
    assert found.stash_api_key == "key-of-the-environment"
    assert found.plex_url == "http://plex:32400"
    assert found.plex_token == "token-of-the-environment"
    assert found.config_dir == "/config"


def test_an_argument_counts_before_the_environment() -> None:
    given = ["--stash-url=http://a", "--plex-url=http://b", "--plex-token=c", "--config-dir=d"]
    found = parse(build_parser(ENVIRONMENT), [*given, "--stash-api-key=e", "status"])
    assert (found.stash_url, found.plex_url, found.plex_token) == ("http://a", "http://b", "c")
    assert (found.config_dir, found.stash_api_key) == (os.path.abspath("d"), "e")


def test_an_empty_variable_is_not_set() -> None:
    found = parse(build_parser(dict.fromkeys(ENVIRONMENT, "")), ["status"])
    assert found.stash_url == "http://127.0.0.1:9999"
    assert found.config_dir.endswith(".stash")
    assert found.plex_url == found.plex_token == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "required"),
        (["--config-dir=", "status"], "it is empty; expected the path of a folder"),
        (["sink"], "invalid choice: 'sink'"),
        (["sync", "--recent", "--full"], "--full goes with --all"),
        (["sync", "--scene", "1", "--full"], "--full goes with --all"),
        (["sync", "--all", "--recent"], "not allowed with"),
        (["sync", "--scene", "one"], "'one' is no scene's id; expected a number like 42"),
        (["explain", "0"], "is no scene's id"),
        (["explain"], "required"),
        (["restore"], "one of the arguments --scene --all is required"),
        (["forget", "--scene", "1", "--all"], "not allowed with"),
        (["restore", "--all", "--forget"], "unrecognized arguments"),
        (["import", "--since", "31.3.2026"], "is no date; expected one like 2026-03-31"),
        (["import", "--undo"], "--undo needs one of --scene, --day and --all"),
        (["import", "--scene", "3"], "go with --undo"),
        (["import", "--undo", "--all", "--scene", "3"], "--all goes without"),
        (["import", "--undo", "--all", "--since", "2026-03-31"], "--since goes without --undo"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_status_2_with_the_reason(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(build_parser({}), arguments)
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


def test_help_warns_of_secrets_in_arguments_and_shows_none() -> None:
    text = build_parser(ENVIRONMENT).format_help()
    assert text.count("Others can read arguments") == 2
    assert "of-the-environment" not in text


def test_help_needs_no_package() -> None:
    """It may be asked for before anything is installed."""
    code = (
        "import sys; sys.argv = ['x']\n"
        "from commands.arguments import build_parser; build_parser().format_help()\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "print(found - set(sys.stdlib_module_names) - {'__main__'})"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=TREE, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "{'commands'}"
