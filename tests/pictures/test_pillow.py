"""Where Pillow comes from for whoever draws, and what the check of the set-up says about it."""

from __future__ import annotations

import sys

import pytest

from commands import diagnosis
from commands.diagnosis import Fact, Problem
from pictures import pillow


def test_without_a_supplier_what_python_finds_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictures.pillow._source.supply", pillow.as_it_is)
    assert pillow.why_missing(is_needed=True) == ""
    monkeypatch.delitem(sys.modules, "pictures.drawing", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert pillow.why_missing(is_needed=True) == "It is not installed."


def test_a_supplier_is_told_whether_a_setting_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictures.pillow._source.supply", pillow.as_it_is)
    pillow.supplied_by(lambda is_needed: "Wait." if is_needed else "")
    assert [pillow.why_missing(is_needed=each) for each in (True, False)] == ["Wait.", ""]


def test_the_check_tells_whether_pillow_is_there() -> None:
    there = diagnosis.pillow_finding("fit", "", is_needed=True)
    assert isinstance(there, Fact)
    assert there.text.startswith("Pillow is there")
    missing = diagnosis.pillow_finding("fit", "pip found none. Do this.", is_needed=True)
    assert missing == Problem(
        "poster_style fit needs Pillow, which is missing", "pip found none. Do this."
    )
    unneeded = diagnosis.pillow_finding("cover", "It is not installed.", is_needed=False)
    assert isinstance(unneeded, Fact)
    assert unneeded.text.startswith("Pillow is not installed")
