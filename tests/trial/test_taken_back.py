"""What is taken back of first writes, and what somebody has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from commands.tasks import Paused
from errors import ServerUnavailable
from ledger.first_writes import FirstWrite
from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from simulators.faults import Call, Reply
from simulators.plex import Picture
from sync.values import Credit
from tests.harness.sync import Desk
from tests.harness.worker import shift
from tests.trial.accidents import killed_at, next_start
from tests.trial.newcomers import COUNT, NASTY, new
from trial import first_writes
from trial.aim import aim
from trial.compare import Difference
from trial.look import Look
from trial.snapshot import TAGS, Snapshot, of_item
from trial.written import SentPicture, Written, load_written
from worker.connect import plex_client

MakeDesk = Callable[..., Desk]

# By then how far the server is trusted, what is intended, the pictures, and how the item was are
# stored, and the first edit is sent.
ONCE_WRITTEN = 10

pytestmark = pytest.mark.usefixtures("still_time")


@contextmanager
def once_it_was_looked_at(do: Callable[[], None]) -> Iterator[None]:
    """In the moment after the look, before anything is taken back."""
    real = first_writes.FirstWriteKeeper.take_back

    def take_back(self: Any, *args: Any, **options: Any) -> Any:
        do()
        return real(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_writes.FirstWriteKeeper, "take_back", take_back)
        yield


@pytest.mark.parametrize("nasty", NASTY)
def test_what_somebody_has_changed_since_the_look_stays(make_desk: MakeDesk, nasty: str) -> None:
    desk = new(make_desk)
    for name, value in NASTY[nasty].items():
        setattr(desk.plex.quirks, name, value)
    before, library, item = desk.snapshots(), desk.plex.library, desk.item(1)
    mine = Picture("upload://posters/mine", b"mine")

    def somebody() -> None:
        item.fields |= {"title": "Mine", "originalTitle": "Mine as well"}
        genres = [*item.tags.get("genre", ()), library.make_tag(item, "genre", "Mine")]
        library.set_tags(item, "genre", genres)
        item.locks.add("contentRating")
        item.choose("thumb", mine)

    with once_it_was_looked_at(somebody), pytest.raises(Paused, match="is taken back"):
        desk.sync()
    wanted: dict[str, Any] = before[0]
    now: dict[str, Any] = desk.snapshots()[0]
    texts = {"title": "Mine", "originalTitle": "Mine as well"}
    assert now["fields"] == {**wanted["fields"], **texts}
    genres = sorted(["Mine", "Silent"])
    if nasty == "drops tags":  # and every edit that takes back drops what it doesn't name
        assert "Silent" in now["tags"]["genre"]
    else:
        assert now["tags"] == {**wanted["tags"], "genre": genres}
        assert now["poster"] == "upload://posters/mine"
    if nasty != "ignores locks":
        assert now["locks"] == sorted({*wanted["locks"], "contentRating"})
    assert desk.snapshots()[1:] == before[1:]


def test_what_somebody_changes_while_it_is_taken_back_stays(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.plex.quirks.cuts_texts = 40
    before, item = desk.snapshots(), desk.item(1)
    real = PlexClient.edit
    is_back: list[bool] = []

    def edit(self: PlexClient, items: Any, params: Any) -> None:
        real(self, items, params)
        if is_back:
            item.fields |= {"studio": "Mine"}
            item.locks.add("studio")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "edit", edit)
        with (
            once_it_was_looked_at(lambda: is_back.append(True)),
            pytest.raises(Paused, match=r"not all of it: scene 1 \(studio"),
        ):
            desk.sync()
    wanted: dict[str, Any] = before[0]
    now: dict[str, Any] = desk.snapshots()[0]
    assert now["fields"] == {**wanted["fields"], "studio": "Mine"}


def test_what_somebody_has_changed_since_a_process_ended_stays(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.configure(tags_as="both", concurrency=1)
    desk.plex.quirks.cuts_texts = 40
    before, item = desk.snapshots(), desk.item(1)
    with killed_at(ONCE_WRITTEN):
        desk.sync()
    assert desk.snapshots() != before
    item.fields |= {"title": "Mine", "tagline": "Mine as well"}
    next_start(desk)
    wanted: dict[str, Any] = before[0]
    now: dict[str, Any] = desk.snapshots()[0]
    assert now["fields"] == {**wanted["fields"], "title": "Mine", "tagline": "Mine as well"}
    assert now["tags"] == wanted["tags"]


@pytest.mark.parametrize("is_trusted", [False, True])
def test_a_worker_that_lives_looks_at_what_a_task_left_that_was_killed(
    make_desk: MakeDesk, is_trusted: bool
) -> None:
    desk = new(make_desk)
    server, item = desk.plex.library.machine_identifier, desk.item(5)
    with desk.context() as context:
        context.settings.refresh()
        plex = plex_client(context.settings.config, "test")
        before = of_item(plex.items([item.rating_key])[item.rating_key])
        plex.close()
    was = desk.snapshots()[4]
    with shift(desk) as on_shift:
        on_shift.event(*(range(6, COUNT + 1) if is_trusted else (3,)))
        left = Written(5, {"title": "Half"}, {}, {"title": True})
        row = (item.rating_key, desk.plex.version, before.dump(), left.dump(), "", "null", "gone")
        with desk.context() as context:
            context.stores.traits.first_writes.begin(server, [FirstWrite(*row)], 1.0)
        item.fields["title"] = "Half"
        item.locks.add("title")
        item.tags.pop("country")
        on_shift.event(4)
    assert desk.snapshots()[4] == was


def test_another_item_under_its_key_is_left_alone(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.configure(tags_as="both", concurrency=1)
    desk.plex.quirks.cuts_texts = 40
    before = desk.snapshots()
    with killed_at(ONCE_WRITTEN):
        desk.sync()
    assert desk.snapshots() != before
    desk.item(1).parts[0].file = "/elsewhere/other.mp4"
    now = desk.snapshots()
    next_start(desk)
    assert desk.snapshots() == now


def test_a_picture_that_cannot_be_listed_is_taken_back_by_the_next_start(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new(make_desk)
    before = desk.snapshots()

    def gone(*_args: Any) -> Any:
        raise PlexNotFound("it went in this moment")

    with monkeypatch.context() as patch:
        patch.setattr(first_writes, "list_pictures", gone)
        patch.setattr(
            Look, "_pictures", lambda *_args: [Difference("poster", "ours", "another one")]
        )
        with pytest.raises(Paused, match=r"not all of it: scene 1 \(poster, background"):
            desk.sync()
    assert [x["poster"] for x in desk.snapshots()] != [x["poster"] for x in before]
    next_start(desk)
    assert desk.snapshots() == before


def test_a_picture_that_nobody_sent_comes_back_once_plex_is_there_again(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new(make_desk, skip_fields="background")
    item, other = desk.item(1), Picture("metadata://arts/other", b"other")
    own = Picture("metadata://arts/its-own", b"own")
    item.choose("art", own)
    desk.plex.faults.add(Call(lambda: item.choose("art", other)), "POST .*posters", times=1)
    before = desk.snapshots()

    def away(*_args: Any) -> list[str]:
        raise ServerUnavailable("Plex is away")

    with monkeypatch.context() as patch:
        patch.setattr(first_writes, "put_back", away)
        with pytest.raises(Paused, match="but not all of it"):
            desk.sync()
    assert other.selected
    next_start(desk)
    assert desk.snapshots() == before
    assert own.selected


def test_one_field_that_is_refused_keeps_no_other_from_being_taken_back(
    make_desk: MakeDesk,
) -> None:
    desk = new(make_desk)
    desk.plex.quirks.cuts_texts = 40
    before = desk.snapshots()

    def refuse() -> None:
        desk.plex.faults.add(Reply(400), "studio.value=&")

    with once_it_was_looked_at(refuse), pytest.raises(Paused, match="not all of it: scene 1"):
        desk.sync()
    wanted: dict[str, Any] = before[0]
    now: dict[str, Any] = desk.snapshots()[0]
    assert now["fields"] == {**wanted["fields"], "studio": "Star Film"}
    assert now["tags"] == wanted["tags"]


BEFORE = Snapshot(
    {"title": "Was", "titleSort": "Was", "summary": "Old words"},
    dict.fromkeys(TAGS, ()) | {"genre": (Credit("Silent"),), "actor": (Credit("Ada", "Cook"),)},
    frozenset({"tagline"}),
    frozenset(),
)
WRITTEN = Written(
    7,
    {"title": "Is", "summary": "New words, and many of them"},
    {"genre": (Credit("Silent"), Credit("Short"))},
    {"title": True, "summary": True, "genre": True},
)


def came(**changed: Any) -> Snapshot:
    """As it is after the write, but for this."""
    tags = {**BEFORE.tags, "genre": WRITTEN.tags["genre"]}
    texts = {**BEFORE.texts, **WRITTEN.texts, "titleSort": "Is", **changed.pop("texts", {})}
    locks = {"tagline", *WRITTEN.locks, *changed.pop("locks", ())}
    locks -= set(changed.pop("unlocked", ()))
    return Snapshot(
        {key: value for key, value in texts.items() if value},
        tags | changed.pop("tags", {}),
        frozenset(locks),
        frozenset(),
    )


# How it is now, and what is kept of that: all else is to be as before. Found: by the look; None if
# there was none.
KEPT: dict[str, tuple[Snapshot | None, Snapshot, dict[str, Any]]] = {
    "as it was written": (None, came(), {}),
    "cut": (None, came(texts={"summary": "New words"}), {}),
    "reworded, and looked at": (
        came(texts={"summary": "???"}),
        came(texts={"summary": "???"}),
        {},
    ),
    "another text, which nobody has looked at": (
        None,
        came(texts={"summary": "Mine"}),
        {"texts": {"summary": "Mine"}},
    ),
    "another text since the look": (
        came(texts={"summary": "???"}),
        came(texts={"summary": "Mine"}),
        {"texts": {"summary": "Mine"}},
    ),
    "an unwritten text of somebody's": (
        None,
        came(texts={"studio": "Mine"}, locks=["studio"]),
        {"texts": {"studio": "Mine"}, "locks": ["studio"]},
    ),
    "one that vanished": (None, came(tags={"actor": ()}, unlocked=["tagline"]), {}),
    "one that somebody emptied": (
        None,
        came(tags={"actor": ()}, locks=["actor"]),
        {"tags": {"actor": ()}, "locks": ["actor"]},
    ),
    "emptied since the look": (came(), came(tags={"actor": ()}), {"tags": {"actor": ()}}),
    "a genre more": (
        came(),
        came(tags={"genre": (*WRITTEN.tags["genre"], Credit("Mine"))}),
        {"tags": {"genre": (Credit("Silent"), Credit("Mine"))}},
    ),
    "a genre less": (came(), came(tags={"genre": (Credit("Short"),)}), {"tags": {"genre": ()}}),
    "another role": (
        came(),
        came(tags={"actor": (Credit("Ada", "Queen"),)}),
        {"tags": {"actor": (Credit("Ada", "Queen"),)}},
    ),
    "its own sort title": (
        None,
        came(texts={"titleSort": "Mine"}, locks=["titleSort"]),
        {"texts": {"titleSort": "Mine"}, "locks": ["titleSort"]},
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_all_that_the_write_has_changed_is_taken_back_and_nothing_else(case: str) -> None:
    found, now, kept = KEPT[case]
    aimed = aim(BEFORE, WRITTEN, found, now, {})
    assert aimed.texts == {**BEFORE.texts, **kept.get("texts", {})}
    assert aimed.tags == {**BEFORE.tags, **kept.get("tags", {})}
    assert aimed.locks == BEFORE.locks | set(kept.get("locks", ()))


@pytest.mark.parametrize(
    ("shown", "aimed_at"), [("8.5", ""), ("8.50", ""), ("8", "8"), ("8.0", "8.0")]
)
def test_a_rating_is_the_one_that_was_written_or_somebodys(shown: str, aimed_at: str) -> None:
    sent = replace(WRITTEN, texts={**WRITTEN.texts, "userRating": "8.5"})
    now = came(texts={"userRating": shown})
    assert aim(BEFORE, sent, None, now, {}).texts.get("userRating", "") == aimed_at


def test_what_an_interrupted_take_back_has_lost_comes_back() -> None:
    now = came(tags={"genre": (), "actor": ()}, texts={"summary": ""}, unlocked=["tagline"])
    aimed = aim(BEFORE, WRITTEN, came(), now, {}, is_again=True)
    assert (aimed.texts, aimed.tags, aimed.locks) == (BEFORE.texts, BEFORE.tags, BEFORE.locks)


def test_what_is_stored_of_a_write_comes_back_as_it_was() -> None:
    picture = SentPicture("ab", "", "metadata://posters/1", True)
    written = replace(WRITTEN, pictures={"thumb": picture})
    assert load_written(written.dump()) == written
    assert picture.is_shown("upload://posters/ab")
    assert not picture.is_shown("")
