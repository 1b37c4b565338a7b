"""Hooks: which run after which change, what they are told, and what stops them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.stash import (
    GraphQLErrors,
    RequestCancelled,
    StashLibrary,
    StashSimulator,
    VideoFile,
)
from simulators.stash.sample_plugins import write_plugin
from tests.simulators.kit import kill_when_running, wait_for

ALL_TRIGGERS = [
    f"{kind}.{event}.Post"
    for kind in ("Scene", "Performer", "Studio", "Tag", "Group", "Movie", "SceneMarker")
    for event in ("Create", "Update", "Destroy", "Merge")
]


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    """Two of everything and a plugin that hears every trigger and does nothing."""
    library = StashLibrary(clock=lambda: 1_700_000_000.0, utc_offset_s=3600)
    for name in ("one", "two"):
        library.add_performer(name)
        library.add_studio(name)
        library.add_tag(name)
        library.add_group(name)
        file = VideoFile(f"/data/{name}.mp4", hashes={"oshash": f"{name}-os", "md5": f"{name}-md"})
        library.add_scene(name, files=[file], performers=[1], tags=[1], studio=1, groups=[(1, 1)])
    other = library.add_file(VideoFile("/data/one b.mp4", hashes={"oshash": "one-b-os"}))
    library.scene(1).files = [*library.scene(1).files, other]
    library.add_marker(library.scene(1), "start", 1.0, library.tags[1])
    write_plugin(tmp_path / "config" / "plugins" / "p", manifest="all.yml", hooks=ALL_TRIGGERS)
    with StashSimulator(library, config_dir=tmp_path / "config") as sim:
        yield sim


def hooks(sim: StashSimulator) -> list[dict[str, Any]]:
    """The hook contexts so far, with the fields in order: real ones come in any."""
    contexts = [dict(run.args["hookContext"]) for run in sim.plugin_runs]  # type: ignore[call-overload]
    for context in contexts:
        if "inputFields" in context:
            context["inputFields"] = sorted(context["inputFields"])
    return contexts


def without_nulls(hook_input: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in hook_input.items() if value is not None}


def test_scene_update_has_every_field_and_names_those_given(sim: StashSimulator) -> None:
    values = {"id": 1, "title": "new", "tag_ids": [], "groups": [{"group_id": 2}]}
    sim.update_scene({**values, "studio_id": None})

    (hook,) = hooks(sim)

    assert (hook["id"], hook["type"]) == (1, "Scene.Update.Post")
    assert hook["inputFields"] == ["groups", "id", "studio_id", "tag_ids", "title"]
    assert len(hook["input"]) == 24
    assert without_nulls(hook["input"]) == {
        "id": "1",
        "title": "new",
        "tag_ids": [],
        "groups": [{"group_id": "2", "scene_index": None}],
    }


def test_bulk_scene_update_tells_each_scene_the_same(sim: StashSimulator) -> None:
    tags = {"ids": [2], "mode": "ADD"}
    sim.bulk_update_scenes({"ids": [2, 1], "rating100": 80, "tag_ids": tags, "details": None})

    given = {"ids": ["2", "1"], "rating100": 80, "tag_ids": {"ids": ["2"], "mode": "ADD"}}
    for hook, scene_id in zip(hooks(sim), (2, 1), strict=True):
        assert hook == {
            "id": scene_id,
            "type": "Scene.Update.Post",
            "input": given,
            "inputFields": ["details", "ids", "rating100", "tag_ids"],
        }
    assert [tag.name for tag in sim.library.scene(1).tags] == ["one", "two"]


def test_scenes_update_gives_each_hook_all_inputs_but_its_own_fields(sim: StashSimulator) -> None:
    sim.change(
        "scenesUpdate",
        [{"id": 1, "title": "a"}, {"id": 2, "date": "2001-02"}],
    )

    first, second = hooks(sim)

    assert [without_nulls(each) for each in first["input"]] == [
        {"id": "1", "title": "a"},
        {"id": "2", "date": "2001-02"},
    ]
    assert second["input"] == first["input"]
    assert (first["inputFields"], second["inputFields"]) == (["id", "title"], ["date", "id"])


def test_scene_create_says_nothing_but_the_id(sim: StashSimulator) -> None:
    scene = sim.create_scene(title="by hand")

    assert hooks(sim) == [{"id": scene.id, "type": "Scene.Create.Post", "input": None}]


def test_scene_destroy_names_the_file_that_is_gone(sim: StashSimulator) -> None:
    sim.change("sceneDestroy", {"id": 1, "delete_file": True})

    assert hooks(sim) == [
        {
            "id": 1,
            "type": "Scene.Destroy.Post",
            "input": {
                "id": "1",
                "delete_file": True,
                "delete_generated": None,
                "checksum": "one-md",
                "oshash": "one-os",
                "path": "/data/one.mp4",
            },
        }
    ]


def test_scenes_destroy_has_all_ids_and_each_scenes_own_path(sim: StashSimulator) -> None:
    sim.change("scenesDestroy", {"ids": [1, 2]})

    assert [hook["id"] for hook in hooks(sim)] == [1, 2]
    assert [hook["input"]["ids"] for hook in hooks(sim)] == [["1", "2"]] * 2
    assert [hook["input"]["path"] for hook in hooks(sim)] == ["/data/one.mp4", "/data/two.mp4"]
    assert "id" not in hooks(sim)[0]["input"]


@pytest.mark.parametrize("kind", ["Performer", "Studio", "Tag"])
def test_update_of_a_related_object(sim: StashSimulator, kind: str) -> None:
    sim.change(f"{kind.lower()}Update", {"id": 2, "name": "renamed"})

    (hook,) = hooks(sim)

    assert (hook["id"], hook["type"]) == (2, f"{kind}.Update.Post")
    assert hook["inputFields"] == ["id", "name"]
    assert hook["input"]["name"] == "renamed"


def test_which_related_inputs_have_nulls(sim: StashSimulator) -> None:
    """Stash's own structs write them, those of its GraphQL library leave them out."""
    for kind in ("Performer", "Studio", "Tag"):
        sim.change(f"{kind.lower()}Update", {"id": 1, "image": None})

    performer, studio, tag = (hook["input"] for hook in hooks(sim))

    assert performer["custom_fields"] == {"full": None, "partial": None, "remove": None}
    assert performer["aliases"] is None
    assert studio["parent_id"] is None
    assert tag == {"id": "1"}


def test_a_group_fires_twice_under_both_names(sim: StashSimulator) -> None:
    sim.change("groupUpdate", {"id": 1, "synopsis": "x"})
    sim.change("groupDestroy", {"id": 1})

    assert [hook["type"] for hook in hooks(sim)] == [
        "Group.Update.Post",
        "Movie.Update.Post",
        "Group.Destroy.Post",
        "Movie.Destroy.Post",
    ]
    assert sim.library.scene(1).groups == []


@pytest.mark.parametrize("kind", ["Performer", "Studio", "Tag", "Group"])
def test_bulk_update_fires_once_an_object(sim: StashSimulator, kind: str) -> None:
    value = {"ids": [1, 2], "favorite": True} if kind != "Group" else {"ids": [1, 2]}
    sim.change(f"bulk{kind}Update", value)

    own = [hook for hook in hooks(sim) if hook["type"] == f"{kind}.Update.Post"]
    assert [hook["id"] for hook in own] == [1, 2]
    assert own[0]["input"]["ids"] == ["1", "2"]
    assert own[0]["inputFields"] == sorted(value)


@pytest.mark.parametrize("kind", ["Performer", "Studio", "Tag"])
def test_destroy_of_one_and_of_several(sim: StashSimulator, kind: str) -> None:
    sim.library.markers.clear()
    sim.change(f"{kind.lower()}Destroy", {"id": 2})
    sim.change(f"{kind.lower()}sDestroy", [1])

    assert hooks(sim) == [
        {"id": 2, "type": f"{kind}.Destroy.Post", "input": {"id": "2"}},
        {"id": 1, "type": f"{kind}.Destroy.Post", "input": ["1"]},
    ]
    scene = sim.library.scene(1)
    gone = {"Performer": scene.performers, "Studio": scene.studio, "Tag": scene.tags}[kind]
    assert not gone


@pytest.mark.parametrize("mutation", ["tagDestroy", "tagsDestroy"])
def test_a_tag_that_is_a_markers_primary_one_cannot_be_destroyed(
    sim: StashSimulator, mutation: str
) -> None:
    with pytest.raises(GraphQLErrors, match="primary tag"):
        sim.change(mutation, {"id": 1} if mutation == "tagDestroy" else [2, 1])

    assert hooks(sim) == []
    assert list(sim.library.tags) == [1, 2]
    sim.change("tagsMerge", {"source": [1], "destination": 2})
    assert sim.library.markers[1].primary_tag.name == "two"


def test_a_movie_is_a_group_with_an_input_of_its_own(sim: StashSimulator) -> None:
    sim.change("movieUpdate", {"id": 1, "synopsis": "new"})

    assert [(hook["type"], hook["inputFields"]) for hook in hooks(sim)] == [
        ("Group.Update.Post", ["id", "synopsis"]),
        ("Movie.Update.Post", ["id", "synopsis"]),
    ]
    assert sim.library.groups[1].synopsis == "new"


def test_performers_hooks_have_the_old_fields(sim: StashSimulator) -> None:
    sim.change("performerUpdate", {"id": 1, "details": "new"})

    (hook,) = hooks(sim)
    old = {"url", "twitter", "instagram", "height", "aliases"}
    odd = {"fake_tits", "penis_length", "circumcised"}
    assert old | odd <= hook["input"].keys()
    assert set(hook["inputFields"]) == {"id", "details"}


def test_tags_merge_fires_once_for_the_kept_tag(sim: StashSimulator) -> None:
    sim.change("tagsMerge", {"source": [1], "destination": 2})

    assert hooks(sim) == [
        {"id": 2, "type": "Tag.Merge.Post", "input": {"source": ["1"], "destination": "2"}}
    ]
    assert [tag.name for tag in sim.library.scene(1).tags] == ["two"]
    assert list(sim.library.tags) == [2]


def test_markers_do_not_name_their_scene_when_destroyed(sim: StashSimulator) -> None:
    query = """mutation { sceneMarkerCreate(
        input: {title: "x", seconds: 3, scene_id: 2, primary_tag_id: 1}) { id } }"""
    sim.graphql(query)
    sim.graphql('mutation { sceneMarkerUpdate(input: {id: 2, title: "y"}) { id } }')
    sim.graphql("mutation { sceneMarkersDestroy(ids: [1, 2]) }")

    created, updated, *destroyed = hooks(sim)

    assert created["input"]["scene_id"] == "2"
    assert (updated["id"], updated["input"]) == (2, {"id": "2", "title": "y"})
    assert [(hook["id"], hook["input"]) for hook in destroyed] == [
        (1, ["1", "2"]),
        (2, ["1", "2"]),
    ]


@pytest.mark.parametrize(
    ("mutation", "moves"),
    [
        ("sceneAddPlay(id: 1) { count }", False),
        ("sceneAddO(id: 1) { count }", False),
        ("sceneSaveActivity(id: 1, resume_time: 5, playDuration: 6)", False),
        ("sceneAssignFile(input: {scene_id: 2, file_id: 3})", False),
        ("deleteFiles(ids: [3])", False),
        ('moveFiles(input: {ids: [1], destination_folder: "/data/x"})', False),
        ("sceneMerge(input: {source: [2], destination: 1}) { id }", True),
        ("sceneGenerateScreenshot(id: 1)", True),
        ("performerMerge(input: {source: [1], destination: 2}) { id }", False),
    ],
)
def test_changes_without_any_hook(sim: StashSimulator, mutation: str, moves: bool) -> None:
    before = sim.library.scene(1).updated_at
    sim.library.clock = lambda: 1_700_000_100.0
    sim.config.version = "v0.31.0"

    sim.graphql(f"mutation {{ {mutation} }}")

    assert hooks(sim) == []
    assert (sim.library.scene(1).updated_at != before) == moves


@pytest.mark.parametrize("version", ["v0.28.0", "v0.30.0"])
def test_performers_are_merged_from_v031_on(sim: StashSimulator, version: str) -> None:
    sim.config.version = version

    with pytest.raises(GraphQLErrors, match='Cannot query field "performerMerge"'):
        sim.graphql("mutation { performerMerge(input: {source: [1], destination: 2}) { id } }")

    assert list(sim.library.performers) == [1, 2]


@pytest.mark.parametrize("kind", ["performer", "studio", "tag", "group"])
def test_a_renamed_related_object_moves_no_scenes_updated_at(
    sim: StashSimulator, kind: str
) -> None:
    before = sim.library.scene(1).updated_at
    sim.library.clock = lambda: 1_700_000_100.0

    sim.graphql(f'mutation {{ {kind}Update(input: {{id: 1, name: "new"}}) {{ id }} }}')

    assert sim.library.scene(1).updated_at == before


def test_a_scan_fires_with_null_and_makes_the_cover_later(
    sim: StashSimulator, tmp_path: Path
) -> None:
    script = """
answer = ask('{ findScene(id: %d) { id } }' % args["hookContext"]["id"])
url = f"http://127.0.0.1:{connection['Port']}/scene/{answer['data']['findScene']['id']}/screenshot"
print(urllib.request.urlopen(url).headers["Content-Type"])
"""
    sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Create.Post"]))
    ticks = itertools.count(1_700_000_000)
    sim.library.clock = lambda: float(next(ticks))
    scene, known = sim.scan(
        [("/data/new.mp4", 5, 60.0), ("/data/one.mp4", 6, 61.0)], cover=b"\xff\xd8\xff"
    )

    assert [hook for hook in hooks(sim) if hook["id"] == known.id] == [
        {"id": 1, "type": "Scene.Update.Post", "input": None}
    ]
    created = [hook for hook in hooks(sim) if hook["id"] == scene.id]
    assert created == [{"id": 3, "type": "Scene.Create.Post", "input": None}] * 2
    assert [run.stdout for run in sim.plugin_runs if run.stdout] == ["image/svg+xml\n"]
    assert scene.cover == b"\xff\xd8\xff"
    assert scene.updated_at > scene.created_at
    assert known.files[0].size == 6


def test_a_scan_passes_over_what_it_knows(sim: StashSimulator) -> None:
    file = sim.library.scene(1).files[0]
    known = (file.path, file.size, file.duration_s)
    sim.scan([known])
    assert hooks(sim) == []

    sim.scan([known], rescan=True)
    assert hooks(sim) == [{"id": 1, "type": "Scene.Update.Post", "input": None}]


def test_a_copy_joins_its_scene(sim: StashSimulator) -> None:
    before = sim.library.scene(1).updated_at
    sim.library.clock = lambda: 1_700_000_100.0
    (scene,) = sim.scan([VideoFile("/data/copy.mp4", hashes={"oshash": "one-os"})])

    assert scene.id == 1
    assert [file.basename for file in scene.files] == ["one.mp4", "one b.mp4", "copy.mp4"]
    assert hooks(sim) == [{"id": 1, "type": "Scene.Update.Post", "input": None}]
    assert scene.updated_at != before


def test_hooks_of_a_scan_run_in_parallel(sim: StashSimulator, tmp_path: Path) -> None:
    """Each hook waits for the other to have started."""
    script = f"""
mine = args["hookContext"]["id"]
open({str(tmp_path)!r} + f"/{{mine}}", "w").close()
wait_for({str(tmp_path)!r} + f"/{{7 - mine}}")
"""
    sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Create.Post"]))

    scenes = sim.scan([("/data/a.mp4", 1, 1.0), ("/data/b.mp4", 1, 1.0)], parallel=2)

    assert [scene.id for scene in scenes] == [3, 4]


def test_a_move_found_by_a_scan_fires_but_leaves_updated_at(sim: StashSimulator) -> None:
    before = sim.library.scene(1).updated_at
    sim.library.clock = lambda: 1_700_000_100.0

    sim.scan_moved("/data/one.mp4", "/data/films/one.mp4")

    assert hooks(sim) == [{"id": 1, "type": "Scene.Update.Post", "input": None}]
    assert sim.library.scene(1).files[0].basename == "one.mp4"
    assert sim.library.scene(1).updated_at == before


def test_identify_names_groups_movies_and_leaves_out_the_id(sim: StashSimulator) -> None:
    sim.identify(1, {"title": "found", "groups": [{"group_id": "2"}], "studio_id": None})

    (hook,) = hooks(sim)

    assert hook["inputFields"] == ["movies", "title"]
    assert without_nulls(hook["input"]) == {
        "id": "1",
        "title": "found",
        "movies": [{"movie_id": "2", "scene_index": None}],
    }


def test_identify_of_only_a_cover_has_no_fields(sim: StashSimulator) -> None:
    sim.identify(1, {"cover_image": "data:image/png;base64,iVBORw=="})

    assert "inputFields" not in hooks(sim)[0]
    assert sim.library.scene(1).cover == b"\x89PNG"


def test_clean_tells_the_path_but_no_id(sim: StashSimulator) -> None:
    sim.clean([2])

    (hook,) = hooks(sim)

    assert hook["id"] == 2
    assert hook["input"] == {
        "id": "",
        "delete_file": None,
        "delete_generated": None,
        "checksum": "two-md",
        "oshash": "two-os",
        "path": "/data/two.mp4",
    }


def test_hooks_of_all_plugins_run_one_after_another(sim: StashSimulator, tmp_path: Path) -> None:
    log = tmp_path / "order"
    script = f"""
for what in ("start", "end"):
    with open({str(log)!r}, "a") as file: file.write(what + "\\n")
"""
    for name in ("x", "y"):
        folder = write_plugin(tmp_path / name, script, hooks=["Scene.Update.Post"])
        sim.install_plugin(folder, name)

    sim.bulk_update_scenes({"ids": [1, 2], "code": "c"})

    assert log.read_text().split() == ["start", "end"] * 4


def test_a_plugin_that_cannot_start_skips_those_after_it(
    sim: StashSimulator, tmp_path: Path
) -> None:
    broken = write_plugin(tmp_path / "broken", exec=["nowhere"], hooks=["Scene.Update.Post"])
    sim.install_plugin(broken, "a_broken")
    sim.update_scene({"id": 1, "code": "c"})

    assert hooks(sim) == []
    assert "error executing post hooks: error running plugin" in sim.log_text()
    assert sim.library.scene(1).code == "c"


def test_errors_of_a_hook_are_logged_and_the_save_succeeds(
    sim: StashSimulator, tmp_path: Path
) -> None:
    script = "print(json.dumps({'error': 'no token'}))"
    sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Update.Post"]))

    sim.update_scene({"id": 1, "title": "saved"})

    assert "error: Scene.Update.Post [Sample]: returned error: no token" in sim.log_text()
    assert sim.library.scene(1).title == "saved"


def test_a_misspelt_trigger_is_loaded_and_never_fires(sim: StashSimulator, tmp_path: Path) -> None:
    sim.install_plugin(write_plugin(tmp_path / "s", hooks=["Scene.Updated.Post"]), "typo")
    sim.update_scene({"id": 1, "code": "c"})

    assert {run.plugin_id for run in sim.plugin_runs} == {"all"}
    assert "error" not in sim.log_text()


def test_hooks_get_default_args_and_disabled_plugins_get_none(
    sim: StashSimulator, tmp_path: Path
) -> None:
    hook = {"name": "h", "triggeredBy": ["Scene.Update.Post"], "defaultArgs": {"mode": "hook"}}
    source = write_plugin(tmp_path / "s")
    (source / "plugin.yml").write_text(f"exec: ['true']\nhooks: [{hook}]\n")
    sim.install_plugin(source, "mine")
    sim.graphql("mutation { setPluginsEnabled(enabledMap: {all: false}) }")
    sim.update_scene({"id": 1, "code": "c"})

    (run,) = sim.plugin_runs

    assert (run.plugin_id, run.args["mode"]) == ("mine", "hook")


def test_a_closed_browser_kills_the_hook_and_skips_the_rest(
    sim: StashSimulator, tmp_path: Path
) -> None:
    script = "wait_for('/never')"
    sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Update.Post"]), "a_slow")
    save = threading.Thread(target=lambda: sim.bulk_update_scenes({"ids": [1, 2], "code": "c"}))
    save.start()
    wait_for(sim.running_plugins)

    sim.kill_running_plugins()
    save.join()

    assert [scene.code for scene in sim.library.scenes.values()] == ["c", "c"]
    (run,) = sim.plugin_runs
    wait_for(lambda: run.exit_code is not None)
    assert run.exit_code == -9
    assert "error executing post hooks: operation cancelled" in sim.log_text()


def test_the_mutation_of_a_closed_browser_has_no_answer(
    sim: StashSimulator, tmp_path: Path
) -> None:
    script = "wait_for('/never')"
    sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Update.Post"]), "a_slow")
    killer = threading.Thread(target=lambda: kill_when_running(sim))
    killer.start()

    with pytest.raises(RequestCancelled):
        sim.graphql('mutation { sceneUpdate(input: {id: 1, code: "c"}) { id } }')
    killer.join()


def test_a_hook_that_triggers_itself_is_stopped_at_ten(sim: StashSimulator, tmp_path: Path) -> None:
    script = """ask('mutation { sceneUpdate(input: {id: 1, code: "again"}) { id } }')"""
    sim.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Update.Post"]), "loop")
    sim.graphql("mutation { setPluginsEnabled(enabledMap: {all: false}) }")

    sim.update_scene({"id": 1, "title": "start"})

    assert len(sim.plugin_runs) == 10
    assert "debug: cyclic loop detected: plugin ID 'loop' hook Scene.Update.Post" in sim.log_text()


def test_a_failed_change_fires_nothing(sim: StashSimulator) -> None:
    with pytest.raises(Exception, match="sql: no rows in result set"):
        sim.bulk_update_scenes({"ids": [1, 9], "code": "c"})

    assert hooks(sim) == []
    assert sim.library.scene(1).code == ""


def test_clean_keeps_a_scene_that_has_another_file(sim: StashSimulator) -> None:
    before = sim.library.scene(1).updated_at
    sim.library.clock = lambda: 1_700_000_100.0
    sim.clean_files(["/data/one.mp4"])

    assert hooks(sim) == []
    assert sim.library.scene(1).path == "/data/one b.mp4"
    assert sim.library.scene(1).updated_at != before


def test_the_auto_tagger_adds_what_is_missing_and_fires_nothing(sim: StashSimulator) -> None:
    scene, complete = sim.library.scene(1), sim.library.scene(2)
    sim.library.update(complete, performers=list(sim.library.performers.values()))
    before = complete.updated_at
    sim.library.clock = lambda: 1_700_000_100.0
    performer, studio = sim.library.performers[2], sim.library.studios[2]
    sim.auto_tag([1, 2], performers=[performer], studio=studio)

    assert hooks(sim) == []
    assert [each.name for each in scene.performers] == ["one", "two"]
    assert scene.studio is sim.library.studios[1]
    assert scene.updated_at != before
    assert complete.updated_at == before


def test_identify_fires_nothing_for_what_it_skips(sim: StashSimulator) -> None:
    before = sim.library.scene(1).updated_at
    sim.library.clock = lambda: 1_700_000_100.0
    sim.identify_skips(1, sim.library.tags[2])

    assert hooks(sim) == []
    assert [tag.name for tag in sim.library.scene(1).tags] == ["one", "two"]
    assert sim.library.scene(1).updated_at != before
