"""What a process uses of the processor and of memory, by the operating system's own accounting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCH = Path(__file__).with_name("launch.py")
_PROGRESS = b"\x01p\x02"


class NotAccounted(Exception):
    """This system doesn't tell what one process has used."""


class CommandFailed(Exception):
    """A measured command ended with an error; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process from its start to its end: by the clock, of the processor in user and system
    mode, and the most memory that it held (resident set)."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def measured(
    command: Sequence[str], document: bytes = b"", progress: Callable[[float], None] | None = None
) -> Usage:
    """Run the command with the document on its stdin; `progress` gets what it reports by Stash's
    line protocol, 0 to 1. Raises NotAccounted and CommandFailed."""
    check()
    with tempfile.TemporaryDirectory(prefix="plexsync-usage-") as folder:
        report = Path(folder, "usage.json")
        # -I -S: the launcher needs nothing of the environment, and less memory without it.
        launcher = [sys.executable, "-I", "-S", str(_LAUNCH), str(report)]
        with subprocess.Popen(
            [*launcher, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            said = _follow(process, document, progress)
        if process.returncode:
            raise CommandFailed(f"{command[-1]} ended with {process.returncode}: {said[-3000:]}")
        return Usage(**json.loads(report.read_text(encoding="utf-8")))


def measured_until(command: Sequence[str], document: bytes, said: bytes) -> float:
    """The processor time of a process until it says this on its stderr, in seconds; then it is
    killed. Raises NotAccounted and CommandFailed."""
    check()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(document)
        process.stdin.close()
        lines = []
        for line in process.stderr:
            lines.append(line.decode(errors="replace"))
            if said in line:
                break
        else:
            raise CommandFailed(f"{command[-1]} never said so: {''.join(lines)[-3000:]}")
        process.kill()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def check() -> None:
    """Raises NotAccounted where `measured` can't work."""
    if not hasattr(os, "wait4") or not hasattr(os, "posix_spawn"):
        raise NotAccounted(
            f"{sys.platform} doesn't tell what one process has used (no os.wait4); "
            "measure on Linux or macOS"
        )


def _follow(
    process: subprocess.Popen[bytes], document: bytes, progress: Callable[[float], None] | None
) -> str:
    """Everything that the process said besides its progress."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(document)
    process.stdin.close()
    said = []
    for line in process.stderr:
        if line.startswith(_PROGRESS):
            if progress:
                progress(float(line[len(_PROGRESS) :]))
        else:
            said.append(line.decode(errors="replace"))
    said.append(process.stdout.read().decode(errors="replace"))
    return "".join(said)
