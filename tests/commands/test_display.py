"""What goes to which stream, on terminals and elsewhere."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from commands.display import LINE_EVERY_S, Display, WarningsTo
from logs import redact
from logs.redact import remember_secret


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class Screen:
    """A display, its two streams and its clock."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        self.out = Stream(is_terminal=is_terminal)
        self.err = Stream(is_terminal=is_terminal)
        self.now = 0.0
        self.display = Display(self.out, self.err, lambda: self.now)

    def at(self, now: float, fraction: float) -> None:
        self.now = now
        self.display.progress(fraction)


@pytest.fixture(autouse=True)
def _no_secrets_left() -> Iterator[None]:
    before = set(redact._secrets)
    yield
    redact._secrets.clear()
    redact._secrets.update(before)


def test_results_and_the_rest_go_apart() -> None:
    screen = Screen()
    screen.display.say("the result")
    screen.display.warn("a warning")
    assert (screen.out.getvalue(), screen.err.getvalue()) == ("the result\n", "a warning\n")


def test_where_nobody_watches_a_line_comes_now_and_then() -> None:
    screen = Screen()
    screen.at(0.0, 0.0)
    screen.at(LINE_EVERY_S - 0.1, 0.4)
    assert screen.err.getvalue() == ""
    screen.at(LINE_EVERY_S, 0.5)
    screen.at(LINE_EVERY_S + 1.0, 0.6)
    screen.at(LINE_EVERY_S * 2 + 1, 0.75)
    assert screen.err.getvalue() == "50 %, about a minute left\n75 %, about a minute left\n"


def test_a_bar_rewrites_itself_and_goes_away() -> None:
    screen = Screen(is_terminal=True)
    screen.at(0.0, 0.0)
    screen.at(30.0, 0.5)
    assert screen.err.getvalue().rpartition("\r")[2].endswith("50 %, about a minute left")
    screen.at(60.0, 1.0)
    assert screen.err.getvalue().endswith("\r")
    assert "\n" not in screen.err.getvalue()


def test_a_line_takes_the_place_of_the_bar() -> None:
    screen = Screen(is_terminal=True)
    screen.at(0.0, 0.5)
    screen.display.say("the result")
    assert screen.err.getvalue().endswith(" \r")
    assert screen.out.getvalue() == "the result\n"


def test_a_bar_is_not_redrawn_for_every_scene() -> None:
    screen = Screen(is_terminal=True)
    for number in range(1000):
        screen.at(number / 100_000, number / 1000)
    assert screen.err.getvalue().count("\r") == 1


def test_a_second_bar_starts_its_own_clock() -> None:
    screen = Screen()
    screen.at(0.0, 0.5)
    screen.at(1000.0, 1.0)
    screen.at(1000.0, 0.0)
    screen.at(1030.0, 0.5)
    assert screen.err.getvalue() == "50 %, about a minute left\n"


def test_lines_cannot_steer_the_terminal_nor_tell_a_secret() -> None:
    remember_secret("a-secret-for-tests")
    screen = Screen()
    screen.display.say("  title: \x1b[2Jred a-secret-for-tests")
    assert screen.out.getvalue() == "  title:  [2Jred <hidden>\n"


def test_a_report_is_shown_line_by_line() -> None:
    screen = Screen(is_terminal=True)
    screen.display.show(["first", "12: title"])
    assert screen.out.getvalue() == "first\n12: title\n"


def test_json_is_ascii_and_complete() -> None:
    screen = Screen()
    screen.display.say_json({"title": "Ö" * 5000})
    assert screen.out.getvalue().isascii()
    assert screen.out.getvalue().count("\\u00d6") == 5000


def test_warnings_are_shown_without_tracebacks_and_infos_not_at_all() -> None:
    screen = Screen()
    handler = WarningsTo(screen.display)
    log = logging.getLogger("tests.entry.display")
    log.addHandler(handler)
    log.info("nobody needs to know")
    try:
        raise ValueError("inside")
    except ValueError:
        log.exception("it failed")
    finally:
        log.removeHandler(handler)
    assert screen.err.getvalue() == "it failed\n"
