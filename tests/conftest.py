"""Fixtures for tests that drive the real plugin against both simulators."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from check.schedule import VARIABLE
from pipeline import freshness
from simulators.rig import Rig
from tests.harness.fixtures import (  # noqa: F401 - for all folders
    authority,
    database,
    desk,
    make_desk,
    on_shift,
    plex_tv,
)
from worker import plugin_enabled

pytest_plugins = ["pytester", "tests.leaks"]

# How fast a machine makes its examples says nothing of what they are to show.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


# What takes longest begins first, so that no tester is left alone with it at the end.
_LONGEST = (
    "test_random_kills",
    "test_expansion",
    "test_every_point",
    "test_blame",
    "crash",
    "process",
    "packages",
    "browser",
    "checker",
    "test_all_fields",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        names = (item.path.stem, item.path.parent.name)
        return min((_LONGEST.index(each) for each in names if each in _LONGEST), default=99)

    items.sort(key=turn)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes started rigs (see `Rig`), each in a folder of its own, and stops them."""
    with ExitStack() as stack:
        made: list[Rig] = []

        def make(**options: Any) -> Rig:
            # A worker that looks for changes by itself would race with most tests.
            environment = {VARIABLE: "off", **options.pop("environment", {})}
            rig = Rig(tmp_path / f"rig{len(made)}", environment=environment, **options)
            made.append(rig)
            return stack.enter_context(rig)

        yield make
        for each in made:
            each.kill_workers()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """Ten films in both servers, nothing synced yet."""
    return make_rig()


@pytest.fixture
def still_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that count requests: what is asked anew once a second or so has passed depends on
    the machine's speed."""
    monkeypatch.setattr(freshness, "FRESH_S", float("inf"))
    monkeypatch.setattr(freshness, "STALE_S", float("inf"))
    monkeypatch.setattr(plugin_enabled, "FRESH_S", float("inf"))


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """What a server encrypts with (see `SimulatorServer.encrypt`): a certificate that nobody
    knows."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=plex"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def no_such_host(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that can't be resolved, which is found out without asking a network."""
    real = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **options: Any) -> Any:
        if host == "no-such-host.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return "no-such-host.invalid"
