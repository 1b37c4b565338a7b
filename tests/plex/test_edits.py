"""Edits at the wire: right whether the server adds or replaces, locks by itself or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plex.client import PlexClient
from plex.edits import MAX_ITEMS, MAX_QUERY_BYTES, edit_requests, encoded_length, handfuls
from plex.items import PlexItem
from simulators.plex import Item, PlexLibrary, PlexSimulator
from sync.merge import merge
from sync.plan import Edit
from sync.values import Credit, Credits, ItemState, Memory, Value, Values
from tests.harness.turns import at_any_time

AWKWARD = ("a,b", "50% off", "R&B", "é+#[0]", "=;:'\"/?", "日本")


@pytest.fixture(params=["additive", "replacing"])
def plex(request: pytest.FixtureRequest) -> Iterator[PlexSimulator]:
    library = PlexLibrary()
    library.add_section("Films")
    with PlexSimulator(library) as simulator:
        simulator.quirks.tag_mode = request.param
        yield simulator


@pytest.fixture
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    made = PlexClient(plex.url, plex.token, client_id="test", turns=at_any_time)
    yield made
    made.close()


def film(plex: PlexSimulator, **values: object) -> Item:
    section = plex.library.sections["1"]
    return plex.library.add_item(section, "/data/film.mp4", title="Film", **values)  # type: ignore[arg-type]


def people(*names: str) -> Credits:
    return tuple(Credit(name) for name in names)


def sync(client: PlexClient, item: Item, memory: Memory, desired: Values) -> Memory:
    """Merge and write, as the worker does; what is remembered afterwards."""
    found = client.items([item.rating_key])[item.rating_key]
    plan = merge(memory, found.state, desired)
    for params in edit_requests(plan.edits):
        client.edit([found], params)
    return Memory(plan.baseline, (), plan.original)


def test_tags_come_out_complete(plex: PlexSimulator, client: PlexClient) -> None:
    item = film(plex, genre=["Mine", "Old"])
    memory = sync(client, item, Memory(), {"genres": people(*AWKWARD)})
    assert set(item.tag_names("genre")) == {"Mine", "Old", *AWKWARD}
    sync(client, item, memory, {"genres": people("a,b")})
    assert set(item.tag_names("genre")) == {"Mine", "Old", "a,b"}
    assert "genre" in item.locks


def test_emptied_lists_lose_only_ours(plex: PlexSimulator, client: PlexClient) -> None:
    item = film(plex, label=["Mine"])
    memory = sync(client, item, Memory(), {"labels": people("sea", "a,b")})
    assert sorted(item.tag_names("label")) == ["A,b", "Mine", "Sea"]
    sync(client, item, memory, {"labels": ()})
    assert item.tag_names("label") == ["Mine"]
    assert "label" not in item.locks


def test_cast_keeps_order_and_roles(plex: PlexSimulator, client: PlexClient) -> None:
    item = film(plex)
    cast = (Credit("Zoe", "The Doctor"), Credit("Ada", ""), Credit("Bruno", "A & B"))
    memory = sync(client, item, Memory(), {"cast": cast})
    assert [(tag.name, tag.role) for tag in item.tags["actor"]] == [
        (each.name, each.role) for each in cast
    ]
    sync(client, item, memory, {"cast": cast[1:]})
    assert item.tag_names("actor") == ["Ada", "Bruno"]


@pytest.mark.parametrize("implicit_lock", [False, True])
def test_locks_are_as_planned(
    plex: PlexSimulator, client: PlexClient, *, implicit_lock: bool
) -> None:
    plex.quirks.implicit_lock = implicit_lock
    item = film(plex, studio="Agent")
    desired: dict[str, Value] = {"studio": "Ours", "genres": people("Drama"), "summary": ""}
    memory = sync(client, item, Memory(), desired)
    assert item.locks == {"studio", "genre"}
    plex.library.agent_refresh(item)
    assert item.fields["studio"] == "Ours"
    sync(client, item, memory, {**desired, "studio": "", "genres": ()})
    assert item.locks == set()


def test_everything_travels_in_one_request(plex: PlexSimulator, client: PlexClient) -> None:
    item = film(plex)
    sync(client, item, Memory(), {"title": "T", "genres": people("Drama"), "cast": people("Ada")})
    assert plex.calls["edit"] == 1


def test_long_edits_are_split_below_the_limit(plex: PlexSimulator, client: PlexClient) -> None:
    item = film(plex)
    desired: dict[str, Value] = {
        "summary": "ä" * 900,
        "genres": people(*(f"Genre {n}" for n in range(60))),
        "cast": tuple(Credit(f"Łukasz {n}", "Głos") for n in range(60)),
    }
    sync(client, item, Memory(), desired)
    assert plex.calls["edit"] == 2
    assert len(item.tag_names("genre")) == len(item.tag_names("actor")) == 60
    assert item.fields["summary"] == desired["summary"]


def test_many_removals_are_split(plex: PlexSimulator, client: PlexClient) -> None:
    ours = people(*(f"Ours, {n}, żółć" for n in range(70)))
    item = film(plex, genre=["Mine", *(each.name for each in ours)])
    sync(client, item, Memory({"genres": ours}), {"genres": people("New")})
    assert sorted(item.tag_names("genre")) == ["Mine", "New"]


def test_a_foreign_list_too_long_to_repeat_only_loses_ours(
    plex: PlexSimulator, client: PlexClient
) -> None:
    foreign = [f"Somebody else's genre {n}" for n in range(200)]
    item = film(plex, genre=[*foreign, "Ours"])
    sync(client, item, Memory({"genres": people("Ours")}), {"genres": people("New")})
    assert item.tag_names("genre") == foreign


def test_locks_alone_need_no_value(plex: PlexSimulator, client: PlexClient) -> None:
    item = film(plex)
    found = client.items([item.rating_key])[item.rating_key]
    for params in edit_requests((), [("poster", True), ("title", True), ("background", False)]):
        client.edit([found], params)
    assert item.locks == {"thumb", "title"}


def test_no_request_is_longer_than_the_limit() -> None:
    edits = [
        Edit(name, (), people(*("ж" * 20 + str(n) for n in range(200))), removed=people("x" * 3000))
        for name in ("genres", "cast", "labels")
    ]
    assert all(encoded_length(params) <= MAX_QUERY_BYTES for params in edit_requests(edits))


@pytest.mark.parametrize("length", [1, 6_800, MAX_QUERY_BYTES])
def test_handfuls_fit_into_one_request_each(plex: PlexSimulator, length: int) -> None:
    items = [
        PlexItem(10_000_000 + n, "1", "movie", ItemState({}), ()) for n in range(2 * MAX_ITEMS)
    ]
    params = {"summary.value": "x" * (length - 20)} if length > 20 else {"a": "b"}
    portions = list(handfuls(items, params))
    assert [each for portion in portions for each in portion] == items
    for portion in portions:
        ids = ",".join(str(each.rating_key) for each in portion)
        assert len(portion) <= MAX_ITEMS
        assert encoded_length({**params, "id": ids}) < plex.quirks.max_request_line - 150
    assert len(portions) == (2 if length == 1 else len(portions)) <= 20


def test_an_empty_role_is_said_only_where_it_takes_one_away(
    plex: PlexSimulator, client: PlexClient
) -> None:
    item = film(plex)
    cast = (Credit("Ada", "The Guide"), Credit("Bruno"))
    memory = sync(client, item, Memory(), {"cast": cast})
    (first,) = plex.requests.matching("PUT")
    assert first.arg("actor[0].tagging.text") == "The Guide"
    assert first.arg("actor[1].tagging.text") is None
    sync(client, item, memory, {"cast": people("Ada", "Bruno")})
    assert [(tag.name, tag.role) for tag in item.tags["actor"]] == [("Ada", ""), ("Bruno", "")]
