"""What came from Plex, what would come, and what can be taken back, as a page asks for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import cast

import pytest

from page.syncing.imported import imported
from simulators.rig import Rig
from simulators.stash import GraphQLErrors
from stash.protocol import Invocation
from tests.harness.brought import bring_position, bring_rating
from tests.harness.rig import ask, run_task

TASK = "Import plays"
DAY = 24 * 3600


@pytest.fixture
def importing(make_rig: Callable[..., Rig]) -> Rig:
    """The first look is over; then Grace watches a film, and Ada another one."""
    rig = make_rig(count=6)
    rig.configure(import_plays=True, plex_accounts="Ada, Grace")
    activity = rig.plex.library.activity
    activity.accounts[2] = "Grace"
    run_task(rig, TASK)
    activity.watch(rig.item(1), account=2, at=time.time() - 2 * DAY)
    activity.watch(rig.item(2), at=time.time() - 3600)
    run_task(rig, TASK)
    return rig


def test_it_is_listed_newest_first_with_who_it_was(importing: Rig) -> None:
    bring_position(importing, 3, 900.0, at=time.time() - DAY)
    bring_rating(importing, 4, 80)
    found = ask(importing, "imported")
    rows = [(x["what"], x["scene"], x["account"], x["after"]) for x in found["imported"]]
    assert rows == [
        ("rating", 4, "", 80),
        ("play", 2, "Ada", None),
        ("position", 3, "", 900.0),
        ("play", 1, "Grace", None),
    ]
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    assert found["imported"][0]["day"] == today
    assert found["imported"][0]["title"] == importing.title(4)
    assert found["before"] is None


def test_it_comes_in_pages_that_part_no_moment(importing: Rig) -> None:
    now = time.time()
    for scene_id in (3, 4, 5):
        bring_rating(importing, scene_id, 80, at=now)
    pages, before = [], None
    while True:
        found = ask(importing, "imported", limit=1, before=before)
        pages.append({each["scene"] for each in found["imported"]})
        before = found["before"]
        if before is None:
            break
    assert pages == [{3, 4, 5}, {2}, {1}]


def test_what_fits_no_answer_comes_with_the_next_page(
    importing: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for three lines, of which two are of one moment with the one after them."""
    bring_rating(importing, 3, 80, at=time.time() + 10)
    now = time.time()
    for scene_id in (4, 5, 6):
        bring_rating(importing, scene_id, 80, at=now)
    here = cast(Invocation, SimpleNamespace(data_dir=str(importing.data_dir)))
    one = len(json.dumps(imported(here, None, 1)["imported"][0]))
    monkeypatch.setattr("page.size.MOST_BYTES", 16_000 + one * 3 + 40)
    pages: list[set[int]] = []
    before = None
    while len(pages) < 9:
        found = imported(here, before, 50)
        pages.append({each["scene"] for each in found["imported"]})
        before = found["before"]
        if before is None:
            break
    assert pages == [{3}, {4, 5, 6}, {1, 2}]


def test_nothing_came_where_nothing_is_imported(rig: Rig) -> None:
    assert ask(rig, "imported") == {"imported": [], "before": None}


def test_what_would_come_is_told_and_nothing_is_done(importing: Rig) -> None:
    importing.plex.library.activity.watch(importing.item(5), account=2)
    found = ask(importing, "import_plan")
    assert (found["plays"], found["values"], found["summary"]) == (1, 0, "1 play added")
    assert [(x["scene"], x["account"]) for x in found["rows"]] == [(5, "Grace")]
    assert importing.stash.library.scene(5).play_history == []


def test_what_taking_back_would_do_is_told(importing: Rig) -> None:
    bring_position(importing, 3, 900.0)
    bring_rating(importing, 4, 80)
    bring_rating(importing, 5, 60)
    importing.stash.library.scene(5).rating100 = 20
    found = ask(importing, "take_back_plan", all=True)
    assert found == {
        "plays": 2,
        "values": {"position": 1, "rating": 1},
        "left": {"position": 0, "rating": 1},
    }
    day = f"{datetime.fromtimestamp(time.time() - 2 * DAY).astimezone():%Y-%m-%d}"
    assert ask(importing, "take_back_plan", day=day)["plays"] == 1
    assert ask(importing, "take_back_plan", scene=3)["values"]["position"] == 1
    assert importing.stash.library.scene(4).rating100 == 80


@pytest.mark.parametrize(
    ("what", "args"),
    [
        ("imported", {"before": "yesterday"}),
        ("imported", {"before": -1}),
        ("import_plan", {"since": "2026-13-01"}),
        ("take_back_plan", {}),
        ("take_back_plan", {"scene": 1, "all": True}),
        ("take_back_plan", {"day": 5}),
    ],
)
def test_what_makes_no_sense_is_told(rig: Rig, what: str, args: dict[str, object]) -> None:
    with pytest.raises(GraphQLErrors, match=r"Expected|was given"):
        ask(rig, what, **args)
