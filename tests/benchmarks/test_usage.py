"""What a process used, asked of the operating system."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.usage import CommandFailed, NotAccounted, measured

accounted = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't tell")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@accounted
def test_the_peak_is_the_commands_own_and_not_that_of_who_started_it() -> None:
    held = bytearray(200_000_000)
    held[::4096] = b"x" * len(held[::4096])
    small = measured(python("pass"))
    large = measured(python("held = b'x' * 80_000_000"))
    assert small.peak_mb < 100
    assert 60 < large.peak_mb - small.peak_mb < 100


@accounted
def test_waiting_takes_time_and_no_cpu() -> None:
    used = measured(python("import time; time.sleep(0.3)"))
    assert used.wall_s >= 0.3
    assert used.cpu_s < used.wall_s


@accounted
def test_progress_arrives_and_other_lines_are_left_out() -> None:
    told: list[float] = []
    lines = r"\x01p\x020.25\n\x01i\x02at work\n\x01p\x021.0\n"
    measured(python(f"import sys; sys.stderr.write('{lines}')"), progress=told.append)
    assert told == [0.25, 1.0]


@accounted
def test_the_document_is_on_stdin() -> None:
    code = "import sys; assert sys.stdin.read() == 'a document'"
    measured(python(code), b"a document")


@accounted
def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(CommandFailed, match="ended with 3: no budget left"):
        measured(python("import sys; sys.stderr.write('no budget left'); sys.exit(3)"))


def test_a_system_that_does_not_tell_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "wait4", raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(NotAccounted, match=r"win32 doesn't tell .* measure on Linux or macOS"):
        measured(python("pass"))
