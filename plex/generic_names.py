"""File names that say nothing: many different files bear them, so they prove no identity."""

from __future__ import annotations

import re
import unicodedata

# What cameras, rippers and download pages call everything.
_SAYING_NOTHING = """
    avi avseq bonus capture cd clip clips copy default disc disk download dsc dscf dvd episode
    extra extras feature file film final full gopr hd img index intro main media mov movie mvi
    mvimg new output outro part p preview pxl rec recording sample scene screen scenes stream
    temp test title track trailer uhd unknown untitled version vid video videos vob vts web
"""
_WORDS = frozenset(_SAYING_NOTHING.split())
_WORD = re.compile(r"[^\W\d_]+")
FEWEST_LETTERS = 3


def is_generic(name: str) -> bool:
    """Whether nothing is left of a file name beside numbers and words such as video or VTS.

    "scene.mp4", "VTS_01_1.VOB", "2023-05-01 12.30.mp4" are; "The General (1926).mp4" isn't.
    """
    stem = unicodedata.normalize("NFC", name).rpartition(".")[0] or name
    letters = sum(len(word) for word in _WORD.findall(stem.casefold()) if word not in _WORDS)
    return letters < FEWEST_LETTERS
