"""Manifests: what Stash finds, what it refuses, and what it makes of the values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.stash import StashSimulator
from simulators.stash.manifest import ManifestError, read_manifest
from simulators.stash.sample_plugins import write_plugin


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(config_dir=tmp_path / "config") as running:
        yield running


def loaded(sim: StashSimulator) -> list[str]:
    sim.reload_plugins()
    return [plugin["id"] for plugin in sim.graphql("{ plugins { id } }")["plugins"]]


def test_every_yml_at_any_depth_is_a_manifest_and_yaml_is_not(sim: StashSimulator) -> None:
    plugins = sim.config.plugins_path
    write_plugin(plugins / "a" / "deep", manifest="First.yml")
    write_plugin(plugins / "b", manifest="Second.yaml")
    (plugins / "c").mkdir()
    (plugins / "c" / "index.yml").write_text("- id: x\n")

    assert loaded(sim) == ["First"]
    assert f"error: Error loading plugin {plugins / 'c' / 'index.yml'}" in sim.log_text()


def test_symbolic_links_to_folders_and_files_are_followed(
    sim: StashSimulator, tmp_path: Path
) -> None:
    source = write_plugin(tmp_path / "source", manifest="plugin.yml")
    plugins = sim.config.plugins_path
    (plugins / "linked").mkdir(parents=True)
    (plugins / "linked" / "one.yml").symlink_to(source / "plugin.yml")
    (plugins / "whole").symlink_to(source)

    assert loaded(sim) == ["one", "plugin"]


def test_ids_that_differ_only_in_case_load_once_and_the_first_wins(sim: StashSimulator) -> None:
    plugins = sim.config.plugins_path
    write_plugin(plugins / "a", manifest="PlexSync.yml", name="first")
    write_plugin(plugins / "b", manifest="plexsync.yml", name="second")

    assert loaded(sim) == ["PlexSync"]
    assert "plugin ID plexsync already exists" in sim.log_text()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: x\nicon: y\n", "line 2: field icon not found"),
        ("name: x\nname: y\n", "line 2: field name already set"),
        ("tasks:\n  - name: x\n    default: {}\n", "field default not found"),
        ("settings:\n  key:\n    default: 1\n", "field default not found"),
        ("settings:\n  key:\n    type: LIST\n", "invalid type LIST for setting key"),
        ("interface: soap\n", "invalid interface type soap"),
        ("exec: python main.py\n", "cannot unmarshal"),
        ("- id: x\n", "cannot unmarshal"),
        ("name: [\n", "yaml: "),
        ("", "EOF"),
    ],
)
def test_what_keeps_a_manifest_from_loading(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text)

    with pytest.raises(ManifestError, match=problem.replace("(", r"\(")):
        read_manifest(path)


def test_values_are_the_literal_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text(
        "version: 1.10\ntasks:\n  - name: t\n    defaultArgs: {days: 30, all: yes, none: }\n"
    )

    plugin = read_manifest(path)

    assert plugin.version == "1.10"
    assert plugin.tasks[0].default_args == {"days": "30", "all": "yes", "none": ""}


def test_only_the_first_document_of_a_manifest_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("name: first\n---\nnonsense: true\n")

    assert read_manifest(path).name == "first"


def test_a_manifest_needs_neither_name_nor_anything_else(sim: StashSimulator) -> None:
    plugins = sim.config.plugins_path
    plugins.mkdir(parents=True)
    (plugins / "Empty.yml").write_text("{}")
    sim.reload_plugins()

    shown = sim.graphql("{ plugins { id name version tasks { name } } }")["plugins"]

    assert shown == [{"id": "Empty", "name": "Empty", "version": None, "tasks": None}]


def test_settings_are_sorted_by_key_and_have_no_defaults(sim: StashSimulator) -> None:
    write_plugin(
        sim.config.plugins_path / "p",
        manifest="p.yml",
        settings={"b": {"displayName": "B", "type": "BOOLEAN"}, "a": {"description": "about a"}},
    )
    sim.reload_plugins()

    query = "{ plugins { settings { name type display_name description } } }"

    assert sim.graphql(query)["plugins"][0]["settings"] == [
        {"name": "a", "type": "STRING", "display_name": "", "description": "about a"},
        {"name": "b", "type": "BOOLEAN", "display_name": "B", "description": ""},
    ]
    assert sim.graphql('{ configuration { plugins(include: ["p"]) } }') == {
        "configuration": {"plugins": {}}
    }


def test_install_copies_what_a_package_holds(sim: StashSimulator, tmp_path: Path) -> None:
    source = write_plugin(tmp_path / "source", "print('{}')")
    for name in (".git", "tests", "dist", "package/__pycache__", ".github"):
        (source / name).mkdir(parents=True)
        (source / name / "x.yml").write_text("nonsense: true")
    (source / "package" / "module.py").write_text("")

    target = sim.install_plugin(source, "demo")

    assert sorted(path.name for path in target.rglob("*")) == [
        "demo.yml",
        "main.py",
        "module.py",
        "package",
    ]
    assert loaded(sim) == ["demo"]
    assert "Error loading" not in sim.log_text()


def test_install_by_link_sees_later_edits(sim: StashSimulator, tmp_path: Path) -> None:
    source = write_plugin(tmp_path / "source", "print('1')")
    target = sim.install_plugin(source, "demo", link=True)
    (source / "main.py").write_text("print('2')")

    assert loaded(sim) == ["demo"]
    assert (target / "main.py").read_text() == "print('2')"
    assert sim.run_operation({}) == "2\n"
