"""What a new user is told by "Check set-up", for each thing that is often wrong."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulators.rig import PLUGIN_ID, Rig
from tests.packages.conftest import new_environment

NOBODY = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Case:
    """What is wrong, and what must be said about it: the problem, the remedy. `options` make the
    rig."""

    problem: str
    remedy: str
    spoil: Callable[[Rig], object] = lambda rig: None
    options: Mapping[str, Any] = field(default_factory=dict)


def put_a_file_in_place_of_the_data_folder(rig: Rig) -> None:
    """Permissions don't keep root out, and tests may run as root."""
    shutil.rmtree(rig.data_dir, ignore_errors=True)
    rig.data_dir.write_text("in the way")


def take_the_packages_away(rig: Rig) -> None:
    rig.stash.config.python = new_environment(rig.config_dir / "bare", with_pip=False)


def let_plex_be_old(rig: Rig) -> None:
    rig.plex.version = "1.39.9.1"


def let_stash_be_old(rig: Rig) -> None:
    rig.stash.config.version = "v0.27.2"


CASES = {
    "no settings": Case(
        "setting plex_url is missing; setting plex_token is missing",
        'Settings > Plugins > PlexSync, or run the task "Sign in to Plex"',
        options={"settings": {}},
    ),
    "wrong URL": Case(
        "Plex does not answer: Connection refused",
        "Is Plex on, and can plex_url be reached from where Stash runs?",
        lambda rig: rig.configure(plex_url=NOBODY),
    ),
    "not an address": Case(
        "setting plex_url: expected an address such as http://192.168.1.10:32400",
        "Set it in Stash under Settings > Plugins > PlexSync",
        lambda rig: rig.configure(plex_url="192.168.1.10:32400"),
    ),
    "https where there is http": Case(
        "what answers there doesn't encrypt",
        "Write http:// instead of https:// in plex_url",
        lambda rig: rig.configure(plex_url=rig.plex.url.replace("http:", "https:")),
    ),
    "Stash's own address": Case(
        "Plex's answer is cut short or not XML",
        "check plex_url: Stash itself or a proxy's login page reads so",
        lambda rig: rig.configure(plex_url=rig.stash.url),
    ),
    "wrong token": Case(
        "Plex refuses the token",
        "Check plex_token in the plugin's settings, or sign in to Plex anew",
        lambda rig: rig.configure(plex_token="wrong"),
    ),
    "no matching library": Case(
        "Plex has no movie or show library called 'Movies'",
        "Correct plex_libraries; Plex has: Films",
        lambda rig: rig.configure(plex_libraries="Movies"),
    ),
    "differing path prefix": Case(
        "Plex seems to see Stash's folders elsewhere",
        "set path_map to: /data/films => /media/movies",
        options={"count": 2, "plex_folder": "/media/movies"},
    ),
    "folder of no library": Case(
        "4 of 4 sampled scenes lie in folders that no Plex library has: /data/films (4)",
        "set path_map to: /data/films => the same folder as Plex sees it",
        options={"count": 4, "plex_folder": "/media/movies", "absent": 4},
    ),
    "Plex too old": Case(
        "Plex is 1.39.9.1, PlexSync needs 1.40 or newer", "Update Plex", let_plex_be_old
    ),
    "Stash too old": Case(
        "Stash is v0.27.2, PlexSync needs 0.28 or newer", "Update Stash", let_stash_be_old
    ),
    "missing dependency": Case(
        "PlexSync's packages cannot be installed",
        "run this with another: python3 -m pip install",
        take_the_packages_away,
    ),
    "unwritable data folder": Case(
        "cannot create the data folder",
        "Make the folder of Stash's config file writable for the user that runs Stash",
        put_a_file_in_place_of_the_data_folder,
    ),
}


def as_task(rig: Rig) -> tuple[bool, str]:
    """Whether "Check set-up" found nothing, and what Stash's log shows of it."""
    before = len(rig.stash.log)
    rig.stash.wait_for_job(rig.stash.run_task("Check set-up"), 60)
    lines = [each for each in rig.stash.log[before:] if each.level in ("info", "warning", "error")]
    return all(each.level == "info" for each in lines), "\n".join(each.text for each in lines)


def as_command(rig: Rig) -> tuple[bool, str]:
    script = rig.stash.config.plugins_path / PLUGIN_ID / "plex_sync.py"
    options = [f"--stash-url={rig.stash.url}", f"--config-dir={rig.config_dir}"]
    done = subprocess.run(
        [rig.stash.config.python, str(script), *options, "doctor"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("check", [as_task, as_command])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_named_with_its_remedy(
    make_rig: Callable[..., Rig], case: Case, check: Callable[[Rig], tuple[bool, str]]
) -> None:
    rig = make_rig(link=False, **{"count": 5, **case.options})
    case.spoil(rig)
    is_well, text = check(rig)
    assert not is_well
    assert case.problem in text
    assert case.remedy in text
    assert "Traceback" not in text
    assert "Everything is in order" not in text
