from __future__ import annotations

import pytest

from storage.times import is_recent


@pytest.mark.parametrize(
    ("stored", "recent"),
    [(100.0, True), (90.1, True), (90.0, False), (0.0, False), (100.1, False)],
    ids=["now", "within", "just over", "never", "yet to come"],
)
def test_a_stored_time_is_recent_within_the_span_and_never_when_it_lies_ahead(
    stored: float, recent: bool
) -> None:
    assert is_recent(stored, now=100.0, within_s=10.0) is recent
