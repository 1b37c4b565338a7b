"""The search for credentials finds each kind of them, wherever it was let out."""

from __future__ import annotations

import pytest

from simulators.rig import TREE

# Each of these tests lets one credential out, as a fault in the product would.
PLANTED = """
import logging
import os
import subprocess
import sys

import pytest

from simulators.plex_tv import PlexTvSimulator, Resource
from simulators.rig import Rig
from simulators.stash.sessions import Session
from errors import PermanentError

TOKEN = "plex-token-for-tests"


@pytest.fixture
def stash(rig):
    rig.stash.config.api_key = "the-api-key"
    rig.stash.config.password = "a password & more"
    return rig.stash


def test_nothing_is_let_out(stash):
    print("plex-token, session=, the API key")


def test_output(rig):
    print(f"X-Plex-Token={TOKEN}")


def test_error_output(rig):
    sys.stderr.write(TOKEN)


def test_output_that_the_test_has_read(rig, capsys):
    print(TOKEN)
    assert capsys.readouterr().out


def test_debug_record(rig):
    logging.getLogger("plex.client").debug("connected with %s", TOKEN)


def test_error(rig):
    with pytest.raises(PermanentError):
        raise PermanentError(f"Plex refuses {TOKEN}")


def test_advice(rig):
    with pytest.raises(PermanentError):
        raise PermanentError("Plex refuses", advice=f"Replace {TOKEN}")


def test_process(rig):
    said = f"import sys; sys.stderr.write({TOKEN!r})"
    subprocess.run([sys.executable, "-c", said], capture_output=True, check=True)


def test_process_that_was_given_one():
    said = "import os; print(os.environ['STASH_API_KEY'])"
    env = {**os.environ, "STASH_API_KEY": "a-key-given"}
    subprocess.run([sys.executable, "-c", said], capture_output=True, check=True, env=env)


def test_file(rig):
    rig.data_dir.mkdir(exist_ok=True)
    (rig.data_dir / "leak.db").write_bytes(b"\\0" + TOKEN.encode() + b"\\0")


def test_log_of_stash(rig):
    rig.stash.stash.log.add("info", TOKEN)


def test_hook(rig):
    rig.stash.update_scene({"id": 1, "title": "Saved"})
    rig.stash.plugin_runs[0].stdout += TOKEN


def test_cookie(stash):
    print(stash.stash.sessions.cookie_value(Session("ada")))


def test_api_key(stash):
    print(stash.config.api_key)


def test_password_in_an_address(stash):
    print("http://ada:a%20password%20%26%20more@stash")


def test_setting_that_was_replaced(rig):
    rig.configure(plex_token="typed-in-wrongly")
    rig.configure()
    print("Plex refuses typed-in-wrongly")


def test_account(rig):
    with PlexTvSimulator() as plex_tv:
        plex_tv.account.token = "token-of-the-account"
    print("token-of-the-account")


def test_other_server_of_the_account(rig):
    with PlexTvSimulator() as plex_tv:
        plex_tv.account.resources = [Resource("Cabin", "abc", "token-of-the-cabin")]
    print("token-of-the-cabin")
"""

FOUND = {
    "output": "Plex's token in Captured stdout call",
    "error_output": "Plex's token in Captured stderr call",
    "output_that_the_test_has_read": "Plex's token in what was printed",
    "debug_record": "Plex's token in Captured log call",
    "error": "Plex's token in the text of PermanentError",
    "advice": "Plex's token in the text of PermanentError",
    "process": "Plex's token in the output of a process",
    "process_that_was_given_one": "STASH_API_KEY in the output of a process",
    "file": "Plex's token in leak.db",
    "log_of_stash": "Plex's token in Stash's log",
    "hook": "Plex's token in the output of a hook",
    "cookie": "a session cookie in Captured stdout call",
    "api_key": "Stash's API key in Captured stdout call",
    "password_in_an_address": "Stash's password in Captured stdout call",
    "setting_that_was_replaced": "plex_token as set in Captured stdout call",
    "account": "the account's token in Captured stdout call",
    "other_server_of_the_account": "the token of Cabin in Captured stdout call",
}


def test_whatever_is_let_out_is_found(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TREE))
    pytester.makepyfile(PLANTED)
    options = ["-p", "tests.conftest", "-o", "log_level=DEBUG", "--show-capture=no"]
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=1 + len(FOUND), errors=len(FOUND))
    for test, line in FOUND.items():
        told = [f"*ERROR at teardown of test_{test} *", "Credentials were found:", line]
        result.stdout.fnmatch_lines(told, consecutive=True)
