"""People by name: directors in one text, performers who share a name, and no order of Stash's."""

from __future__ import annotations

import itertools

import pytest

from sync import fields
from sync.mapping import desired_values, fill_template
from sync.people import directors
from sync.text import MAX_LINE
from sync.values import Credit
from validation.config import PlexSyncConfig, load_config
from validation.scene import Performer, Scene

CONFIG: PlexSyncConfig = load_config({"plex_url": "http://p:1", "plex_token": "t"})[0]


def cast(*performers: Performer) -> object:
    scene = Scene(id=1, performers=performers)
    return desired_values(scene, CONFIG, fields.MOVIE)["cast"]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Douglas Fairbanks, Jr.", ["Douglas Fairbanks, Jr."]),
        ("Fairbanks, Douglas, Jr.", ["Fairbanks, Douglas, Jr."]),
        ("Fairbanks, Douglas E., Jr., Raoul Walsh", ["Fairbanks, Douglas E., Jr.", "Raoul Walsh"]),
        ("Raoul Walsh; Douglas Fairbanks, Jr.", ["Raoul Walsh", "Douglas Fairbanks, Jr."]),
        ("Ada Abel, Bruno Berg, III, Clara", ["Ada Abel", "Bruno Berg, III", "Clara"]),
        ("Ada Abel, Bruno Berg;Clara", ["Ada Abel", "Bruno Berg", "Clara"]),
        ("Jrue, Srinivas", ["Jrue", "Srinivas"]),
        (" ,; ", []),
    ],
)
def test_a_comma_within_a_name_makes_no_second_person(text: str, people: list[str]) -> None:
    assert directors(text) == people


def test_who_shares_a_name_has_the_disambiguation_in_brackets_and_nobody_else() -> None:
    shown = cast(
        Performer(id=1, name="Ada Abel", disambiguation="the elder", namesakes=(2,)),
        Performer(id=2, name="Ada Abel", namesakes=(1,)),
        Performer(id=3, name="Bruno Berg", disambiguation="actor"),
    )
    assert shown == (
        Credit("Ada Abel (the elder)"),
        Credit("Ada Abel"),
        Credit("Bruno Berg", "actor"),
    )


def test_what_tells_people_apart_is_never_cut_off() -> None:
    shown = cast(Performer(id=1, name="A" * 400, disambiguation="the elder", namesakes=(2,)))
    assert isinstance(shown, tuple)
    assert shown[0].name.endswith("… (the elder)")
    assert len(shown[0].name) <= MAX_LINE


def test_text_made_of_performers_does_not_follow_stashs_order() -> None:
    people = [Performer(id=n, name=name) for n, name in enumerate(("Clara", "Ada", "Bruno"), 1)]
    made = {
        fill_template("{performers}", Scene(id=1, performers=tuple(order)))
        for order in itertools.permutations(people)
    }
    assert made == {"Clara, Ada, Bruno"}
