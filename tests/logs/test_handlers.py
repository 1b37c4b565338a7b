"""Stash's log protocol on stderr, and the private file."""

from __future__ import annotations

import io
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logs import handlers
from logs.handlers import (
    MAX_LINE,
    PROGRESS_GAP_S,
    StashHandler,
    clean_line,
    file_handler,
    install,
    stash_letter,
)
from logs.redact import remember_secret

TREE = Path(__file__).parent.parent.parent
TOKEN = "s3cret-Pl3x_T0ken"
STASH_LIMIT = 64 * 1024


class ClosedPipe(io.StringIO):
    """What stderr is once Stash has closed its end."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO) -> Iterator[logging.Logger]:
    """Writes to `stream` in Stash's protocol, and nowhere else."""
    logger = logging.getLogger("tests.logs")
    handler = StashHandler(stream)
    logger.addHandler(handler)
    logger.propagate, level = False, logger.level
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.removeHandler(handler)
    logger.propagate = True
    logger.setLevel(level)


@contextmanager
def file_logger(folder: Path) -> Iterator[logging.Logger]:
    """Writes to the log file in `folder`, and nowhere else."""
    handler = file_handler(str(folder))
    logger = logging.getLogger("tests.logs.file")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
        handler.close()


def log_file(folder: Path) -> str:
    return (folder / handlers.FILE_NAME).read_text(encoding="utf-8")


# Lines for Stash


@pytest.mark.parametrize(
    ("level", "letter"),
    [
        (5, "t"),
        (logging.DEBUG, "d"),
        (logging.INFO, "i"),
        (25, "i"),
        (logging.WARNING, "w"),
        (logging.ERROR, "e"),
        (logging.CRITICAL, "e"),
    ],
)
def test_levels_have_their_letters(level: int, letter: str) -> None:
    assert stash_letter(level) == letter


def test_a_line_has_its_prefix(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("scene %d: wrote %s", 7, "title")
    assert stream.getvalue() == "\x01i\x02scene 7: wrote title\n"


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\n\n\n"])
def test_every_physical_line_has_its_prefix(
    logger: logging.Logger, stream: io.StringIO, separator: str
) -> None:
    logger.warning("one%stwo", separator)
    assert stream.getvalue() == "\x01w\x02one\n\x01w\x02two\n"


def test_an_empty_line_is_left_out(logger: logging.Logger, stream: io.StringIO) -> None:
    """Stash takes a prefix without text for text."""
    logger.info("  \n\x00")
    assert stream.getvalue() == ""


def test_no_line_comes_near_the_length_that_ends_stashs_reader(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    logger.error("日" * 100_000)
    (line,) = stream.getvalue().splitlines()
    assert len(line.encode()) < STASH_LIMIT
    assert line.endswith("…")
    assert len(line) == MAX_LINE + len("\x01e\x02")


def test_control_characters_cannot_forge_a_line_or_colour_a_terminal(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    logger.info("title \x01e\x02 forged \x1b[31m red \x9b0m \x00 \x7f end\ttab")
    assert stream.getvalue() == "\x01i\x02title  e  forged  [31m red  0m     end\ttab\n"


def test_a_traceback_goes_out_at_debug_level_line_by_line(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    try:
        raise ValueError(f"X-Plex-Token: {TOKEN}\nsecond line, api_key={TOKEN}")
    except ValueError:
        logger.exception("the task ended because of a bug")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "\x01e\x02the task ended because of a bug"
    assert len(lines) > 4
    assert all(line.startswith("\x01d\x02") for line in lines[1:])
    assert "second line" in lines[-1]
    assert TOKEN not in stream.getvalue()


def test_secrets_in_arguments_are_hidden(logger: logging.Logger, stream: io.StringIO) -> None:
    remember_secret(TOKEN)
    logger.info("asked %s", {"path": f"/x/{TOKEN}"})
    assert TOKEN not in stream.getvalue()


def test_a_closed_pipe_is_no_error() -> None:
    handler = StashHandler(ClosedPipe())
    handler.handle(logging.LogRecord("x", logging.INFO, "", 0, "text", None, None))
    handler.progress(0.5)


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0, "0.0000"), (0.25, "0.2500"), (1, "1.0000"), (-0.5, "0.0000"), (17.0, "1.0000")],
)
def test_progress_is_a_number_from_0_to_1(stream: io.StringIO, fraction: float, shown: str) -> None:
    StashHandler(stream).progress(fraction)
    assert stream.getvalue() == f"\x01p\x02{shown}\n"


def test_progress_is_spaced_out_and_its_end_is_told(stream: io.StringIO) -> None:
    """Stash drops a value that comes right after another."""
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    handler = StashHandler(stream, clock=lambda: now[0], sleep=sleep)
    handler.progress(0.1)
    handler.progress(0.2)
    now[0] += 1.0
    handler.progress(0.3)
    now[0] += PROGRESS_GAP_S / 2
    handler.progress(1.0)

    assert stream.getvalue().split("\x01p\x02")[1:] == ["0.1000\n", "0.3000\n", "1.0000\n"]
    assert slept == [pytest.approx(PROGRESS_GAP_S / 2)]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  indented  ", "  indented"),
        ("x" * MAX_LINE, "x" * MAX_LINE),
        ("x" * (MAX_LINE + 1), "x" * (MAX_LINE - 1) + "…"),
        (f"X-Plex-Token={TOKEN}", "X-Plex-Token=<hidden>"),
        ("Amélie 日本 🎬", "Amélie 日本 🎬"),
    ],
    ids=["indented", "longest", "too-long", "secret", "unicode"],
)
def test_a_cleaned_line_is_printable_bounded_and_keeps_no_secret(text: str, cleaned: str) -> None:
    assert clean_line(text) == cleaned


# The file


def test_the_file_has_everything_and_is_its_owners_alone(tmp_path: Path) -> None:
    with file_logger(tmp_path) as logger:
        logger.debug("Amélie: already in sync")
    text = log_file(tmp_path)
    assert "DEBUG tests.logs.file: Amélie: already in sync" in text
    assert stat.S_IMODE((tmp_path / handlers.FILE_NAME).stat().st_mode) == 0o600


def test_no_file_is_made_before_there_is_something_to_say(tmp_path: Path) -> None:
    with file_logger(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_tracebacks_in_the_file_are_clean(tmp_path: Path) -> None:
    remember_secret(TOKEN)
    with file_logger(tmp_path) as logger:
        try:
            raise ValueError(f"no\nheader {TOKEN}\nends")
        except ValueError:
            logger.exception("it failed")
    text = log_file(tmp_path)
    assert "Traceback (most recent call last):" in text
    assert '\n      File "' in text
    assert "header <hidden>" in text
    assert TOKEN not in text


def test_half_a_character_costs_no_line(tmp_path: Path) -> None:
    with file_logger(tmp_path) as logger:
        logger.info("title \ud800 of a scene")
    assert "title \\ud800 of a scene" in log_file(tmp_path)


def test_the_file_is_appended_to(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with file_logger(tmp_path) as logger:
            logger.info(word)
    assert [line.rpartition(" ")[2] for line in log_file(tmp_path).splitlines()] == [
        "first",
        "second",
    ]


def test_the_file_rotates_and_its_predecessors_stay_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "FILE_BYTES", 500)
    with file_logger(tmp_path) as logger:
        for number in range(100):
            logger.info("line %d of many", number)
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == [handlers.FILE_NAME, *(f"{handlers.FILE_NAME}.{n}" for n in (1, 2, 3))]
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    assert all(each.stat().st_size <= 500 for each in tmp_path.iterdir())
    assert "line 99 of many" in log_file(tmp_path)


def test_a_file_that_cannot_be_rotated_goes_on_growing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows another process may hold it open."""

    def refuse(_source: str, _target: str) -> None:
        raise PermissionError

    monkeypatch.setattr(handlers, "FILE_BYTES", 200)
    monkeypatch.setattr(os, "replace", refuse)
    with file_logger(tmp_path) as logger:
        for number in range(20):
            logger.info("line %d", number)
    assert log_file(tmp_path).count("line") == 20
    assert [each.name for each in tmp_path.iterdir()] == [handlers.FILE_NAME]


def test_processes_that_share_a_file_lose_no_line(tmp_path: Path) -> None:
    """Each would write on into its predecessor, and rotate files that are next to empty."""
    script = f"""
import logging
from logs import handlers
handlers.FILE_BYTES, handlers.FILE_COUNT = 20_000, 50
handlers.install(handlers.file_handler({str(tmp_path)!r}))
for number in range(500):
    logging.getLogger("shared").info("line %d.", number)
"""
    writers = [subprocess.Popen([sys.executable, "-c", script], cwd=TREE) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]

    current = tmp_path / handlers.FILE_NAME
    former = [each for each in tmp_path.iterdir() if each != current]
    lines = [line for each in (current, *former) for line in each.read_text().splitlines()]
    assert len(lines) == 2000
    assert len({line.partition(" INFO ")[0].split()[-1] + line[-9:] for line in lines}) == 2000
    assert all(each.stat().st_size > 19_000 for each in former)


def test_what_another_process_has_just_rotated_is_not_rotated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one does it between our look at the file and our lock."""
    monkeypatch.setattr(handlers, "FILE_BYTES", 1000)
    (tmp_path / handlers.FILE_NAME).write_text("x" * 999)
    other = file_handler(str(tmp_path))
    other.setFormatter(None)
    record = logging.LogRecord("other", logging.INFO, "", 0, "a line of another", None, None)
    open_file = os.open
    meanwhile = iter([lambda: other.handle(record)])

    def open_later(path: str, *options: int) -> int:
        if path.endswith(".lock"):
            next(meanwhile, lambda: None)()
        return open_file(path, *options)

    with file_logger(tmp_path) as logger:
        monkeypatch.setattr(os, "open", open_later)
        logger.info("the line that is too much")

    first, second = log_file(tmp_path).splitlines()
    assert first == "a line of another"
    assert second.endswith("the line that is too much")
    assert (tmp_path / f"{handlers.FILE_NAME}.1").read_text() == "x" * 999
    assert not (tmp_path / f"{handlers.FILE_NAME}.2").exists()


def test_a_lock_that_a_killed_process_left_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "FILE_BYTES", 200)
    lock = tmp_path / f"{handlers.FILE_NAME}.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    with file_logger(tmp_path) as logger:
        for number in range(20):
            logger.info("line %d", number)

    assert (tmp_path / f"{handlers.FILE_NAME}.1").exists()
    assert not lock.exists()


def test_a_full_disk_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with file_logger(tmp_path) as logger:
        logger.info("nobody will read this")


# Putting them in


def test_installed_handlers_are_the_only_ones(stream: io.StringIO) -> None:
    handler = StashHandler(stream)
    install(handler)
    assert logging.getLogger().handlers == [handler]
    logging.getLogger("worker.anything").debug("kept")
    logging.getLogger("urllib3.connectionpool").debug("GET /?X-Plex-Token=abc")
    assert stream.getvalue() == "\x01d\x02kept\n"


def test_a_line_break_within_a_name_forges_no_line(tmp_path: Path) -> None:
    handler = file_handler(str(tmp_path))
    for brk in ("\n", "\r\n", "\u2028", "\x85", "\x0b"):
        name = f"/data/a{brk}2026-11-29 12:00:00,000 1 ERROR worker: forged.mp4"
        handler.emit(logging.LogRecord("n", logging.INFO, "", 0, "no %s", (name,), None))
    lines = (tmp_path / "plex_sync.log").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    assert not [line for line in lines if line.startswith("2026-11-29 12:00:00,000 1 ERROR")]
