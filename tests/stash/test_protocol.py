"""Stash's document on stdin, and our one answer on stdout."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.rig import TREE
from stash.protocol import BadInvocation, Invocation, answer, plugin_id, read_invocation


def document(**content: Any) -> bytes:
    return json.dumps({"server_connection": {"Dir": "/config"}, "args": {}, **content}).encode()


def test_connection_and_args_are_read() -> None:
    invocation = read_invocation(document(args={"mode": "status"}))
    assert invocation.connection == {"Dir": "/config"}
    assert invocation.args == {"mode": "status"}
    assert Path(invocation.data_dir) == Path("/config/plex_sync")


def test_folders_that_are_relative_to_stashs_are_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    invocation = read_invocation(document(server_connection={"Dir": ".", "PluginDir": "plugins/a"}))
    whole = {"Dir": str(tmp_path), "PluginDir": str(tmp_path / "plugins" / "a")}
    assert invocation.connection == whole
    assert json.loads(invocation.document())["server_connection"] == whole


@pytest.mark.parametrize("folder", [None, "", 7], ids=repr)
def test_a_plugin_folder_that_is_none_stays_as_it_is(folder: object) -> None:
    given = {"Dir": os.path.abspath("/config"), "PluginDir": folder}
    assert read_invocation(document(server_connection=given)).connection == given


@pytest.mark.parametrize("args", [None, [], "mode"], ids=repr)
def test_args_that_are_none_are_empty(args: object) -> None:
    assert read_invocation(document(args=args)).args == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"got 0 bytes .*--help"),
        (b"not json", "got 8 bytes"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no server_connection"),
        (b"{}", "no server_connection"),
        (document(server_connection=None), "no server_connection"),
        (document(server_connection={}), "with a Dir"),
        (document(server_connection={"Dir": 7}), "with a Dir"),
        (document(server_connection={"Dir": ""}), "Dir is empty"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_other_documents_are_refused_with_the_reason(content: bytes, told: str) -> None:
    with pytest.raises(BadInvocation, match=told):
        read_invocation(content)


@pytest.mark.parametrize(
    ("args", "context"),
    [
        ({"hookContext": {"id": 7}}, {"id": 7}),
        ({"hookContext": None}, None),
        ({"hookContext": "Scene"}, None),
        ({"mode": "status"}, None),
    ],
    ids=str,
)
def test_a_hook_is_known_by_its_context(
    args: dict[str, Any], context: dict[str, Any] | None
) -> None:
    assert Invocation({"Dir": "/config"}, args).hook_context == context


def test_the_plugins_id_is_the_manifests_name(tmp_path: Path) -> None:
    (tmp_path / "my_name.yml").touch()
    (tmp_path / "README.md").touch()
    assert Invocation({"Dir": "/", "PluginDir": str(tmp_path)}, {}).plugin_id == "my_name"


def test_without_a_plugin_folder_it_is_our_own() -> None:
    (manifest,) = TREE.glob("*.yml")
    assert Invocation({"Dir": "/config"}, {}).plugin_id == manifest.stem


@pytest.mark.parametrize("names", [(), ("a.yml", "b.yml")], ids=["none", "two"])
def test_a_folder_without_one_manifest_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(BadInvocation, match="expected exactly one"):
        plugin_id(str(tmp_path))


def test_a_plugin_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInvocation, match="cannot read"):
        plugin_id(str(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ({"output": "ok"}, {"output": "ok"}),
        ({"output": {"jobs": [1]}}, {"output": {"jobs": [1]}}),
        ({"output": None}, {"output": None}),
        ({"error": "it failed"}, {"error": "it failed"}),
    ],
    ids=str,
)
def test_the_answer_is_one_json_object(
    given: dict[str, Any], printed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    answer(**given)
    assert json.loads(stdout.buffer.getvalue()) == printed


def test_the_answer_can_hold_any_letters_on_any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stdout)
    answer("日本 \ud800")
    assert json.loads(stdout.buffer.getvalue()) == {"output": "日本 \ud800"}
