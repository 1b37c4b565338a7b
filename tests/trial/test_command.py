"""`doctor --try` and the task "Check set-up" with an argument: asked for first, then done."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from check import comparison
from commands import tasks
from commands.confirmation import READ_S
from commands.status import status_lines, status_of
from plex.client import PlexClient
from plex.exceptions import PlexPermanentError
from simulators.plex import Tag
from simulators.rig import Rig
from stash.task_arguments import WrongArguments
from tests.harness.rig import command_line
from tests.harness.sync import Desk
from trial import bench
from trial.bench import Bench
from trial.candidates import Unfit
from trial.report import FOOT, HEAD


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "A_SECOND_S", 0.0)


def start(desk: Desk, **args: Any) -> str:
    """As Stash starts the task."""
    with desk.context(args) as context:
        return tasks.doctor(context, lambda _fraction: None)


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After the question can have been read."""
    with monkeypatch.context() as patch:
        at, at_m = time.time() + READ_S + 1, time.monotonic() + READ_S + 1
        patch.setattr(time, "time", lambda: at)
        patch.setattr(time, "monotonic", lambda: at_m)
        yield


def dress(desk: Desk, scene_id: int) -> None:
    item = desk.item(scene_id)
    item.fields |= {"summary": "Waves.", "originallyAvailableAt": "1990-01-02", "year": "1990"}
    desk.plex.library.set_tags(item, "genre", [desk.plex.library.make_tag(item, "genre", "Nature")])


def test_an_item_is_proposed_and_nothing_done_until_it_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dress(desk, 4)
    dress(desk, 5)
    desk.item(5).locks.add("title")
    before = desk.snapshots()
    text = start(desk, **{"try": "true"})
    assert "scene 4, " in text
    assert desk.item(4).title in text
    assert desk.plex.library.writes == 0
    assert "read the question first" in start(desk, **{"try": "4"})
    with later(monkeypatch):
        text = start(desk, **{"try": "4"})
    assert HEAD in text
    assert "put back afterwards: everything" in text
    assert desk.snapshots() == before
    assert desk.plex.calls["upload"] == 0
    with desk.context() as context:
        known = context.stores.traits.traits(
            desk.plex.library.machine_identifier, desk.plex.version
        )
    assert known["genre_edit"] == "adds"


def test_another_scene_than_the_one_asked_about_is_asked_about_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(desk, **{"try": "3"})
    with later(monkeypatch):
        assert "Nothing was done" in start(desk, **{"try": "2"})
    assert desk.plex.library.writes == 0


@pytest.mark.parametrize("value", ["some", "-1", "1.5"])
def test_an_argument_that_is_no_scene_is_refused(desk: Desk, value: str) -> None:
    with pytest.raises(WrongArguments, match="no scene's id"):
        start(desk, **{"try": value})


def test_nothing_is_tried_on_what_somebody_watches(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PlexClient.get
    key = str(desk.item(2).rating_key)

    def playing(self: PlexClient, path: str, params: Any = None) -> Any:
        found = real(self, path, params)
        if path == "/status/sessions":
            found.append(found.makeelement("Video", {"ratingKey": key}))
        return found

    monkeypatch.setattr(PlexClient, "get", playing)
    with pytest.raises(Unfit, match="watching"):
        start(desk, **{"try": "2"})


def test_what_was_written_before_is_not_proposed(desk: Desk) -> None:
    desk.sync()
    with pytest.raises(Unfit, match="nobody has edited"):
        start(desk, **{"try": "true"})


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--try", "3"], 2, "scene 3, "),
        (["--yes"], 2, "go with --try"),
        (["--try", "3", "--yes"], 0, HEAD),
    ],
)
def test_the_command_line_asks_as_well(
    make_rig: Callable[..., Rig], options: list[str], status: int, told: str
) -> None:
    rig = make_rig(link=False)
    rig.item(3).tags["actor"] = [Tag("Ada", "Captain")]
    before = rig.plex.library.snapshot(rig.item(3))
    done: subprocess.CompletedProcess[str] = command_line(rig, "doctor", *options)
    assert done.returncode == status, done.stderr
    assert told in done.stdout + done.stderr
    assert (rig.plex.library.writes > 0) == (HEAD in done.stdout)
    assert rig.plex.library.snapshot(rig.item(3)) == before


def test_what_was_found_is_shown_and_stops_what_it_forbids(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.plex.quirks.removes_by_name = False
    start(desk, **{"try": "4"})
    with later(monkeypatch):
        report = start(desk, **{"try": "4"})
    told = "genres, labels, cast, directors; Plex takes nothing of it away by its name"
    assert told in report
    with desk.context() as context:
        assert any(told in each for each in status_lines(status_of(context.stores)))
    checked = start(desk)
    assert f"PROBLEM: not written to this Plex (version {desk.plex.version}): {told}" in checked
    assert "ok: tried out, the history of plays: readable" in checked
    before = [desk.item(4).tag_names(kind) for kind in ("genre", "actor", "director")]
    desk.sync()
    assert desk.rig.title(4) == desk.scene(4).title
    assert [desk.item(4).tag_names(kind) for kind in ("genre", "actor", "director")] == before


@pytest.mark.parametrize("moves", [True, False])
def test_where_every_edit_moves_the_time_of_update_nothing_is_compared_weekly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moves: bool
) -> None:
    desk.date_plex(time.time() - 50_000)
    if moves:
        desk.plex.quirks.moves_updated_at = ("field", "lock", "rating", "picture", "tag")
    start(desk, **{"try": "4"})
    with later(monkeypatch):
        start(desk, **{"try": "4"})
    for _ in range(2):
        desk.sync()
    with monkeypatch.context() as patch:
        patch.setattr(comparison, "COMPARE_ALL_EVERY_S", 0.0)
        desk.sync()
    assert bool(desk.looks()) != moves


def test_a_report_holds_nothing_of_anybody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    dress(desk, 4)
    real = Bench.listed

    def refused(self: Bench, **params: Any) -> Any:
        if "id" in params:
            raise PlexPermanentError(f"(400) bad; {desk.plex.url}/{desk.item(4).title}")
        return real(self, **params)

    monkeypatch.setattr(Bench, "listed", refused)
    start(desk, **{"try": "4"})
    with later(monkeypatch):
        text = start(desk, **{"try": "4"})
    report = text[text.index(HEAD) : text.index(FOOT)]
    item, scene = desk.item(4), desk.scene(4)
    private = [
        *(item.title, scene.title, item.files[0], scene.files[0].path, desk.rig.section.title),
        *(desk.plex.url, desk.rig.stash.url, "127.0.0.1", desk.plex.token),
        *(desk.plex.library.machine_identifier, str(desk.rig.data_dir), "Nature", "Waves."),
        *(each.name for tags in item.tags.values() for each in tags),
    ]
    assert [each for each in private if each and each.lower() in report.lower()] == []
    assert f"Plex {desk.plex.version}" in report
    assert "not measured: lists, (400) bad" in report
    assert "time of edit: " in report
