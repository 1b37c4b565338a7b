"""Waiting for the place of a worker that is about to end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from worker.lease import Lease


class Registries:
    """Those that a look finds, one after the other; the last one stays."""

    def __init__(self, *workers: Any) -> None:
        self._workers = list(workers)

    def worker(self) -> Any:
        return self._workers.pop(0) if len(self._workers) > 1 else self._workers[0]


def worker(beat: int) -> Any:
    return SimpleNamespace(token="former", beat=beat, is_dead=False, is_alive=True)


def arrives(folder: Path, *workers: Any) -> bool:
    lease = Lease(str(folder), monotonic=lambda: 0.0, sleep=lambda _seconds: None)
    try:
        return lease.arrive(Registries(*workers))  # type: ignore[arg-type]
    finally:
        lease.leave()


def test_the_end_of_a_worker_is_no_sign_of_its_life(tmp_path: Path) -> None:
    assert arrives(tmp_path, worker(1), worker(1), None)


def test_a_beat_is_one(tmp_path: Path) -> None:
    assert not arrives(tmp_path, worker(1), worker(1), worker(2))
