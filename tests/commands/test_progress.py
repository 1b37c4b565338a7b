"""How far, and how long still."""

from __future__ import annotations

import pytest

from commands.eta import BAR_WIDTH, Estimate, bar_text, left_text


def test_the_time_left_follows_the_pace_so_far() -> None:
    estimate = Estimate()
    assert estimate.left_s(0.0, 100.0) is None
    assert estimate.left_s(0.25, 110.0) == pytest.approx(30.0)
    assert estimate.left_s(0.5, 120.0) == pytest.approx(20.0)


def test_nothing_is_guessed_from_the_first_moments() -> None:
    estimate = Estimate()
    estimate.left_s(0.0, 0.0)
    assert estimate.left_s(0.5, 1.9) is None
    assert estimate.left_s(0.001, 60.0) is None


def test_a_bar_fills_from_left_to_right() -> None:
    assert bar_text(0.0, None) == f"[{'.' * BAR_WIDTH}]   0 %"
    assert bar_text(0.5, 180.0) == f"[{'#' * 15}{'.' * 15}]  50 %, about 3 minutes left"
    assert left_text(None) == ""
