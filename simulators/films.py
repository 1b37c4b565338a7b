"""A neutral film library of any size, the same for the same count and seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from simulators.classics import CLASSICS


@dataclass(frozen=True, slots=True)
class Film:
    """One film and its file. `cast` is (name, role), `date` YYYY-MM-DD, `rating100` 0 to 100,
    `size` bytes, `file_name` without a folder, like "The General (1926).mp4"."""

    title: str
    year: int
    studio: str
    director: str
    cast: tuple[tuple[str, str], ...]
    genres: tuple[str, ...]
    summary: str
    tagline: str
    date: str
    rating100: int
    file_name: str
    size: int
    duration_s: int


_LINES_PER_FILM = 5
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|]')


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(separator))


_ADJECTIVES = _words("""
    Silent Quiet Distant Golden Silver Hidden Northern Southern Eastern Western Early Late Long
    Narrow Bright Pale Green Blue Grey White Wide Deep High Low Old New First Last Lost Second
    Patient Restless Gentle Curious Honest Lonely Merry Humble Steady Faithful
""")
_NOUNS = _words("""
    Harbour River Meadow Orchard Lighthouse Garden Mountain Valley Island Bridge Railway Window
    Letter Lantern Voyage Season Winter Summer Autumn Spring Morning Evening Forest Shore Tide
    Cloud Mirror Clock Compass Map Kite Violin Piano Waltz Parade Market Mill Bakery Library
    Observatory Balloon Bicycle Carriage Ferry Canal Comet Glacier Reef Prairie Swallow
""")
_PLACES = _words("""
    Avignon Bergen Bologna Bristol Bruges Cadiz Coimbra Cork Delft Dresden Faro Galway Genoa Ghent
    Graz Heraklion Innsbruck Kiel Lausanne Leeds Lille Linz Lund Malmö Modena Narvik Odense Oulu
    Padua Porto Riga Rouen Siena Split Tartu Tromsø Turku Utrecht Verona Visby Weimar York Zadar
    Ålesund Évora Åbo Kraków Łódź Plzeň Győr
""")
_FIRST_NAMES = _words("""
    Ada Agnes Albert Alma Anton Arthur Beatrix Bruno Clara Conrad Dora Edgar Edith Elsa Emil Ernst
    Flora Frida Greta Gustav Hanna Harold Helena Hugo Ida Irene Ivan Josef Julia Karl Lena Leo
    Lydia Magnus Marta Nora Oscar Otto Paula Pedro Rosa Ruth Selma Theo Ursula Vera Victor Walter
""")
_LAST_NAMES = _words("""
    Abel Adler Bauer Berg Blom Carver Dahl Eklund Falk Fischer Forsyth Garland Greene Hale Hansen
    Holm Ibsen Jansen Keller Kolar Lang Larsen Lindqvist Marlowe Moreau Nagy Novak Olsen Palmer
    Petrov Quist Rossi Sander Silva Sorel Strand Thorne Ulrich Vance Verne Wagner Wells Winter
""")
_ROLES = _words(
    """The Captain; The Doctor; The Teacher; The Gardener; The Stranger; The Sister; The Brother;
    The Judge; The Clerk; The Widow; The Musician; The Baker; The Pilot; The Painter;
    The Neighbour; The Guide""",
    ";",
)
_STUDIOS = _words(
    """Aurora Pictures; Beacon Film; Cedar Studios; Delta Film; Evergreen Pictures; Fjord Film;
    Garland Studios; Harbour Pictures; Iris Film; Juniper Studios; Kestrel Pictures; Lumen Film""",
    ";",
)
_GENRES = _words(
    """Adventure; Animation; Comedy; Crime; Documentary; Drama; Family; Fantasy; History; Music;
    Mystery; Nature; Romance; Science Fiction; Short; Thriller; Travel; War; Western""",
    ";",
)
_COMBINATIONS = len(_ADJECTIVES) * len(_NOUNS) * len(_PLACES)
_STRIDE = 37_813  # shares no factor with the combinations, so a walk by it meets each once


def films(count: int, seed: int = 1) -> list[Film]:
    """`count` films with unique titles, file names and sizes.

    First the classics, the same for every seed, then generated ones. A shorter list is the
    beginning of a longer one.
    """
    known = list(_classics()[:count])
    rng = random.Random(seed)
    start = rng.randrange(_COMBINATIONS)
    return known + [_generated(number, start, rng) for number in range(count - len(known))]


@cache
def _classics() -> tuple[Film, ...]:
    return tuple(_read_classics())


def _read_classics() -> Iterator[Film]:
    lines = CLASSICS.strip().splitlines()
    for place in range(0, len(lines), _LINES_PER_FILM):
        head, cast, genres, tagline, summary = lines[place : place + _LINES_PER_FILM]
        title, date, studio, director, minutes, rating = head.split(" | ")
        people = [person.partition(": ") for person in cast.split("; ")]
        year, duration_s = int(date[:4]), int(minutes) * 60
        yield Film(
            title=title,
            year=year,
            studio=studio,
            director=director,
            cast=tuple((name, role) for name, _, role in people),
            genres=tuple(genres.split(", ")),
            summary=summary,
            tagline=tagline,
            date=date,
            rating100=int(rating),
            file_name=_file_name(title, year),
            size=duration_s * 500_000 + place,
            duration_s=duration_s,
        )


def _generated(number: int, start: int, rng: random.Random) -> Film:
    title = _title(number, start)
    year = 1930 + rng.randrange(95)
    duration_s = 1800 + rng.randrange(9000)
    genres = tuple(rng.sample(_GENRES, 1 + rng.randrange(4)))
    cast = tuple((_person(rng), rng.choice(_ROLES)) for _ in range(1 + rng.randrange(6)))
    place = title.rpartition(" ")[2]
    return Film(
        title=title,
        year=year,
        studio=rng.choice(_STUDIOS),
        director=_person(rng),
        cast=tuple(dict(cast).items()),
        genres=genres,
        summary=f"{cast[0][1]} comes to {place} for a day and stays a year. {title} tells why.",
        tagline=f"A year in {place}",
        date=f"{year}-{1 + rng.randrange(12):02}-{1 + rng.randrange(28):02}",
        rating100=rng.randrange(101),
        file_name=_file_name(title, year),
        # 4 Mbit/s; sizes differ from each other by the film's number in the last digits.
        size=duration_s // 2 * 1_000_000 + 1_000 + number,
        duration_s=duration_s,
    )


def _title(number: int, start: int) -> str:
    """A title of its own for every number; beyond the combinations with a counter."""
    turn, step = divmod(number, _COMBINATIONS)
    pick = (start + step * _STRIDE) % _COMBINATIONS
    pick, adjective = divmod(pick, len(_ADJECTIVES))
    place, noun = divmod(pick, len(_NOUNS))
    title = f"The {_ADJECTIVES[adjective]} {_NOUNS[noun]} of {_PLACES[place]}"
    return f"{title} {turn + 1}" if turn else title


def _person(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST_NAMES)} {rng.choice(_LAST_NAMES)}"


def _file_name(title: str, year: int) -> str:
    return f"{_NOT_IN_FILE_NAMES.sub('', title)} ({year}).mp4"
