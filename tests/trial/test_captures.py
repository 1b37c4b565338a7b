"""Answers of Plex for tests/captures: nothing private in them, and still to be read as answers."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from plex.items import parse_item
from simulators.rig import TREE
from tests.trial.switches import at_random, place
from trial.captures import capture
from trial.snapshot import snapshot
from trial.trial import run

FOLDER = TREE / "tests" / "captures"


def answers(text: str) -> list[tuple[str, Element]]:
    return [(each["kind"], fromstring(each["xml"])) for each in json.loads(text)["answers"]]


def test_a_capture_holds_nothing_private_and_can_be_read(tmp_path: Path) -> None:
    with place(tmp_path, at_random(4), seed=4) as here, here.client() as client:
        library, item = here.sim.library, here.item
        item.fields |= {"summary": "A year in the forest.", "studio": "Nature Films"}
        private = [
            *(item.title, item.guid, *item.files, *item.fields.values()),
            *(tag.name for tags in item.tags.values() for tag in tags),
            *(library.machine_identifier, here.sim.token, here.sim.url),
        ]
        bench = here.bench(client)
        with here.book() as book:
            run(bench, book, "me", lambda: 0.0)
        text = capture(bench.answers, here.sim.version)
    values = [
        value for _, root in answers(text) for each in root.iter() for value in each.attrib.values()
    ]
    assert [each for each in private if len(each) > 3 and each in values] == []
    assert not any("/" in each or "://" in each for each in values)
    items = [parse_item(root) for kind, root in answers(text) if kind == "item"]
    assert len(items) > 20
    assert any("title" in each.state.locked for each in items)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda each: each.stem)
def test_what_a_real_server_answered_can_be_read(path: Path) -> None:
    """No file yet: see the README there."""
    for kind, root in answers(path.read_text(encoding="utf-8")):
        if kind == "item":
            assert parse_item(root).rating_key
            assert snapshot(root).texts
