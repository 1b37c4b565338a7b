"""Fixtures for tests that sync in this process."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jobs.store import open_job_database
from net.trust import SYSTEMS_VARIABLES, VARIABLES, also_trust
from simulators.plex_tv import PlexTvSimulator
from simulators.rig import Rig
from storage.database import Database
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


@pytest.fixture
def make_desk(make_rig: Callable[..., Rig]) -> Callable[..., Desk]:
    return lambda **options: Desk(make_rig(**options))


@pytest.fixture
def desk(make_desk: Callable[..., Any]) -> Desk:
    """Ten films in both servers, nothing synced yet."""
    made: Desk = make_desk()
    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The job store's, of a data folder that has nothing else."""
    with closing(open_job_database(str(tmp_path))) as opened:
        yield opened


@pytest.fixture
def plex_tv() -> Iterator[PlexTvSimulator]:
    with PlexTvSimulator() as simulator:
        yield simulator


@pytest.fixture
def authority(
    tmp_path: Path, self_signed: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ssl.SSLContext, str]]:
    """What a server at 127.0.0.1 encrypts with, and the file of those who signed that, whom nobody
    trusts yet."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "home-ca.pem")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=home"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for name in (*VARIABLES, *SYSTEMS_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    also_trust("")
    yield context, certificate
    also_trust("")


@pytest.fixture
def on_shift(desk: Desk) -> Iterator[Shift]:
    """The background worker at the desk, with clocks of its own."""
    with shift(desk) as begun:
        yield begun
