"""A few of the combinations that `make soak` goes through by the hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trial.combinations import sync_and_restore
from trial import bench


@pytest.mark.parametrize("seed", range(3))
def test_a_sync_and_a_restore_are_right_or_refused(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "A_SECOND_S", 0.0)
    assert sync_and_restore(tmp_path, seed)
