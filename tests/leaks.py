"""A pytest plugin: whatever a test is about, it fails if a credential turns up where none may be.

Searched are what processes printed, what Stash logged, what the data folders hold, pytest's
captured output and log records, and the texts of our errors.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from errors import SyncError
from install.ensure import CannotLoad
from install.installer import InstallFailed
from jobs.events import BadEvent
from jobs.inbox import SUFFIX, UNFINISHED
from page.setup import sign_in_file
from simulators.http import SimulatorServer
from simulators.plex import PlexSimulator
from simulators.plex_tv import PlexTvSimulator
from simulators.rig import TREE
from simulators.stash import StashSimulator
from simulators.stash.config import Config
from simulators.stash.sessions import Session, Sessions
from stash.protocol import BadInvocation
from storage import token_file
from storage.sqlite import StorageError

MIN_LENGTH = 6  # a shorter one would be found in ordinary words
ERRORS = (SyncError, StorageError, BadEvent, BadInvocation, CannotLoad, InstallFailed)
# Of the data folder, as long as nobody else can read them.
KEPT_FILES = (token_file.FILE_NAME, sign_in_file.FILE_NAME)
TESTS = (TREE / "tests", TREE / "simulators", TREE / "benchmarks")


def _every_cookies_beginning() -> str:
    """Stash signs its cookies anew with each answer, so they are known by how they begin."""
    made = [
        Sessions(Config(Path()), lambda at=at_s: at).cookie_value(Session())  # type: ignore[misc]
        for at_s in (1, 9_000_000_000)
    ]
    return "".join(
        a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(*made, strict=True))
    )


_COOKIE = re.compile(re.escape(_every_cookies_beginning()).encode())


class Watch:
    """What is secret and what was said since the last `forget`."""

    def __init__(self) -> None:
        self._servers: list[SimulatorServer] = []
        self._secrets: dict[str, str] = {}
        self._said: list[tuple[str, bytes]] = []

    def see(self, server: SimulatorServer) -> None:
        """From now on the server's credentials are secret, also those that it gets later."""
        if server not in self._servers:
            self._servers.append(server)
        self.keep(secrets_of(server))

    def keep(self, secrets: dict[str, str]) -> None:
        """With what they are."""
        for secret, name in secrets.items():
            if len(secret) >= MIN_LENGTH:
                self._secrets.setdefault(secret, name)

    def hear(self, where: str, text: str | bytes | None) -> None:
        if text:
            raw = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
            self._said.append((where, raw))

    def leaks(self) -> list[str]:
        """Which secret was found where."""
        for server in self._servers:
            self.keep(secrets_of(server))
        forms = {form: name for each, name in self._secrets.items() for form in _forms(each)}
        found = {}
        for where, text in self._everything():
            names = {name for form, name in forms.items() if form in text}
            if _COOKIE.search(text):
                names.add("a session cookie")
            found.update(dict.fromkeys(f"{name} in {where}" for name in sorted(names)))
        return list(found)

    def forget(self) -> None:
        """All but the servers that still run."""
        self._servers = [server for server in self._servers if server.is_running]
        self._secrets.clear()
        self._said.clear()

    def _everything(self) -> Iterator[tuple[str, bytes]]:
        yield from self._said
        for server in self._servers:
            if isinstance(server, StashSimulator):
                yield from _said_in(server)


def secrets_of(server: SimulatorServer) -> dict[str, str]:
    """The credentials of a simulated server and what they are; session cookies aside."""
    match server:
        case PlexSimulator():
            return {server.token: "Plex's token"}
        case PlexTvSimulator():
            tokens = {each.token: f"the token of {each.name}" for each in server.account.resources}
            return {server.account.token: "the account's token", **tokens}
        case StashSimulator(config=config):
            typed = [each.get("plex_token") for each in config.plugin_settings.values()]
            settings = {str(token): "plex_token as set" for token in typed if token}
            own = {config.api_key: "Stash's API key", config.password: "Stash's password"}
            return {**settings, **own}
    return {}


def _said_in(stash: StashSimulator) -> Iterator[tuple[str, bytes]]:
    for run in stash.plugin_runs:
        yield f"the output of a {run.kind}", run.stdout.encode() + b"\n" + run.raw_stderr
    yield "Stash's log", stash.log_text().encode()
    for path in (stash.config.config_dir / "plex_sync").rglob("*"):
        with contextlib.suppress(OSError):
            # An event in the inbox holds its session by design, until the worker has read it, or
            # has cleared away what a hook left unfinished that was killed.
            is_event = path.name.endswith((SUFFIX, SUFFIX + UNFINISHED))
            # So do the token that signing in brought, and a sign-in that is under way.
            is_kept = is_event or path.name in KEPT_FILES
            is_kept = is_kept and not path.stat().st_mode & 0o077
            if path.is_file() and not is_kept:
                yield path.name, path.read_bytes()


def _forms(secret: str) -> set[bytes]:
    """As it is, in an address, and in JSON."""
    forms = (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    return {form.encode() for form in forms}


# Listening


def listen(watch: Watch, patch: pytest.MonkeyPatch) -> None:
    """Have the watch see every simulated server, and hear every process and error of ours."""

    def after(owner: type, name: str, tell: Callable[..., None]) -> None:
        real = getattr(owner, name)

        def told(self: Any, *args: Any, **options: Any) -> Any:
            result = real(self, *args, **options)
            tell(self, result, *args, **options)
            return result

        patch.setattr(owner, name, told)

    def hear_both(where: str) -> Callable[..., None]:
        def hear(_self: Any, result: tuple[Any, Any], *_args: Any, **_options: Any) -> None:
            for text in result:
                watch.hear(where, text)

        return hear

    def see(server: SimulatorServer, *_args: Any, **_options: Any) -> None:
        watch.see(server)

    def hear_error(error: Exception, *_args: Any, **_options: Any) -> None:
        watch.hear(f"the text of {type(error).__name__}", f"{error.args} {vars(error)}")

    after(SimulatorServer, "start", see)
    after(StashSimulator, "configure_plugin", see)
    after(subprocess.Popen, "__init__", lambda *_args, **options: watch.keep(_given(**options)))
    after(subprocess.Popen, "communicate", hear_both("the output of a process"))
    after(pytest.CaptureFixture, "readouterr", hear_both("what was printed"))
    for kind in ERRORS:
        after(kind, "__init__", hear_error)


def _given(env: Mapping[str, str] | None = None, **_options: Any) -> dict[str, str]:
    """The credentials that a process is given in its environment."""
    return {(env or {}).get(name, ""): name for name in ("PLEX_TOKEN", "STASH_API_KEY")}


# pytest's hooks

_WATCH = pytest.StashKey[Watch]()
_PATCH = pytest.StashKey[pytest.MonkeyPatch]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_WATCH], config.stash[_PATCH] = Watch(), pytest.MonkeyPatch()
    listen(config.stash[_WATCH], config.stash[_PATCH])


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_PATCH].undo()


@pytest.fixture
def watch(pytestconfig: pytest.Config) -> Watch:
    """Also searches by itself when the test has ended."""
    return pytestconfig.stash[_WATCH]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    watch = item.config.stash[_WATCH]
    if call.excinfo is not None and not _is_of_tests(call.excinfo):
        watch.hear("the text of an exception", str(call.excinfo.value))
    if report.when == "teardown":
        for where, text in report.sections:
            watch.hear(where, text)
        found = [] if item.get_closest_marker("shows_credentials") else watch.leaks()
        watch.forget()
        if found:
            report.outcome = "failed"
            report.longrepr = "\n".join(["Credentials were found:", *found])
    return report


def _is_of_tests(caught: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether it was raised by a test or its tools, which may show what they compare."""
    path = Path(caught.traceback[-1].path)
    return any(path.is_relative_to(each) for each in TESTS)
