"""`python plex_sync.py …` as a person or cron starts it."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from plex.own_identity import PLEX_TV_VARIABLE
from simulators.faults import Reply
from simulators.plex_tv import PlexTvSimulator, owned
from simulators.rig import PLUGIN_ID, TREE, Rig
from tests.process.terminal import run_on_terminal


def command(rig: Rig, *arguments: str) -> list[str]:
    # From the installed folder: the id under which Stash keeps the settings is its manifest's.
    script = rig.config_dir / "plugins" / "plex_sync" / "plex_sync.py"
    where = [f"--stash-url={rig.stash.url}", f"--config-dir={rig.config_dir}"]
    return [sys.executable, str(script), *where, *arguments]


def run(rig: Rig, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(rig, *arguments),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def installed(make_rig: Callable[..., Rig]) -> Rig:
    """A rig with the plugin copied, as a user installs it."""
    return make_rig(link=False)


def test_sync_brings_everything_in_step(installed: Rig) -> None:
    done = run(installed, "sync")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 synced" in done.stdout
    assert installed.title(10) == installed.films[9].title


def test_sync_of_single_scenes_leaves_the_others(installed: Rig) -> None:
    done = run(installed, "sync", "--scene", "2", "3")
    assert "Sync of 2 scene(s): 2 synced" in done.stdout
    assert installed.title(2) == installed.films[1].title
    assert installed.title(1) != installed.films[0].title


def test_what_no_hook_told_is_found_as_recent(installed: Rig) -> None:
    run(installed, "sync", "--recent")
    installed.stash.library.clock = lambda: time.time() + 3600
    installed.stash.library.scenes[3].title = "Edited while nobody looked"
    installed.stash.library.update(installed.stash.library.scenes[3])
    assert "Sync recent changes: 1 synced" in run(installed, "sync", "--recent").stdout
    assert installed.title(3) == "Edited while nobody looked"


def test_full_compares_what_seems_unchanged(installed: Rig) -> None:
    """Plex notes no time for some of the edits that people make there."""
    # Hours ago, since what Plex changed just now is compared once more anyway.
    installed.plex.library.clock = itertools.count(int(time.time()) - 50_000, 10).__next__
    for item in installed.plex.library.items():
        installed.plex.library.touch(item)
    for _ in range(2):
        run(installed, "sync")
    installed.item(4).fields["title"] = "Edited in Plex"
    assert "0 synced, 10 already in sync" in run(installed, "sync").stdout
    assert "1 synced, 9 already in sync" in run(installed, "sync", "--full").stdout
    assert installed.title(4) == installed.films[3].title


def test_failures_are_listed_with_advice_and_retried(installed: Rig) -> None:
    key = installed.item(4).rating_key
    installed.plex.faults.add(Reply(400), rf"PUT .*[?&]id={key}&")
    assert "1 failed (1 plex refused)" in run(installed, "sync").stdout
    shown = json.loads(run(installed, "status", "--json").stdout)
    assert [(each["reason"], each["count"]) for each in shown["failures"]] == [("plex refused", 1)]
    assert "Failed, plex refused: 1." in run(installed, "status").stdout
    installed.plex.faults.clear()
    assert "1 synced" in run(installed, "retry").stdout
    assert installed.title(4) == installed.films[3].title
    assert json.loads(run(installed, "status", "--json").stdout)["failures"] == []


def test_status_answers_while_both_servers_are_off(installed: Rig) -> None:
    installed.stash.stop()
    installed.plex.stop()
    done = run(installed, "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing has run yet with this data folder" in done.stdout


def test_clear_says_what_it_removed(installed: Rig) -> None:
    with installed.store() as store:
        store.enqueue("scene", [1, 2, 3], 0, 0.0)
    assert "removed 3 live queued" in run(installed, "clear").stdout
    assert "removed nothing" in run(installed, "clear").stdout


def test_a_stash_that_is_off_is_a_clear_error(installed: Rig) -> None:
    installed.stash.stop()
    done = run(installed, "sync")
    assert done.returncode == 1
    assert "Stash" in done.stderr
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stash_that_asks_for_a_login_is_told_how_to_be_let_in(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(link=False, username="ada", password="secret-word")
    done = run(rig, "doctor")
    assert done.returncode == 1
    assert "PROBLEM: Stash asks for a login." in done.stdout
    assert "set STASH_API_KEY to the key that Stash shows" in done.stdout
    refused = run(rig, "doctor", STASH_API_KEY="made-up")
    assert "PROBLEM: Stash refuses the API key." in refused.stdout
    rig.stash.config.api_key = "the-right-key"
    assert run(rig, "doctor", STASH_API_KEY="the-right-key").returncode == 0


def test_status_2_for_wrong_arguments(installed: Rig) -> None:
    done = run(installed, "--config-dir=/no/such/folder", "status")
    assert done.returncode == 2
    assert "is no folder" in done.stderr


# The connection


def test_the_environment_counts_before_the_settings(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=2, link=False, settings={"plex_url": "http://127.0.0.1:9"})
    done = run(rig, "sync", PLEX_URL=rig.plex.url, PLEX_TOKEN=rig.plex.token)
    assert "2 synced" in done.stdout, done.stderr
    assert rig.stash.config.plugin_settings[PLUGIN_ID] == {"plex_url": "http://127.0.0.1:9"}


def test_an_argument_counts_before_the_environment(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=2, link=False, settings={})
    arguments = [f"--plex-url={rig.plex.url}", f"--plex-token={rig.plex.token}", "sync"]
    wrong = {"PLEX_URL": "http://127.0.0.1:9", "PLEX_TOKEN": "a-wrong-token"}
    assert "2 synced" in run(rig, *arguments, **wrong).stdout


def test_a_wrong_token_is_not_repeated(installed: Rig) -> None:
    done = run(installed, "sync", PLEX_TOKEN="a-wrong-token")
    assert done.returncode == 1
    assert "Plex refuses the token" in done.stderr
    assert "a-wrong-token" not in done.stdout + done.stderr + installed.log_file()


def test_stash_is_found_by_the_environment(installed: Rig) -> None:
    environment = {"STASH_URL": installed.stash.url, "STASH_CONFIG_DIR": str(installed.config_dir)}
    script, arguments = command(installed)[1], ["sync", "--scene", "1"]
    done = subprocess.run(
        [sys.executable, script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert "1 synced" in done.stdout, done.stderr


# Ends


@pytest.fixture
def heard() -> Iterator[None]:
    """Who is started ignores Ctrl-C if we do, as what a shell runs in the background does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal for another process's Ctrl-C")
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(
    make_rig: Callable[..., Rig], heard: None
) -> None:
    rig = make_rig(count=200, link=False)
    rig.plex.latency_s = 0.05
    with subprocess.Popen(
        command(rig, "sync"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        rig.until(lambda: rig.plex.requests.count("PUT") > 10, "the first writes")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stdout + stderr
    assert stderr == "stopped; what is left in the queue stays there\n"
    assert stdout == ""
    assert "Traceback" not in rig.log_file()
    assert rig.jobs_left() > 0
    rig.plex.latency_s = 0.0
    assert run(rig, "process").returncode == 0
    assert rig.title(200) == rig.films[199].title


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_reader_that_has_had_enough_is_no_error_to_shout_about(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=100, link=False)
    with subprocess.Popen(
        command(rig, "preview", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        stderr = process.stderr.read()
    assert (process.returncode, stderr) == (1, b"")


# Streams


@pytest.mark.parametrize("encoding", ["ascii:strict", "cp1252:strict"])
def test_a_terminal_that_lacks_letters_shows_others_in_their_place(
    installed: Rig, encoding: str
) -> None:
    installed.stash.library.scenes[1].title = "Человек с киноаппаратом"
    done = run(installed, "preview", "--scene", "1", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u0427" in done.stdout


def test_json_is_the_same_whatever_the_terminal(installed: Rig) -> None:
    installed.stash.library.scenes[1].title = "Человек с киноаппаратом"
    done = run(installed, "preview", "--scene", "1", "--json", PYTHONIOENCODING="ascii:strict")
    (title,) = (x for x in json.loads(done.stdout)["changes"] if x["field"] == "title")
    assert title["new"] == "Человек с киноаппаратом"


def test_on_a_terminal_there_is_a_bar_and_the_lines_are_the_same(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=150, absent=1, link=False)
    rig.plex.latency_s = 0.01
    code, shown = run_on_terminal(command(rig, "sync"), {})
    assert code == 0
    assert re.search(r"\[#{5,}\.*\] +\d\d? %", shown)
    assert "149 synced, 0 already in sync, 1 not in Plex" in shown
    rig.plex.faults.add(Reply(400), rf"PUT .*[?&]id={rig.item(4).rating_key}&")
    rig.stash.library.scenes[4].title = "Edited"
    assert run_on_terminal(command(rig, "sync", "--scene", "4"), {})[0] == 0
    code, shown = run_on_terminal(command(rig, "status"), {})
    assert code == 0
    assert "Failed, plex refused: 1." in shown
    code, shown = run_on_terminal(command(rig, "preview", "--scene", "4"), {})
    assert '"Edited"' in shown


def test_a_preview_of_what_is_in_sync_says_so(installed: Rig) -> None:
    run(installed, "sync", "--scene", "1")
    assert run(installed, "preview", "--scene", "1").stdout == "nothing would change\n"


# Forget and sign in


def test_forget_leaves_the_values_unlocks_them_and_keeps_later_changes_out(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=2, link=False)
    run(rig, "sync")
    assert "title" in rig.item(1).locks
    assert "Forget: 1 handed over" in run(rig, "forget", "--scene", "1").stdout
    assert rig.title(1) == rig.films[0].title
    assert "title" not in rig.item(1).locks
    assert "title" in rig.item(2).locks
    rig.stash.library.scenes[1].title = "Edited"
    run(rig, "sync", "--scene", "2")
    assert "Forget: nothing was ever written" in run(rig, "forget", "--scene", "99").stdout
    assert "the command manage takes it back" in run(rig, "preview", "--scene", "1").stdout
    assert rig.title(1) == rig.films[0].title


def test_signing_in_from_a_pipe(make_rig: Callable[..., Rig]) -> None:
    with PlexTvSimulator() as plex_tv:
        rig = make_rig(count=1, link=False, settings={})
        home = owned(rig.plex)
        cabin = replace(home, name="Cabin", identifier="another", token="another-token")
        plex_tv.account.resources = [home, cabin]
        with subprocess.Popen(
            command(rig, "login", "--server", "home"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, PLEX_TV_VARIABLE: plex_tv.url},
        ) as process:
            assert process.stdout is not None
            invitation = process.stdout.readline()
            found = re.search(r"https://plex\.tv/link .* enter the code (\w+)", invitation)
            assert found, invitation
            plex_tv.link(found[1])
            stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (0, "")
        assert "Signed in to the Plex server Home" in stdout
        assert rig.plex.token not in stdout
        assert "1 synced" in run(rig, "sync").stdout


def test_help_names_every_command() -> None:
    done = subprocess.run(
        [sys.executable, str(TREE / "plex_sync.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for command in ("sync", "process", "retry", "clear", "status"):
        assert command in done.stdout


def test_without_a_command_a_person_is_told_what_there_is() -> None:
    """It would wait for Stash's document otherwise, without a word."""
    code, shown = run_on_terminal([sys.executable, str(TREE / "plex_sync.py")], {}, timeout_s=20.0)
    assert code == 2
    assert "usage: plex_sync.py" in shown
    assert "the following arguments are required: command" in shown


def test_scenes_are_excluded_and_synced_again(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=3, link=False)
    assert (
        "2 scene(s) are left alone from now on" in run(rig, "exclude", "--scene", "1", "3").stdout
    )
    done = run(rig, "sync")
    assert "1 synced" in done.stdout
    assert "2 scene(s) are left alone since somebody has said so" in done.stderr
    refused = run(rig, "sync", "--scene", "3")
    assert refused.returncode == 1
    assert "run exclude --scene 3 --off" in refused.stderr
    assert "synced again from now on" in run(rig, "exclude", "--scene", "3", "--off").stdout
    assert "1 synced" in run(rig, "sync", "--scene", "3").stdout
    assert "Left alone since somebody has said so: 1 scene(s)" in run(rig, "status").stdout


def test_a_token_is_moved_out_of_the_settings(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=1, link=False)
    assert "the Plex token was moved" in run(rig, "login", "--move").stdout
    assert rig.stash.config.plugin_settings[PLUGIN_ID]["plex_token"] == ""
    assert "nothing was moved" in run(rig, "login", "--move").stdout
    assert "1 synced" in run(rig, "sync").stdout
