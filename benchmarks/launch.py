"""`python launch.py REPORT COMMAND …`: run a command and report what it used, as JSON.

A process of its own, and a small one: Linux counts into a program's peak what the process held
that started it. So the benchmark, or a simulator with a library of gigabytes, must not start it.
"""

import json
import os
import sys
import time


def main(report: str, command: list[str]) -> int:
    """The command's exit status; streams are passed on to it."""
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, used = os.wait4(pid, 0)
    wall_s = time.perf_counter() - began
    # Bytes on macOS, kilobytes elsewhere.
    peak_mb = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    with open(report, "w", encoding="utf-8") as file:
        json.dump(
            {"wall_s": wall_s, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": peak_mb}, file
        )
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
