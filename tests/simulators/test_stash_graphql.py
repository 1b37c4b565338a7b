"""GraphQL over HTTP: shapes, errors, find queries, timestamps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from graphql import execute_sync, parse

from simulators.films import films
from simulators.stash import GraphQLErrors, Scene, StashLibrary, StashSimulator, VideoFile
from simulators.stash.core import RequestContext
from simulators.stash.execution import schema
from simulators.stash.find import scenes as find_scenes

NOON = 1_700_000_000.0  # 2023-11-14T22:13:20Z


@pytest.fixture
def library() -> StashLibrary:
    """Scenes of falling age, ids 1 to 4; the fourth has no files and nothing else."""
    ticks = itertools.count()
    library = StashLibrary(clock=lambda: NOON + next(ticks), utc_offset_s=3600)
    top = library.add_studio("Top")
    middle = library.add_studio("Middle", parent=top)
    bottom = library.add_studio("Bottom", parent=middle)
    drama = library.add_tag("drama", sort_name="zz")
    noir = library.add_tag("noir", parents=[drama])
    ada, bob = library.add_performer("Ada"), library.add_performer("Bob")
    saga = library.add_group("Saga")
    part = library.add_group("Part", containing=[saga])
    library.add_scene(
        "Nosferatu 10",
        files=[VideoFile("/data/films/Nosferatu.mp4", 3_000_000_000, 5640.5)],
        performers=[bob, ada],
        tags=[drama, noir],
        studio=bottom,
        groups=[(part, 2)],
        rating100=90,
        date="1922",
    )
    library.add_scene("nosferatu 9", studio=middle, tags=[noir], performers=[ada], organized=True)
    library.add_scene("", files=[VideoFile("/data/100%_real.mp4")], studio=top, groups=[(saga, 1)])
    library.add_scene("A Trip to the Moon")
    return library


@pytest.fixture
def sim(library: StashLibrary, tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(library, config_dir=tmp_path / "config") as sim:
        yield sim


def found(sim: StashSimulator, arguments: str = "") -> list[int]:
    query = f"{{ findScenes{arguments and f'({arguments})'} {{ scenes {{ id }} }} }}"
    return [int(scene["id"]) for scene in sim.graphql(query)["findScenes"]["scenes"]]


def post(
    sim: StashSimulator, query: object, accept: str = "application/json", **more: Any
) -> requests.Response:
    content, headers = {"query": query, **more}, {"Accept": accept}
    return requests.post(f"{sim.url}/graphql", json=content, headers=headers, timeout=10)


def test_an_unset_text_is_empty_and_other_things_are_null(sim: StashSimulator) -> None:
    scene = sim.http_graphql("""{ findScene(id: 4) {
        id title code details director date rating100 studio { id } urls files { id }
        organized play_count captions { language_code } groups { scene_index } last_played_at
    } }""")["findScene"]

    assert scene == {
        "id": "4",
        "title": "A Trip to the Moon",
        "code": "",
        "details": "",
        "director": "",
        "date": None,
        "rating100": None,
        "studio": None,
        "urls": [],
        "files": [],
        "organized": False,
        "play_count": 0,
        "captions": None,
        "groups": [],
        "last_played_at": None,
    }


def test_a_scene_with_relations(sim: StashSimulator) -> None:
    scene = sim.http_graphql("""{ findScene(id: "1") {
        files { id path basename size duration fingerprint(type: "oshash")
                fingerprints { type value } }
        studio { name parent_studio { name parent_studio { name parent_studio { name } } } }
        performers { name image_path } tags { name parents { name } }
        groups { scene_index group { name front_image_path back_image_path
                 containing_groups { group { name } } } }
    } }""")["findScene"]

    (file,) = scene["files"]
    assert file["basename"] == "Nosferatu.mp4"
    assert (file["size"], file["duration"]) == (3_000_000_000, 5640.5)
    assert file["fingerprints"] == [{"type": "oshash", "value": file["fingerprint"]}]
    parents = {"name": "Top", "parent_studio": None}
    assert scene["studio"]["parent_studio"] == {"name": "Middle", "parent_studio": parents}
    assert scene["groups"][0]["scene_index"] == 2
    group = scene["groups"][0]["group"]
    assert group["containing_groups"] == [{"group": {"name": "Saga"}}]
    assert group["back_image_path"] is None
    assert group["front_image_path"].endswith("&default=true")


def test_performers_come_by_id_and_tags_by_sort_name(sim: StashSimulator) -> None:
    scene = sim.graphql("{ findScene(id: 1) { performers { name } tags { name } } }")["findScene"]

    assert scene["performers"] == [{"name": "Ada"}, {"name": "Bob"}]
    assert scene["tags"] == [{"name": "noir"}, {"name": "drama"}]


def test_addresses_are_on_the_host_that_the_request_named(sim: StashSimulator) -> None:
    sim.config.api_key = "the-key"
    answer = requests.post(
        f"{sim.url}/graphql",
        json={"query": "{ findScene(id: 1) { updated_at paths { screenshot stream } } }"},
        headers={"Host": "stash.example:9999", "X-Forwarded-Prefix": "/stash"},
        timeout=10,
    )
    scene = answer.json()["data"]["findScene"]

    base = "http://stash.example:9999/stash/scene/1"
    assert re.fullmatch(re.escape(base) + r"/screenshot\?t=17\d+", scene["paths"]["screenshot"])
    assert scene["paths"]["stream"] == f"{base}/stream?apikey=the-key"


@pytest.mark.parametrize(
    ("asked", "message", "more"),
    [
        ("{ findScene(id: 1) { nope } }", 'Cannot query field "nope" on type "Scene".', 22),
        ("{ findScene(nope: 1) { id } }", 'Unknown argument "nope" on field "Query.findScene".', 3),
        (
            "mutation { sceneUpdate { id } }",
            'Field "sceneUpdate" argument "input" of type "SceneUpdateInput!" is required, but it'
            " was not provided.",
            12,
        ),
        (
            "query($f: Int) { findScenes(filter: $f) { count } }",
            'Variable "$f" of type "Int" used in position expecting type "FindFilterType".',
            37,
        ),
        ("{ findScene(id: 1)", "Expected Name, found <EOF>", 19),
        ("", "no operation provided", None),
        ("query($id: ID!) { findScene(id: $id) { id } }", "must be defined", ["variable", "id"]),
        (
            ("query($id: ID!) { findScene(id: $id) { id } }", {"id": None}),
            "cannot be null",
            ["variable", "id"],
        ),
        (
            ("query($f: FindFilterType) { findScenes(filter: $f) { count } }", {"f": {"x": 1}}),
            "unknown field",
            ["variable", "f", "x"],
        ),
        (
            ("query($f: [ID!]) { findScenes(ids: $f) { count } }", {"f": [1, True]}),
            "cannot use bool as ID",
            ["variable", "f", 1],
        ),
    ],
)
def test_what_is_not_executed_is_refused_in_the_librarys_words(
    sim: StashSimulator, asked: Any, message: str, more: int | list[str | int] | None
) -> None:
    """As Stash v0.28.0 and v0.30.1 answered these; a number is the column."""
    query, variables = asked if isinstance(asked, tuple) else (asked, None)
    answer = post(sim, query, "application/json", variables=variables)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert answer.json()["data"] is None
    assert error["message"].startswith(message)
    code = "PARSE_FAILED" if message.startswith("Expected") else "VALIDATION_FAILED"
    assert error["extensions"] == {"code": f"GRAPHQL_{code}"}
    assert error.get("path") == (more if isinstance(more, list) else None)
    places = [{"line": 1, "column": more}] if isinstance(more, int) else None
    assert error.get("locations") == places


@pytest.mark.parametrize(
    ("version", "accept", "status", "kind"),
    [
        ("v0.30.0", "", 422, "application/json"),
        ("v0.30.0", "text/html, application/json;q=0.9", 422, "application/json"),
        ("v0.30.0", "*/*", 400, "application/graphql-response+json"),
        ("v0.30.0", "text/html", 400, "application/graphql-response+json"),
        ("v0.28.0", "*/*", 422, "application/json"),
    ],
)
def test_refusals_depend_on_what_the_client_takes(
    sim: StashSimulator, version: str, accept: str, status: int, kind: str
) -> None:
    sim.config.version = version
    answer = post(sim, "{ nope }", accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)


@pytest.mark.parametrize("name", ["B", None])
def test_an_unknown_operation_name_is_refused(sim: StashSimulator, name: str | None) -> None:
    query = "query A { version { hash } } query C { version { hash } }"
    answer = post(sim, query, "", operationName=name)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == f"operation {name or ''} not found"


def test_errors_of_resolvers_answer_200_and_are_logged(sim: StashSimulator) -> None:
    answer = post(sim, 'mutation { sceneUpdate(input: {id: 77, title: "x"}) { id } }')

    assert answer.status_code == 200
    assert answer.json() == {
        "data": {"sceneUpdate": None},
        "errors": [{"message": "scene with id 77 not found", "path": ["sceneUpdate"]}],
    }
    assert "error: sceneUpdate: scene with id 77 not found" in sim.log_text()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{", "unexpected EOF"),
        ("", "EOF"),
        ("[]", "json: cannot unmarshal array into Go value of type graphql.RawParams"),
        (
            '{"query": 5}',
            "json: cannot unmarshal number into Go struct field RawParams.query of type string",
        ),
        (
            '{"query": "{a}", "variables": []}',
            "json: cannot unmarshal array into Go struct field RawParams.variables of type"
            " map[string]interface {}",
        ),
    ],
)
def test_a_body_that_is_no_request_answers_400(
    sim: StashSimulator, body: str, problem: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{sim.url}/graphql", data=body, headers=headers, timeout=10)

    assert answer.status_code == 400
    message = f"json request body could not be decoded: {problem} body:{body}"
    assert answer.json() == {"errors": [{"message": message}], "data": None}


def test_only_json_is_taken(sim: StashSimulator) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = requests.post(f"{sim.url}/graphql", data="{}", headers=headers, timeout=10)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.json()["errors"] == [{"message": "transport not supported"}]


def test_a_get_changes_nothing(sim: StashSimulator) -> None:
    params = {"query": "mutation { stopAllJobs }"}
    refused = requests.get(f"{sim.url}/graphql", params=params, timeout=10)

    assert refused.status_code == 406
    assert requests.head(f"{sim.url}/graphql", timeout=10).status_code == 405
    assert requests.options(f"{sim.url}/graphql", timeout=10).headers["Allow"]


def test_queries_can_be_asked_by_get(sim: StashSimulator) -> None:
    params = {"query": "query($id: ID) { findScene(id: $id) { id } }", "variables": '{"id": 2}'}
    answer = requests.get(f"{sim.url}/graphql", params=params, timeout=10)

    assert answer.json() == {"data": {"findScene": {"id": "2"}}}


def test_ids_in_variables_may_be_numbers(sim: StashSimulator) -> None:
    query = "query($id: ID!) { findScene(id: $id) { id } }"

    assert sim.http_graphql(query, {"id": 2}) == {"findScene": {"id": "2"}}
    assert sim.http_graphql(query, {"id": "2"}) == {"findScene": {"id": "2"}}


def test_single_objects_that_are_missing_are_null(sim: StashSimulator) -> None:
    query = """{ findScene(id: 9) { id } findPerformer(id: 9) { id } findStudio(id: 9) { id }
        findTag(id: 9) { id } findGroup(id: 9) { id } findJob(input: {id: 9}) { id } }"""

    assert set(sim.graphql(query).values()) == {None}


def test_ids_keep_their_order_and_one_unknown_fails_all(sim: StashSimulator) -> None:
    assert found(sim, "ids: [3, 1], filter: {per_page: 0}") == [3, 1]
    with pytest.raises(GraphQLErrors, match="scene with id 9 not found"):
        found(sim, "ids: [1, 9]")
    with pytest.raises(GraphQLErrors, match="duplicate id found: 1"):
        found(sim, "ids: [1, 3, 1]")


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("{}", [4, 3, 2, 1]),  # no order at all: the studios' happens to be one
        ("{per_page: 2}", [4, 3]),
        ("{per_page: 2, page: 2}", [2, 1]),
        ("{per_page: 2, page: 3}", []),
        ("{per_page: 0}", []),
        ("{per_page: -1, page: 7}", [4, 3, 2, 1]),
        ('{sort: "id", direction: DESC}', [4, 3, 2, 1]),
        ('{sort: "title"}', [3, 4, 2, 1]),
        ('{sort: "rating"}', [3, 4, 2, 1]),
        ('{sort: "updated_at", direction: DESC}', [4, 3, 2, 1]),
        ('{q: "nosferatu"}', [2, 1]),
        ('{q: "films nosferatu"}', [1]),
    ],
)
def test_paging_sorting_and_searching(
    sim: StashSimulator, filter_: str, expected: list[int]
) -> None:
    assert found(sim, f"filter: {filter_}") == expected


def test_counts_are_of_all_that_match(sim: StashSimulator) -> None:
    query = "{ findScenes(filter: {per_page: 0}) { count duration filesize scenes { id } } }"

    assert sim.graphql(query)["findScenes"] == {
        "count": 4,
        "duration": 9240.5,
        "filesize": 3_001_000_000.0,
        "scenes": [],
    }


def test_twenty_five_a_page_is_the_default(sim: StashSimulator) -> None:
    for number in range(30):
        sim.library.add_scene(f"more {number}")

    assert found(sim, 'filter: {sort: "id"}') == list(range(1, 26))


def test_an_unknown_sort_is_an_error(sim: StashSimulator) -> None:
    with pytest.raises(GraphQLErrors, match="invalid sort: name"):
        found(sim, 'filter: {sort: "name"}')


@pytest.mark.parametrize(
    ("scene_filter", "expected"),
    [
        ("{id: {value: 2, modifier: GREATER_THAN}}", [3, 4]),
        ("{id: {value: 2, value2: 3, modifier: BETWEEN}}", [2, 3]),
        ("{organized: true}", [2]),
        ("{rating100: {value: 0, modifier: IS_NULL}}", [2, 3, 4]),
        ("{rating100: {value: 90, modifier: NOT_EQUALS}}", []),
        ('{path: {value: "nosferatu", modifier: INCLUDES}}', [1]),
        ('{path: {value: "NOSFERATU real", modifier: INCLUDES}}', [1, 3]),
        (r'{path: {value: "\"100%\"", modifier: INCLUDES}}', [3]),
        ('{path: {value: "/data/100%", modifier: EQUALS}}', [3]),
        ('{path: {value: "/DATA/100__real.mp4", modifier: EQUALS}}', [3]),
        ('{path: {value: "^/data/f", modifier: MATCHES_REGEX}}', [1]),
        ('{path: {value: "", modifier: IS_NULL}}', [2, 4]),
        ('{title: {value: "nosferatu 9", modifier: EQUALS}}', [2]),
        ("{studios: {value: [1], modifier: INCLUDES}}", [3]),
        ("{studios: {value: [1], modifier: INCLUDES, depth: 1}}", [2, 3]),
        ("{studios: {value: [1], modifier: INCLUDES, depth: -1}}", [1, 2, 3]),
        ("{studios: {value: [1], modifier: INCLUDES, depth: -1, excludes: [3]}}", [2, 3]),
        ("{tags: {value: [1], modifier: INCLUDES, depth: -1}}", [1, 2]),
        ("{tags: {value: [1, 2], modifier: INCLUDES_ALL}}", [1]),
        ("{tags: {value: [1], modifier: EXCLUDES}}", [2, 3, 4]),
        ("{tags: {modifier: IS_NULL}}", [3, 4]),
        ("{performers: {value: [1], modifier: INCLUDES, excludes: [2]}}", [2]),
        ("{performers: {value: [1, 2], modifier: INCLUDES}}", [1, 2]),
        ("{groups: {value: [1], modifier: INCLUDES}}", [3]),
        ("{groups: {value: [1], modifier: INCLUDES, depth: -1}}", [1, 3]),
        ("{organized: true, OR: {id: {value: 3, modifier: GREATER_THAN}}}", [2, 4]),
        ("{OR: {id: {value: 3, modifier: GREATER_THAN}}}", [4]),
        ("{NOT: {id: {value: 3, modifier: GREATER_THAN}}}", [1, 2, 3]),
        ("{organized: false, AND: {rating100: {value: 50, modifier: GREATER_THAN}}}", [1]),
        ('{organized: false, NOT: {path: {value: "", modifier: IS_NULL}}}', [1, 3]),
        ("{file_count: {value: 0, modifier: GREATER_THAN}}", [1, 3]),
        ('{date: {value: "1922-01-01", modifier: EQUALS}}', [1]),
        ("{stash_id_endpoint: {modifier: NOT_NULL}}", []),
    ],
)
def test_scene_filters(sim: StashSimulator, scene_filter: str, expected: list[int]) -> None:
    assert sorted(found(sim, f"scene_filter: {scene_filter}")) == expected


def test_timestamps_are_compared_as_text(sim: StashSimulator) -> None:
    """The same moment, written with another offset, finds other scenes."""
    scene = sim.library.scene(2)
    scene.updated_at = "2023-11-14T23:13:20+01:00"
    for other in (1, 3, 4):
        sim.library.scene(other).updated_at = "2023-11-14T23:13:19+01:00"

    def after(value: str) -> list[int]:
        criterion = f'{{updated_at: {{value: "{value}", modifier: GREATER_THAN}}}}'
        return sorted(found(sim, f"scene_filter: {criterion}"))

    assert after("2023-11-14T23:13:19+01:00") == [2]
    assert after("2023-11-14T22:13:19Z") == [1, 2, 3, 4]
    assert after("2023-11-15T00:13:19+02:00") == []
    assert after("2023-11-14 23:13:19") == [1, 2, 3, 4]


def test_timestamps_have_seconds_and_the_local_offset(sim: StashSimulator) -> None:
    library = sim.library
    library.clock = lambda: NOON + 0.9
    sim.update_scene({"id": 1, "title": "same second"})
    assert library.scene(1).updated_at == "2023-11-14T23:13:20+01:00"

    library.utc_offset_s = 0
    sim.update_scene({"id": 1, "title": "same second"})
    assert library.scene(1).updated_at == "2023-11-14T22:13:20Z"


def test_an_update_touches_only_what_it_names(sim: StashSimulator) -> None:
    before = sim.library.scene(1)
    sim.update_scene({"id": 1, "details": "  trimmed ", "rating100": None, "performer_ids": [2]})

    assert (before.title, before.details, before.rating100) == ("Nosferatu 10", "trimmed", None)
    assert [performer.name for performer in before.performers] == ["Bob"]
    assert [tag.name for tag in before.tags] == ["noir", "drama"]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"id": 1, "date": "22.11.1922"}, "converting date"),
        ({"id": 1, "tag_ids": [99]}, "FOREIGN KEY constraint failed"),
        ({"id": 4, "title": " "}, "title must be set if scene has no files"),
        ({"id": 1, "primary_file_id": 2}, "file with id 2 not associated with scene"),
    ],
)
def test_refused_updates(sim: StashSimulator, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(GraphQLErrors, match=problem):
        sim.update_scene(values)


def test_dates_may_be_partial(sim: StashSimulator) -> None:
    for date in ("1922", "1922-03", "1922-03-04"):
        sim.update_scene({"id": 1, "date": date})
        assert sim.library.scene(1).date == date


def test_bulk_modes(sim: StashSimulator) -> None:
    ids = [1, 2]
    sim.bulk_update_scenes({"ids": ids, "performer_ids": {"ids": [1], "mode": "REMOVE"}})
    sim.bulk_update_scenes({"ids": ids, "group_ids": {"ids": [1], "mode": "ADD"}})
    sim.bulk_update_scenes({"ids": ids, "tag_ids": {"ids": [1], "mode": "SET"}})
    sim.bulk_update_scenes({"ids": ids, "urls": {"values": ["http://x"], "mode": "ADD"}})

    first, second = (sim.library.scene(number) for number in ids)
    assert [performer.name for performer in first.performers] == ["Bob"]
    assert [(entry.group.name, entry.scene_index) for entry in first.groups] == [
        ("Part", 2),
        ("Saga", None),
    ]
    assert second.performers == []
    assert [tag.name for tag in second.tags] == ["drama"]
    assert second.urls == ["http://x"]


def test_merging_scenes_moves_files_and_forgets_the_sources(sim: StashSimulator) -> None:
    sim.graphql("""mutation {
        a: sceneAddPlay(id: 1) { count } b: sceneAddPlay(id: 2) { count }
        c: sceneAddO(id: 3) { count }
    }""")
    merge = '{source: [1, 3], destination: 2, play_history: true, values: {id: 2, code: "m"}}'
    sim.graphql(f"mutation {{ sceneMerge(input: {merge}) {{ id }} }}")

    kept = sim.library.scene(2)
    assert sorted(sim.library.scenes) == [2, 4]
    assert [file.basename for file in kept.files] == ["Nosferatu.mp4", "100%_real.mp4"]
    assert (kept.play_count, kept.o_counter, kept.code) == (2, 0, "m")


def test_related_objects_can_be_found(sim: StashSimulator) -> None:
    query = """{
        findPerformers(filter: {q: "ad"}) { count performers { name scene_count } }
        findStudios(filter: {sort: "name", per_page: 1}) { count studios { name } }
        findTags(ids: [2, 1]) { tags { name scene_count(depth: -1) children { name } } }
        findGroups(group_filter: {name: {value: "saga", modifier: EQUALS}}) {
            groups { name sub_groups { group { name } } scenes { id } } }
    }"""

    assert sim.graphql(query) == {
        "findPerformers": {"count": 1, "performers": [{"name": "Ada", "scene_count": 2}]},
        "findStudios": {"count": 3, "studios": [{"name": "Bottom"}]},
        "findTags": {
            "tags": [
                {"name": "noir", "scene_count": 2, "children": []},
                {"name": "drama", "scene_count": 2, "children": [{"name": "noir"}]},
            ]
        },
        "findGroups": {
            "groups": [
                {
                    "name": "Saga",
                    "sub_groups": [{"group": {"name": "Part"}}],
                    "scenes": [{"id": "3"}],
                }
            ]
        },
    }


@pytest.mark.parametrize(
    ("mutation", "value", "problem"),
    [
        ("tagCreate", {"name": "NOIR"}, "tag with name 'NOIR' already exists"),
        ("tagUpdate", {"id": 1, "name": "noir"}, "tag with name 'noir' already exists"),
        ("tagUpdate", {"id": 1, "name": " "}, "tag name must not be blank"),
        ("tagUpdate", {"id": 1, "name": "black"}, "name 'black' is used as alias for 'noir'"),
        ("tagUpdate", {"id": 1, "aliases": ["N_ir"]}, "tag with name 'N_ir' already exists"),
        (
            "tagUpdate",
            {"id": 1, "parent_ids": [2]},
            'cannot apply tag "noir" as a parent of "drama" as it is already a descendant'
            " (drama->noir)",
        ),
        (
            "tagUpdate",
            {"id": 2, "child_ids": [1]},
            'cannot apply tag "drama" as a child of "noir" as it is already an ancestor'
            " (drama->noir)",
        ),
        (
            "tagCreate",
            {"name": "new", "parent_ids": [2], "child_ids": [1]},
            'cannot apply tag "noir" as a parent of tag as it is already a descendant',
        ),
        (
            "bulkTagUpdate",
            {"ids": [1, 2], "child_ids": {"ids": [1], "mode": "SET"}},
            'cannot apply tag "drama" as a child of "drama" as it is already an ancestor (drama)',
        ),
        (
            "bulkTagUpdate",
            {"ids": [1, 2], "aliases": {"values": ["x"], "mode": "ADD"}},
            "name 'x' is used as alias for 'drama'",
        ),
        ("tagsDestroy", [2, 99], "id 99 does not exist in tags"),
        (
            "tagsMerge",
            {"source": [1], "destination": 1},
            "cannot merge where source == destination",
        ),
        ("performerCreate", {"name": "A%"}, "performer with name 'A%' already exists"),
        (
            "performerCreate",
            {"name": "ada", "disambiguation": "ii"},
            "performer with name 'ada' and disambiguation 'ii' already exists",
        ),
        ("performerUpdate", {"id": 1, "name": ""}, "performer name must not be blank"),
        (
            "performerUpdate",
            {"id": 1, "alias_list": ["ADA"]},
            "performer contains duplicate alias 'ADA'",
        ),
        (
            "performerUpdate",
            {"id": 1, "birthdate": "1900", "death_date": "1899-12"},
            "death date 1899-12 should be after birthdate 1900",
        ),
        ("studioCreate", {"name": "top"}, "studio with name 'top' already exists"),
        ("studioUpdate", {"id": 1, "parent_id": 3}, "studio cannot be an ancestor of itself"),
        ("studioUpdate", {"id": 1, "parent_id": 99}, "studio with id 99 not found"),
        ("groupUpdate", {"id": 1, "name": ""}, "name cannot be empty"),
        (
            "groupUpdate",
            {"id": 1, "containing_groups": [{"group_id": 2}]},
            "a group cannot be contained by one of its subgroups",
        ),
        ("groupUpdate", {"id": 99}, "not found"),
        ("bulkSceneUpdate", {"ids": [1, 99], "code": "x"}, "sql: no rows in result set"),
    ],
)
def test_what_stash_refuses_changes_nothing(
    sim: StashSimulator, mutation: str, value: Any, problem: str
) -> None:
    """In the words of Stash v0.30.1."""
    library = sim.library
    library.tags[2].aliases = ["black"]
    library.add_performer("Ada", disambiguation="II")

    def state() -> list[Any]:
        tables = (library.tags, library.performers, library.studios, library.groups)
        related = [list(table.items()) for table in tables]
        return [related, [(tag.name, tag.aliases, tag.parents) for tag in library.tags.values()]]

    before = state()

    with pytest.raises(GraphQLErrors) as refused:
        sim.change(mutation, value)

    assert str(refused.value) == problem
    assert state() == before


def test_tags_of_a_family_are_merged(sim: StashSimulator) -> None:
    """The kept tag gets the parents and children of all; links among those merged are dropped."""
    library = sim.library
    drama, noir = library.tags[1], library.tags[2]
    above, beside = library.add_tag("Zoom"), library.add_tag("Fiction")
    below = library.add_tag("tragedy", parents=[drama, above])
    library.update(drama, parents=[above])
    library.update(noir, parents=[drama, beside])

    sim.change("tagsMerge", {"source": [drama.id], "destination": noir.id})

    assert [tag.name for tag in library.tags.values()] == ["noir", "Zoom", "Fiction", "tragedy"]
    assert noir.parents == [beside, above]
    assert below.parents == [noir, above]


def test_a_merge_that_would_make_a_loop_is_refused(sim: StashSimulator) -> None:
    library = sim.library
    drama, noir = library.tags[1], library.tags[2]
    below = library.add_tag("tragedy", parents=[noir])
    with pytest.raises(GraphQLErrors) as refused:
        sim.change("tagsMerge", {"source": [below.id], "destination": drama.id})
    assert str(refused.value) == (
        'cannot apply tag "noir" as a parent of "drama" as it is already a descendant (drama->noir)'
    )
    assert (drama.parents, noir.parents, below.parents) == ([], [drama], [noir])
    assert below.id in library.tags


def test_tags_get_children_one_by_one_and_together(sim: StashSimulator) -> None:
    """In the order of their names, as everywhere."""
    library = sim.library
    drama, noir = library.tags[1], library.tags[2]
    query = "mutation($input: TagCreateInput!) { tagCreate(input: $input) { id } }"
    sim.graphql(query, {"input": {"name": "Mood", "child_ids": [noir.id]}})
    mood = library.tags[3]
    assert noir.parents == [mood, drama]
    sim.change("bulkTagUpdate", {"ids": [mood.id], "child_ids": {"ids": [1], "mode": "ADD"}})
    assert sim.graphql("{ findTag(id: 3) { children { name } } }") == {
        "findTag": {"children": [{"name": "noir"}, {"name": "drama"}]}
    }
    sim.change("tagUpdate", {"id": mood.id, "child_ids": [drama.id]})
    assert (noir.parents, drama.parents) == ([drama], [mood])


def test_what_stash_takes_though_it_looks_wrong(sim: StashSimulator) -> None:
    sim.change("groupCreate", {"name": "Saga"})
    sim.change("performerCreate", {"name": "Ada", "disambiguation": "the other"})
    sim.change("performerUpdate", {"id": 2, "alias_list": ["Ada", "b", "a"]})
    sim.change("tagUpdate", {"id": 1, "name": "Drama", "aliases": ["drama"]})
    sim.update_scene({"id": 1, "rating100": 500})

    assert sim.library.performers[2].alias_list == ["Ada", "a", "b"]
    assert sim.library.scene(1).rating100 == 500


def test_older_releases_keep_blanks_and_take_no_partial_dates(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path, version="v0.28.0") as old:
        scene = old.create_scene(title=" a ")
        old.update_scene({"id": scene.id, "title": "  "})
        with pytest.raises(GraphQLErrors, match=r"converting date: .* <1922-03>"):
            old.update_scene({"id": scene.id, "date": "1922-03"})

        assert scene.title == "  "
        with pytest.raises(GraphQLErrors, match="scene with id 1 not found"):
            found(old, "ids: [1, 1]")


@pytest.mark.parametrize("kind", ["performer", "studio", "tag", "group"])
def test_related_objects_are_made_changed_and_removed(sim: StashSimulator, kind: str) -> None:
    made = sim.graphql(f'mutation {{ x: {kind}Create(input: {{name: " New "}}) {{ id name }} }}')
    new_id = made["x"]["id"]
    renamed = f'mutation {{ x: {kind}Update(input: {{id: {new_id}, name: "Newer"}}) {{ name }} }}'

    assert made["x"]["name"] == "New"
    assert sim.graphql(renamed) == {"x": {"name": "Newer"}}
    assert sim.graphql(f"mutation {{ x: {kind}Destroy(input: {{id: {new_id}}}) }}") == {"x": True}
    assert int(new_id) not in getattr(sim.library, f"{kind}s")


def test_the_server_describes_itself(sim: StashSimulator) -> None:
    described = sim.graphql("""{
        version { version hash build_time } systemStatus { status os configPath appSchema }
        configuration { general { apiKey stashes { path } pluginsPath pythonPath parallelTasks } }
        stats { scene_count tag_count }
    }""")

    assert described["systemStatus"]["status"] == "OK"
    general = described["configuration"]["general"]
    assert general["apiKey"] == ""
    assert general["stashes"] == [{"path": "/data"}]
    assert general["pluginsPath"] == str(sim.config.plugins_path)
    assert described["stats"] == {"scene_count": 4, "tag_count": 2}


def test_compressed_for_whoever_takes_it(sim: StashSimulator) -> None:
    url, body = f"{sim.url}/graphql", {"query": "{ version { version } }"}
    kind = {"Accept": "application/json"}
    plain = requests.post(url, json=body, headers={**kind, "Accept-Encoding": ""}, timeout=10)
    packed = requests.post(url, json=body, headers={**kind, "Accept-Encoding": "gzip"}, timeout=10)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == plain.json()


@pytest.mark.parametrize(
    "query",
    [
        "{ a: findScene(id: 1) { ...F } b: findScene(id: 9) { ...F } } fragment F on Scene { id }",
        "{ findScene(id: 1) { id ... on Scene { title } ... { id code } __typename } }",
        "{ findScene(id: 1) { studio { id } studio { name } } }",
        "query($yes: Boolean = true) { findScene(id: 1) { id @skip(if: $yes) title } }",
        "query($id: ID = 1) { findScene(id: $id) { id paths { screenshot } } }",
        "{ findScenes(filter: {per_page: 2}) { count scenes { files { path } urls } } }",
        "{ findScenes(ids: [9]) { count } }",
        "{ __schema { queryType { name } } findScene(id: 1) { id } }",
        "{ configuration { plugins general { stashes { path } } } jobQueue { id } }",
    ],
)
def test_the_short_cut_answers_what_graphql_core_answers(sim: StashSimulator, query: str) -> None:
    answer = post(sim, query).json()
    context = RequestContext(sim.stash, sim.url)
    expected = execute_sync(schema(), parse(query), context_value=context)

    assert answer.get("data") == expected.data
    assert bool(answer.get("errors")) == bool(expected.errors)


def test_a_library_of_films() -> None:
    library = StashLibrary.from_films(films(30), folder="/films")
    scene = library.scene(1)
    film = films(30)[0]

    assert len(library.scenes) == 30
    assert scene.path == f"/films/{film.file_name}"
    assert {performer.name for performer in scene.performers} == {name for name, _ in film.cast}
    assert len({studio.name for studio in library.studios.values()}) == len(library.studios)


def test_silent_changes(library: StashLibrary) -> None:
    scene = library.scene(1)
    before = scene.updated_at

    library.update(scene, touch=False, rating100=5)
    assert (scene.rating100, scene.updated_at) == (5, before)
    library.update(scene, tags=list(library.tags.values()))
    assert scene.updated_at > before
    assert [tag.name for tag in scene.tags] == ["noir", "drama"]


def test_windows_paths_have_a_basename() -> None:
    assert VideoFile(r"D:\Films\a.mp4").basename == "a.mp4"
    assert VideoFile(r"/films/odd\name.mp4").basename == r"odd\name.mp4"


def test_walking_a_large_library_by_id_does_not_look_at_what_is_before() -> None:
    looked_at: list[int] = []

    class Watched(Scene):
        @property
        def path(self) -> str:
            looked_at.append(self.id)
            return ""

    library = StashLibrary()
    library.scenes = {number: Watched(number) for number in range(1, 1001)}
    criteria = {"id": {"value": 990, "modifier": "GREATER_THAN"}}

    page = find_scenes(library, criteria, {"sort": "path", "per_page": 5}).page

    assert [scene.id for scene in page] == [991, 992, 993, 994, 995]
    assert min(looked_at) == 991
