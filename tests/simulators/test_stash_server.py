"""The simulator as a server of its own: start, control, command line, plugins over HTTP."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import requests

from simulators.faults import Drop, Reply
from simulators.stash import GraphQLErrors, StashLibrary, StashSimulator
from simulators.stash.sample_plugins import write_plugin
from simulators.stash.server import add_arguments, from_arguments

QUERY = {"query": "{ version { version } }"}


def test_control_over_http(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path) as sim:
        control = f"{sim.url}/__simulator__"
        requests.post(f"{sim.url}/graphql", json=QUERY, timeout=10)
        sim.stash.log.add("info", "hello")

        stats = requests.get(f"{control}/stats", timeout=10).json()
        assert (stats["requests"], stats["pid"] > 0) == (1, True)
        requests.put(f"{control}/settings", json={"latency_ms": 2}, timeout=10)
        assert sim.latency_s == 0.002
        log = requests.get(f"{control}/log", timeout=10).json()
        assert log == [{"level": "info", "text": "hello", "source": "stash"}]
        assert requests.get(f"{control}/requests", timeout=10).json() == {"total": 1, "POST": 1}


def test_the_command_line_makes_a_library_of_films(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = ["--port", "0", "--films", "12", "--config-dir", str(tmp_path / "new")]

    with from_arguments(parser.parse_args([*options, "--api-key", "k"])) as sim:
        count = sim.http_graphql("{ findScenes(filter: {per_page: 0}) { count } }")

    assert count == {"findScenes": {"count": 12}}


def test_a_restart_keeps_port_library_and_settings(tmp_path: Path) -> None:
    sim = StashSimulator(config_dir=tmp_path / "config").start()
    sim.library.add_scene("kept")
    sim.configure_plugin("plex_sync", {"plex_url": "x"})
    port = sim.port
    sim.stop()
    write_plugin(tmp_path / "config" / "plugins" / "p", manifest="new.yml", tasks={"Task": {}})

    with sim.start():
        assert sim.port == port
        assert sim.http_graphql("{ findScene(id: 1) { title } }")["findScene"]["title"] == "kept"
        assert sim.plugin_settings("plex_sync") == {"plex_url": "x"}
        assert sim.wait_for_job(sim.run_task("Task")).status == "FINISHED"


def test_faults_apply_to_graphql(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path) as sim:
        sim.faults.add(Reply(502, b"bad gateway"), "POST /graphql", times=1)
        sim.faults.add(Drop(applied=True), "POST /graphql", times=1, skip=0)

        assert requests.post(f"{sim.url}/graphql", json=QUERY, timeout=10).status_code == 502
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{sim.url}/graphql", json=QUERY, timeout=10)
        assert requests.post(f"{sim.url}/graphql", json=QUERY, timeout=10).status_code == 200


def test_without_plugins_tasks_say_where_to_look(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path) as sim, pytest.raises(LookupError, match="log_text"):
        sim.run_task("Sync")


def test_a_save_over_http_waits_for_its_hook(tmp_path: Path) -> None:
    library = StashLibrary()
    library.add_scene("one")
    script = "print(ask('{ findScene(id: 1) { title } }'))"
    with StashSimulator(library, config_dir=tmp_path / "config") as sim:
        sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Update.Post"]))
        sim.http_graphql('mutation { sceneUpdate(input: {id: 1, title: "two"}) { id } }')

        assert sim.plugin_runs[0].stdout == "{'data': {'findScene': {'title': 'two'}}}\n"


def test_errors_over_http_are_raised(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path) as sim, pytest.raises(GraphQLErrors) as raised:
        sim.http_graphql("{ findScenes(ids: [7]) { count } }")

    assert raised.value.errors[0]["path"] == ["findScenes"]


def test_the_page_and_the_health_check(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path) as sim:
        assert requests.get(f"{sim.url}/scenes/", timeout=10).headers["Content-Type"] == "text/html"
        assert requests.get(f"{sim.url}/missing.js", timeout=10).status_code == 404
        assert requests.get(f"{sim.url}/healthz", timeout=10).text == "."
