"""What a trial finds doesn't depend on what the item had before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger.ledger import Ledger
from simulators.plex import Item
from tests.trial.switches import Place, at_random, expected, place
from trial.bench import NAMES, TEXT
from trial.candidates import propose
from trial.groups import collections, dates
from trial.put_back import ATTEMPTS, put_back
from trial.snapshot import of_item
from trial.trial import undo_left_over

# All that a trial may clear, and nothing that it couldn't find out.
KIND = {**at_random(1), "clears_fields": True, "removes_by_name": True}


def tried(here: Place, **switches: Any) -> Mapping[str, str]:
    for name, value in switches.items():
        setattr(here.sim.quirks, name, value)
    before = here.everything()
    trial = here.trial(with_pictures=False)
    assert here.everything() == before
    return trial.traits


@pytest.mark.parametrize("date", [*dates.DATES, *(f"{each}-01-02" for each in dates.YEARS)])
def test_what_is_there_already_is_not_taken_for_what_came(tmp_path: Path, date: str) -> None:
    with place(tmp_path, KIND) as here:
        here.item.fields |= {"originallyAvailableAt": date, "year": date[:4]}
        found = tried(here, ignores_edits=True)
    assert (found["date_edit"], found["year_edit"]) == ("refused", "refused")


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("date", dates.DATES)
def test_whether_the_year_goes_along_is_found_whatever_the_year_was(
    tmp_path: Path, date: str, moves: bool
) -> None:
    with place(tmp_path, KIND) as here:
        here.item.fields |= {"originallyAvailableAt": date, "year": date[:4]}
        found = tried(here, date_moves_year=moves)
    assert found["date_moves_year"] == ("yes" if moves else "no")


def test_a_lock_of_another_kind_says_nothing_of_ours(tmp_path: Path) -> None:
    with place(tmp_path, KIND) as here:
        here.item.locks |= {"year", "writer"}
        assert tried(here)["unlocks"] == "yes"


NASTY: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "drops tags": ({"drops_tags": True}, {"other_tags": "dropped"}),
    "cuts texts": ({"cuts_texts": 100}, {"long_text": "cut at 100"}),
    "ignores locks": (
        {"ignores_locks": True, "upload_locks": False, "implicit_lock": False},
        {"locks": "none"},
    ),
    "has no lock of a title": ({"never_locks": {"title"}}, {"locks": "not title"}),
    "ignores edits": (
        {"ignores_edits": True},
        {"text_edit": "refused", "genre_edit": "refused", "rating_edit": "refused"},
    ),
    "clears nothing": ({"clears_fields": False}, {"clears": "no"}),
}


@pytest.mark.parametrize("nasty", NASTY)
def test_a_nasty_server_is_found_out(tmp_path: Path, nasty: str) -> None:
    switches, wanted = NASTY[nasty]
    with place(tmp_path, KIND) as here:
        here.item.fields |= {"summary": "Waves.", "userRating": "7.0", "year": "1990"}
        here.item.locks.clear()
        before = here.everything()
        for name, value in switches.items():
            setattr(here.sim.quirks, name, value)
        trial = here.trial(with_pictures=False)
        if nasty not in ("drops tags", "cuts texts"):
            assert here.everything() == before
    assert {name: trial.traits[name] for name in wanted} == wanted


def test_a_collection_that_bears_the_name_already_is_left_alone(tmp_path: Path) -> None:
    with place(tmp_path, KIND) as here:
        other = here.sim.library.items(type="movie")[0]
        tag = here.sim.library.make_tag(other, "collection", collections.TITLE)
        here.sim.library.set_tags(other, "collection", [tag])
        assert "collection_vanishes" not in tried(here)


def test_what_the_last_attempt_has_put_back_is_not_told_as_left(tmp_path: Path) -> None:
    with place(tmp_path, KIND) as here, here.client() as client:
        item = here.plex_item(client)
        before = of_item(item)
        here.item.fields["studio"] = "Other"
        real, tries = client.edit, []

        def edit(*args: Any) -> None:
            tries.append(args)
            if len(tries) >= ATTEMPTS:
                real(*args)

        client.edit = edit  # type: ignore[method-assign, assignment]
        assert put_back(client, item, before) == []
        assert len(tries) == ATTEMPTS


def test_what_somebody_has_changed_since_an_interrupted_trial_stays(tmp_path: Path) -> None:
    with place(tmp_path, KIND) as here:
        give(here, here.item, "director", "Alice Guy")
        wanted = {**here.item.fields}
        with here.client() as client, here.book() as book:
            before = of_item(here.plex_item(client)).dump()
            book.touch(client.machine_identifier, {here.item.rating_key: before}, "gone", 1.0)
            here.item.fields |= {"titleSort": f"{TEXT} Twice.", "tagline": "Mine", "title": "Mine"}
            give(here, here.item, "director", *NAMES, "Mine")
            assert undo_left_over(client, book, lambda _: False, lambda: 2.0) == []
        mine = {"tagline": "Mine", "title": "Mine"}
        assert here.item.fields == {**wanted, **mine}
        assert set(here.item.tag_names("director")) == {"Alice Guy", "Mine"}


def give(here: Place, item: Item, kind: str, *names: str) -> None:
    library = here.sim.library
    library.set_tags(item, kind, [library.make_tag(item, kind, name) for name in names])


def test_what_is_watched_is_asked_once_for_all_that_might_be_proposed(tmp_path: Path) -> None:
    with place(tmp_path, KIND) as here, here.client() as client:
        for each in here.sim.library.items(type="movie"):
            each.locks.clear()
        keys = [each.rating_key for each in here.sim.library.items(type="movie")]
        found = dict(enumerate(client.items(keys).values()))
        here.sim.requests.clear()
        ledger = Ledger(str(tmp_path))
        assert propose(client, ledger, found) is not None
        ledger.close()
        assert here.sim.requests.count("GET", "/status/sessions") == 1


def test_the_switches_are_all_there_is_to_find(tmp_path: Path) -> None:
    """With everything on the item a trial leaves no trait out."""
    with place(tmp_path, KIND) as here:
        give(here, here.item, "director", "Alice Guy")
        trial = here.trial()
        found = {name for name in trial.traits if not name.endswith("_ms")}
    assert found == expected(KIND).keys()
