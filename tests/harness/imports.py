"""What a process imports."""

from __future__ import annotations

import subprocess
import sys

# What the site module brings along as well, and a module that is one file or part of Python.
STANDARD = {
    "__future__", "_collections_abc", "_stat", "errno", "fcntl", "genericpath", "os", "os.path",
    "posixpath", "stat",
}  # fmt: skip


def imported(command: list[str], document: bytes = b"") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", *command],
        input=document,
        capture_output=True,
        check=True,
        timeout=60,
    )
    lines = done.stderr.decode().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
