"""The film library that demos, tests and benchmarks share."""

from __future__ import annotations

import datetime

import pytest

from simulators.films import Film, films


def test_films_are_the_same_every_time_and_a_short_list_begins_a_long_one() -> None:
    assert films(300) == films(300)
    assert films(80) == films(300)[:80]
    assert films(300, seed=2)[100:] != films(300)[100:]


def test_classics_come_first() -> None:
    titles = [film.title for film in films(62)]
    assert {"Nosferatu", "The General", "Nanook of the North"} <= set(titles)
    assert len(films(3)) == 3


def test_titles_files_and_sizes_are_unique() -> None:
    made = films(20_000)
    for name in ("title", "file_name", "size"):
        assert len({getattr(film, name) for film in made}) == len(made)


@pytest.mark.parametrize("film", films(100), ids=lambda film: film.title)
def test_films_are_complete(film: Film) -> None:
    assert datetime.date.fromisoformat(film.date).year == film.year
    assert film.file_name.endswith(f" ({film.year}).mp4")
    assert not set(film.file_name) & set('\\/:*?"<>|')
    assert 0 <= film.rating100 <= 100
    assert 10**8 < film.size < 10**11
    assert 600 <= film.duration_s <= 20_000
    assert all(name and role for name, role in film.cast)
    assert film.cast
    assert film.genres
    for text in (film.studio, film.director, film.summary, film.tagline):
        assert text == text.strip() != ""
