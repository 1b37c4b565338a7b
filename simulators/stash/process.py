"""One plugin process with the raw interface: stdin, stdout and stderr as Stash handles them."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["hook", "task", "operation"]

# Go's line scanner gives up when its buffer of this many bytes is full and holds no line end.
LINE_LIMIT = 64 * 1024


# What Go's encoder escapes besides what JSON asks for (encoding/json, HTMLEscape).
_ESCAPED = {each: f"\\u{each:04x}" for each in (*b"<>&", 0x2028, 0x2029)}


def as_stash_writes(document: object) -> bytes:
    """The document as Go encodes it: compact, in UTF-8."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPED).encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class PluginRun:
    """One plugin process, as a test sees it. `exit_code` is None while it runs.

    `args` is what the plugin got; `stdout` and `raw_stderr` what was read from it so far;
    `wall_s` the seconds from start to the end of the wait, in which a save hangs.
    """

    kind: Kind
    plugin_id: str
    args: dict[str, object]
    command: tuple[str, ...] = ()
    pid: int = 0
    exit_code: int | None = None
    wall_s: float = 0.0
    stdout: str = ""
    raw_stderr: bytes = b""
    started_s: float = field(default_factory=time.monotonic)


class PluginProcess:
    """Starts at once; `wait` returns when stdout is at its end and the process is gone.

    `on_line` gets each complete line of stderr, without its end, from a thread of its own. Only
    the process itself is ever killed: what it started lives on.
    """

    def __init__(
        self,
        run: PluginRun,
        command: Sequence[str],
        *,
        document: bytes,
        cwd: Path,
        environment: Mapping[str, str],
        on_line: Callable[[bytes], None],
        loses_last_line: bool = False,
    ) -> None:
        self.run = run
        run.command = tuple(command)
        self._on_line = on_line
        self._loses_last_line = loses_last_line
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(environment),
        )
        run.pid = self._process.pid
        self._main_waited_read, self._main_waited_write = os.pipe()
        self._stderr_closed = threading.Event()
        self._done = threading.Event()
        for work in (lambda: self._write_stdin(document), self._read_stderr, self._read_stdout):
            threading.Thread(target=work, daemon=True).start()

    def kill(self) -> None:
        """SIGKILL; returns at once."""
        self._process.kill()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it ended in time."""
        return self._done.wait(timeout_s)

    def _write_stdin(self, document: bytes) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stdin:
                stdin.write(document)
        except OSError:
            return  # the plugin left without reading its input, as it may

    def _read_stdout(self) -> None:
        assert self._process.stdout is not None
        # To the end of file first: a child that inherited stdout keeps this waiting.
        with self._process.stdout as stdout:
            self.run.stdout = stdout.read().decode(errors="replace")
        exit_code = self._process.wait()
        self.run.wall_s = time.monotonic() - self.run.started_s
        os.close(self._main_waited_write)
        self._stderr_closed.wait()
        self.run.exit_code = exit_code
        self._done.set()

    def _read_stderr(self) -> None:
        """Until the end of file, a line that is too long, or the end of the main process.

        Then the pipe is closed, and whoever still has it, a child for example, cannot write on.
        """
        assert self._process.stderr is not None
        lines = _LineReader(self._on_line, self._loses_last_line)
        with self._process.stderr as stderr, selectors.DefaultSelector() as selector:
            os.set_blocking(stderr.fileno(), False)
            selector.register(stderr, selectors.EVENT_READ)
            selector.register(self._main_waited_read, selectors.EVENT_READ)
            goes_on = True
            while goes_on:
                ready = {key.fileobj for key, _ in selector.select()}
                chunk = _read_available(stderr.fileno())
                self.run.raw_stderr += chunk or b""
                fits = lines.feed(chunk or b"")
                goes_on = fits and chunk != b"" and self._main_waited_read not in ready
        lines.finish()
        os.close(self._main_waited_read)
        self._stderr_closed.set()


class _LineReader:
    """Splits what a plugin writes to stderr the way Go's line scanner does."""

    def __init__(self, on_line: Callable[[bytes], None], loses_last_line: bool) -> None:
        self._on_line = on_line
        self._held_back: list[bytes] | None = [] if loses_last_line else None
        self._rest = b""

    def feed(self, chunk: bytes) -> bool:
        """False when a line is too long: the scanner then stops for good."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if len(line) >= LINE_LIMIT:
                self._rest = b""
                return False
            self._emit(line)
        if len(self._rest) >= LINE_LIMIT:
            self._rest = b""
            return False
        return True

    def finish(self) -> None:
        if self._rest:
            self._emit(self._rest)

    def _emit(self, line: bytes) -> None:
        line = line.removesuffix(b"\r")
        if self._held_back is None:
            self._on_line(line)
            return
        for earlier in self._held_back:
            self._on_line(earlier)
        self._held_back = [line]


def _read_available(fd: int) -> bytes | None:
    """At most what a pipe holds; b"" at the end of file, None when there is nothing now."""
    try:
        return os.read(fd, LINE_LIMIT)
    except BlockingIOError:
        return None
