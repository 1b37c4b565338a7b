"""What a page asks while it sets up: libraries, paths, the check; and scenes left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import GraphQLErrors
from tests.harness.rig import act, ask, command_line


def test_libraries_are_counted_and_those_that_are_meant_are_marked(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=4, link=False)
    rig.plex.library.add_section("Series", type="show", agent="tv.plex.agents.series")
    rig.plex.library.add_section("Songs", type="artist", agent="tv.plex.agents.music")
    films = {"name": "Films", "type": "movie", "items": 4, "folders": ["/data/films"]}
    answer = ask(rig, "libraries")
    assert answer["libraries"][0] == {**films, "chosen": True}
    assert [each["name"] for each in answer["libraries"]] == ["Films", "Series"]
    assert answer["server"]["url"] == rig.plex.url
    rig.configure(plex_libraries="series, No longer there")
    answer = ask(rig, "libraries")
    assert [each["chosen"] for each in answer["libraries"]] == [False, True]
    assert answer["missing"] == ["No longer there"]


def test_paths_are_sampled_and_a_map_is_proposed_with_examples(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=10, plex_folder="/media/library", absent=2, link=False)
    answer = ask(rig, "paths")
    assert (answer["sampled"], answer["found"], answer["folders"]) == (10, 8, ["/media/library"])
    (proposal,) = answer["proposals"]
    assert (proposal["stash"], proposal["plex"], proposal["files"]) == (
        "/data/films",
        "/media/library",
        8,
    )
    name = rig.films[0].file_name
    example = {"stash": f"/data/films/{name}", "plex": f"/media/library/{name}"}
    assert proposal["examples"][0] == example
    assert len(answer["not_found"]) == 2
    act(rig, "save", values={"path_map": f"{proposal['stash']} => {proposal['plex']}"})
    answer = ask(rig, "paths", sample=3)
    assert answer["proposals"] == []
    assert answer["rules"][0]["because"] == "path_map"


def test_few_files_give_a_hint_where_none_is_in_its_place(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=2, plex_folder="/media/library", link=False)
    (proposal,) = ask(rig, "paths")["proposals"]
    assert (proposal["stash"], proposal["files"]) == ("/data/films", 2)
    rig = make_rig(count=2, link=False)
    assert ask(rig, "paths")["proposals"] == []


def test_the_check_is_that_of_the_command_line(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=4, absent=1, link=False)
    rig.configure(partial_paths="/data/films", exclude_tags=rig.films[0].genres[0])
    shown = command_line(rig, "doctor").stdout.splitlines()
    answer = ask(rig, "check")
    marks = {True: "ok: ", False: "PROBLEM: ", None: "note: "}
    for each in answer["findings"]:
        end = f". {each['advice']}" if each["advice"] else ""
        assert f"{marks[each['ok']]}{each['text']}{end}" in shown
    texts = [each["text"] for each in answer["findings"]]
    assert "1 of 4 sampled scenes are not synced: not in Plex, and needn't be" in texts
    assert any("sampled scenes are not synced: left alone by exclude_tags" in x for x in texts)
    assert answer["verdict"] == "Everything is in order."
    rig.configure(plex_token="a-wrong-token")
    assert [each["ok"] for each in ask(rig, "check")["findings"]][-1] is False


def test_a_scene_is_left_alone_until_that_is_taken_back(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=3, absent=1, link=False)
    assert command_line(rig, "sync").returncode == 0
    assert command_line(rig, "restore", "--scene", "2").returncode == 0
    assert act(rig, "exclude", scenes=[1, "3"]) == {"scenes": [1, 3], "on": True}
    said = {"state": "excluded", "why": "left alone, as somebody has said of this scene"}
    assert ask(rig, "states", scenes=[1, 3])["states"] == {"1": said, "3": said}
    assert ask(rig, "scene", scene=1)["excluded"] == "person"
    rig.until_drained()
    assert ask(rig, "status")["failures"] == []
    assert ask(rig, "status")["counts"]["excluded"] == 2
    rig.stash.update_scene({"id": 1, "title": "Not for Plex"})
    rig.until(lambda: "scene 1: skipped, left alone" in rig.log_file(), "the look at the scene")
    assert rig.title(1) != "Not for Plex"
    shown = command_line(rig, "sync", "--scene", "1")
    assert (shown.returncode, "left alone since somebody has said so" in shown.stderr) == (1, True)
    act(rig, "exclude", scenes=[1, 2], on=False)
    rig.until(lambda: rig.title(1) == "Not for Plex", "the edit in Plex")
    rig.until(lambda: rig.title(2) == rig.films[1].title, "the scene that was restored")


@pytest.mark.parametrize("what", ["libraries", "paths"])
def test_what_is_not_set_up_is_answered_with_what_to_do(
    make_rig: Callable[..., Rig], what: str
) -> None:
    rig = make_rig(count=1, settings={})
    with pytest.raises(GraphQLErrors, match="setting plex_url is missing"):
        ask(rig, what)
    rig.stash.configure_plugin(PLUGIN_ID, {"plex_url": rig.plex.url, "plex_token": "wrong-token"})
    with pytest.raises(GraphQLErrors, match="Plex refuses the token"):
        ask(rig, what)


@pytest.mark.parametrize(
    ("what", "args", "told"),
    [
        ("paths", {"sample": 501}, "sample is 501. Expected a number from 1 to 500"),
        ("libraries", {"sample": 5}, "doesn't know sample"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    rig: Rig, what: str, args: dict[str, Any], told: str
) -> None:
    with pytest.raises(GraphQLErrors, match=told):
        ask(rig, what, **args)
