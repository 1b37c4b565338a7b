"""How the simulators' tests ask, and how they wait for what must come."""

from __future__ import annotations

import time
from collections.abc import Callable
from xml.etree import ElementTree

import requests

from simulators.plex import PlexSimulator
from simulators.stash import StashSimulator


def ask(sim: PlexSimulator, path: str, method: str = "GET") -> requests.Response:
    return requests.request(method, sim.url + path, headers={"X-Plex-Token": sim.token}, timeout=10)


def rows(sim: PlexSimulator, path: str) -> ElementTree.Element:
    return ElementTree.fromstring(ask(sim, path).content)


def wait_for(condition: Callable[[], object]) -> None:
    """The limit only ends a test that has failed."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def kill_when_running(sim: StashSimulator) -> None:
    wait_for(sim.running_plugins)
    sim.kill_running_plugins()
