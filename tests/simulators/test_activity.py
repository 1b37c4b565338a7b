"""What the simulators record of watching, as the sheet says; asked over HTTP, by plexapi too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from plexapi.server import PlexServer

from simulators.plex import Item, PlexLibrary, PlexSimulator
from simulators.stash import StashLibrary, StashSimulator

NOW = 1_700_000_000
LIBRARY = "com.plexapp.plugins.library"


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    library = PlexLibrary(clock=lambda: NOW)
    section = library.add_section("Films", locations=["/data"])
    for name in ("Nanook", "Metropolis"):
        library.add_item(section, f"/data/{name}.mp4", title=name, duration_ms=3_600_000)
    library.activity.accounts[2] = "Grace"
    with PlexSimulator(library) as sim:
        sim.guests["another-token"] = 2
        yield sim


def film(plex: PlexSimulator, name: str = "Nanook") -> Item:
    found = plex.library.find(f"/data/{name}.mp4")
    assert found
    return found


def answer(plex: PlexSimulator, path: str, token: str = "") -> requests.Response:
    return requests.get(
        f"{plex.url}{path}", headers={"X-Plex-Token": token or plex.token}, timeout=10
    )


def test_a_film_that_was_watched_is_in_the_history_and_counted(plex: PlexSimulator) -> None:
    item = film(plex)
    plex.library.activity.watch(item, at=NOW - 100)
    found = PlexServer(plex.url, plex.token).history()
    assert [(each.ratingKey, each.accountID) for each in found] == [(item.rating_key, 1)]
    assert int(found[0].viewedAt.timestamp()) == NOW - 100
    assert (item.view_count, item.view_offset, item.last_viewed_at) == (1, 0, NOW - 100)


def test_a_part_of_it_moves_the_position_and_the_time_but_is_no_play(plex: PlexSimulator) -> None:
    item = film(plex)
    assert plex.library.activity.watch(item, to=0.5) is None
    assert (item.view_count, item.view_offset, item.last_viewed_at) == (0, 1_800_000, NOW)
    assert plex.library.activity.plays == []


@pytest.mark.parametrize(("threshold", "is_play"), [(80, True), (90, False), (None, False)])
def test_from_when_on_it_is_a_play(
    plex: PlexSimulator, threshold: int | None, is_play: bool
) -> None:
    plex.quirks.played_threshold = threshold
    assert (plex.library.activity.watch(film(plex), to=0.85) is not None) == is_play


def test_another_accounts_play_is_in_the_history_alone(plex: PlexSimulator) -> None:
    item = film(plex)
    plex.library.activity.watch(item, account=2)
    assert [each.account_id for each in plex.library.activity.plays] == [2]
    assert (item.view_count, item.last_viewed_at) == (0, None)


def test_marking_leaves_no_history(plex: PlexSimulator) -> None:
    key = f"key={film(plex).rating_key}&identifier={LIBRARY}"
    answer(plex, f"/:/scrobble?{key}")
    assert (film(plex).view_count, plex.library.activity.plays) == (1, [])
    answer(plex, f"/:/unscrobble?{key}")
    assert (film(plex).view_count, film(plex).last_viewed_at) == (0, None)


def test_a_position_of_0_changes_nothing(plex: PlexSimulator) -> None:
    key = f"key={film(plex).rating_key}&identifier={LIBRARY}"
    answer(plex, f"/:/progress?{key}&time=90000")
    answer(plex, f"/:/progress?{key}&time=0")
    assert film(plex).view_offset == 90_000


def test_items_of_one_guid_share_their_state(plex: PlexSimulator) -> None:
    one, other = film(plex), film(plex, "Metropolis")
    other.guid = one.guid
    plex.library.activity.watch(one)
    assert (other.view_count, other.last_viewed_at) == (1, NOW)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [100, 200, 300]),
        (f"viewedAt>={NOW + 200}", [200, 300]),
        (f"viewedAt>>={NOW + 200}", [300]),
        (f"viewedAt<={NOW + 200}", [100, 200]),
        (f"viewedAt={NOW + 200}", [200]),
        (f"viewed>={NOW + 200}", [100, 200, 300]),
        ("accountID=2", [200]),
        ("sort=viewedAt:desc", [300, 200, 100]),
        ("sort=viewedAt:desc&X-Plex-Container-Start=1&X-Plex-Container-Size=1", [200]),
        ("X-Plex-Container-Start=9&X-Plex-Container-Size=1", []),
    ],
)
def test_the_historys_filters(plex: PlexSimulator, query: str, found: list[int]) -> None:
    for place, account in ((100, 1), (200, 2), (300, 1)):
        plex.library.activity.add(film(plex), account=account, at=NOW + place)
    text = answer(plex, f"/status/sessions/history/all?{query}").text
    times = [int(each.split('"')[0]) - NOW for each in text.split('viewedAt="')[1:]]
    assert times == found


def test_the_row_of_an_item_that_is_gone_has_no_key(plex: PlexSimulator) -> None:
    plex.library.activity.add(film(plex), at=NOW)
    plex.library.remove(film(plex))
    text = answer(plex, "/status/sessions/history/all").text
    assert 'title="Nanook"' in text
    assert "ratingKey" not in text


@pytest.mark.parametrize("path", ["/status/sessions/history/all", "/status/sessions", "/accounts"])
def test_whoever_is_not_the_owner_is_refused(plex: PlexSimulator, path: str) -> None:
    assert answer(plex, path).status_code == 200
    assert answer(plex, path, "another-token").status_code == 401


def test_whoever_is_not_the_owner_does_not_see_the_owners_state(plex: PlexSimulator) -> None:
    plex.library.activity.watch(film(plex))
    path = f"/library/metadata/{film(plex).rating_key}"
    assert 'viewCount="1"' in answer(plex, path).text
    assert "viewCount" not in answer(plex, path, "another-token").text


def test_accounts_have_names(plex: PlexSimulator) -> None:
    accounts = PlexServer(plex.url, plex.token).systemAccounts()
    assert {each.id: each.name for each in accounts} == {0: None, 1: "Ada", 2: "Grace"}


def test_somebody_who_watches_is_among_the_sessions(plex: PlexSimulator) -> None:
    session = plex.library.activity.begin(film(plex), account=2, offset_s=60)
    text = answer(plex, "/status/sessions").text
    assert f'sessionKey="{session.key}"' in text
    assert 'title="Grace"' in text
    assert plex.library.activity.end(session) is not None
    assert "sessionKey" not in answer(plex, "/status/sessions").text


def test_a_film_can_be_watched_from_another_process(plex: PlexSimulator) -> None:
    where = f"{plex.url}/__simulator__/watch"
    done = requests.post(where, json={"file": "/data/Nanook.mp4", "to": 0.95}, timeout=10)
    assert done.json() == {"played": True}
    assert film(plex).view_count == 1


@pytest.mark.parametrize(("at", "status"), [(NOW - 5, 200), (NOW + 5, 400)])
def test_a_rating_may_have_its_own_time(plex: PlexSimulator, at: int, status: int) -> None:
    key = f"key={film(plex).rating_key}&identifier={LIBRARY}"
    assert answer(plex, f"/:/rate?{key}&rating=7.5&ratedAt={at}").status_code == status
    assert film(plex).last_rated_at == (at if status == 200 else None)


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashSimulator]:
    library = StashLibrary(clock=lambda: NOW, utc_offset_s=7200)
    library.add_scene("Nanook")
    with StashSimulator(library, config_dir=tmp_path) as sim:
        yield sim


def plays(stash: StashSimulator) -> list[str]:
    found: list[str] = stash.graphql("{ findScene(id: 1) { play_history } }")["findScene"][
        "play_history"
    ]
    return found


def test_plays_are_stored_in_utc_and_whole_seconds_and_the_same_time_twice(
    stash: StashSimulator,
) -> None:
    before = stash.library.scene(1).updated_at
    times = '["2026-03-01T21:00:00.7+02:00", "2026-03-01T19:00:00Z", "<1h"]'
    added = stash.graphql(f"mutation {{ a: sceneAddPlay(id: 1, times: {times}) {{ history }} }}")
    assert added["a"]["history"] == ["2026-03-01T19:00:00Z"] * 2 + ["2023-11-14T21:13:20Z"]
    assert plays(stash) == added["a"]["history"]
    assert stash.library.scene(1).updated_at == before


def test_one_play_is_deleted_for_each_time(stash: StashSimulator) -> None:
    stash.library.scene(1).play_history = ["2026-03-01T19:00:00Z"] * 2 + ["2026-03-02T19:00:00Z"]
    delete = 'sceneDeletePlay(id: 1, times: ["2026-03-01T20:00:00+01:00"]) { count }'
    assert stash.graphql(f"mutation {{ {delete} }}") == {"sceneDeletePlay": {"count": 2}}
    stash.graphql("mutation { sceneDeletePlay(id: 1) { count } }")
    assert plays(stash) == ["2026-03-01T19:00:00Z"]


def test_a_position_is_set_and_the_duration_added(stash: StashSimulator) -> None:
    stash.graphql("mutation { sceneSaveActivity(id: 1, resume_time: 60, playDuration: 5) }")
    stash.graphql("mutation { sceneSaveActivity(id: 1, playDuration: 5) }")
    scene = stash.library.scene(1)
    assert (scene.resume_time, scene.play_duration) == (60.0, 10.0)
    stash.graphql("mutation { sceneResetActivity(id: 1) }")
    assert scene.resume_time == 60.0
    stash.graphql("mutation { sceneResetActivity(id: 1, reset_resume: true) }")
    assert (scene.resume_time, scene.play_duration) == (0.0, 10.0)
