"""The trial finds exactly what a server is like, and leaves it as it was."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.docs import text_of
from tests.trial.switches import Place, at_random, expected, place
from trial.meaning import TRAITS
from trial.trial import run, undo_left_over


@pytest.mark.parametrize("seed", range(30))
def test_a_trial_finds_every_switch_and_leaves_no_trace(seed: int, tmp_path: Path) -> None:
    switches = at_random(seed)
    with place(tmp_path, switches, seed=seed) as here:
        before = here.everything()
        trial = here.trial()
        assert (trial.left, trial.unmeasured) == ((), {})
        wanted = expected(switches)
        found = {name: value for name, value in trial.traits.items() if not name.endswith("_ms")}
        assert found == {name: wanted[name] for name in found}
        assert here.everything() == before
        # What would have had to be emptied again is left alone where nothing can be.
        unmeasured = wanted.keys() - found.keys()
        assert not unmeasured or not switches["clears_fields"]
        with here.book() as book:
            assert book.unfinished(here.sim.library.machine_identifier) == []


class Killed(BaseException):
    """The process ends here, and sends nothing more."""


def killed_before_write(here: Place, number: int) -> bool:
    """A trial whose process ends before its so-manieth write; whether it came to that."""
    with here.client() as client, here.book() as book:
        real, left = client._write, [number]

        def die(*args: Any, **options: Any) -> None:
            left[0] -= 1
            if left[0] <= 0:
                raise Killed
            real(*args, **options)

        client._write = die  # type: ignore[method-assign]
        with suppress(Killed):
            run(here.bench(client), book, "the killed one", lambda: 0.0, with_pictures=True)
    return left[0] <= 0


@pytest.mark.parametrize("number", [2, 5, 9, 17, 24, 33, 39, 46, 51, 55])
def test_what_an_interrupted_trial_left_is_undone_by_the_next_start(
    number: int, tmp_path: Path
) -> None:
    with place(tmp_path, at_random(number), seed=number) as here:
        before = here.everything()
        assert killed_before_write(here, number)
        with here.client() as client, here.book() as book:
            assert book.unfinished(client.machine_identifier)
            # Not while its process may live.
            assert undo_left_over(client, book, lambda token: token == "the killed one", time.time)
            assert not undo_left_over(client, book, lambda _: False, time.time)
            assert book.unfinished(client.machine_identifier) == []
        assert here.everything() == before


def test_the_time_of_a_trial_is_known_so_that_its_rating_is_nobodys(tmp_path: Path) -> None:
    with place(tmp_path, at_random(3), seed=3) as here:
        here.trial()
        server, key = here.sim.library.machine_identifier, here.item.rating_key
        at = here.item.last_rated_at or here.clock[0]
        with here.book() as book:
            assert book.was_ours(server, key, at)
            assert not book.was_ours(server, key, at + 86_400)
            assert not book.was_ours(server, key - 1, at)


def test_an_item_that_was_edited_before_and_has_labels_comes_back_too(tmp_path: Path) -> None:
    with place(tmp_path, at_random(7), seed=7) as here:
        library = here.sim.library
        library.set_tags(here.item, "label", [library.make_tag(here.item, "label", "Old")])
        here.item.locks |= {"label", "summary", "actor", "year"}
        before = here.everything()
        trial = here.trial()
        assert trial.left == ()
        assert "label_case" not in trial.traits
        assert here.everything() == before


def test_every_trait_is_in_the_docs_and_in_words(tmp_path: Path) -> None:
    with place(tmp_path, at_random(1), seed=1) as here:
        found = {name for name in here.trial().traits if not name.endswith("_ms")}
    documented = set(re.findall(r"`(\w+)`", text_of("docs/plex-servers.md")))
    assert found <= TRAITS.keys()
    assert documented >= TRAITS.keys()
